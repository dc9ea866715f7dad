import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { purchaseOf, Store, title, wordOf } from '../purchases/store.js';

let store: Store;
beforeAll(async () => {
  store = await Store.open();
  await store.publish('pack');
});
afterAll(async () => {
  expect(await store.close()).toBe(0);
});

async function told(id: string): Promise<unknown[]> {
  const { rows } = await store.session.query(
    'select title, type, data from purchases.facts where subject = $1 order by id, place',
    [id],
  );
  return rows;
}

const cause = { code: 'insufficient-funds', detail: 'The account does not hold enough.' };

test.each([
  ['completed', {}],
  ['refused', { reason: cause }],
  ['compensated', { reason: cause }],
] as const)('a purchase tells what was bought, and that it is %s', async (state, data) => {
  const purchase = purchaseOf('ann', 'pack', { quantity: 2, reference: 'order-7' });
  const { id, player, product, version, quantity, pay, content, reference } = purchase;
  const [service] = store.services;
  await service.accept([purchase]);
  await service.close([state === 'completed' ? { id, state: 'settled' } : { id, state, cause }]);
  expect(await told(id)).toEqual([
    { title, type: 'purchase.accepted', data: { player, product, version, quantity, pay, content, reference } },
    { title, type: `purchase.${state}`, data },
  ]);
});

test('a purchase that is declined tells nothing', async () => {
  await store.publish('gone', { stock: 0 });
  const before = await store.session.query('select from purchases.facts');
  const outcomes = await store.services[0].accept([purchaseOf('ann', 'gone'), purchaseOf('ann', 'nothing')]);
  expect(outcomes.map(wordOf)).toEqual(['out-of-stock', 'outdated']);
  expect((await store.session.query('select from purchases.facts')).rowCount).toBe(before.rowCount);
});
