import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { purchaseOf, wordOf } from '../purchases/store.js';
import { Till } from './till.js';

/* What a refunded purchase gives back of stock and limits. */

let till: Till;
beforeAll(async () => {
  till = await Till.open();
});
afterAll(async () => {
  expect(await till.store.close()).toBe(0);
});

const buy = async (product: string): Promise<string> =>
  wordOf((await till.store.services[0].accept([purchaseOf('ann', product)]))[0]);
const counted = async (product: string): Promise<number> => (await till.store.sold(product)).counted;

it('a purchase whose refunds all ask for it gives back stock and limits, once it is refunded as a whole', async () => {
  await till.store.publish('single', { stock: 1, limits: { perPlayer: 1, perPlayerAndDay: 1 } });
  const purchase = await till.purchase({ product: 'single' });
  const [first, second] = [
    await till.accepted(purchase, 4n, { restock: true }),
    await till.accepted(purchase, 6n, { restock: true }),
  ];
  await till.close(first, 'succeeded');
  expect([await counted('single'), await buy('single')]).toEqual([1, 'out-of-stock']);
  // A run, a sweep and an operator may all close it.
  await Promise.all([1, 2, 3].map(() => till.close(second, 'succeeded')));
  expect([await counted('single'), await buy('single'), await buy('single')]).toEqual([0, 'accepted', 'out-of-stock']);
});

it('a purchase one of whose refunds does not ask for it gives nothing back', async () => {
  await till.store.publish('kept', { stock: 1 });
  const purchase = await till.purchase({ product: 'kept' });
  const failed = await till.accepted(purchase, 4n);
  await till.close(failed, 'failed');
  const [first, second] = [await till.accepted(purchase, 4n, { restock: true }), await till.accepted(purchase, null)];
  await till.close(second, 'succeeded');
  await till.close(first, 'succeeded');
  expect([await till.totals(purchase), await counted('kept')]).toEqual(['0 promised, 10 refunded', 1]);
  expect(await buy('kept')).toBe('out-of-stock');
});

it('a refund that has failed has nothing to say about it', async () => {
  await till.store.publish('tried', { stock: 1 });
  const purchase = await till.purchase({ product: 'tried' });
  await till.close(await till.accepted(purchase, 4n), 'failed');
  await till.close(await till.accepted(purchase, null, { restock: true }), 'succeeded');
  expect([await counted('tried'), await buy('tried')]).toEqual([0, 'accepted']);
});
