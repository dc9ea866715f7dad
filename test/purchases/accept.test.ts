import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { untilWaiting } from '../harness/meeting.js';
import { acceptedOf, purchaseOf, Store, title, wordOf } from './store.js';

let store: Store;
beforeAll(async () => {
  store = await Store.open();
});
afterAll(async () => {
  expect(await store.close()).toBe(0);
});

const cause = { code: 'insufficient-funds', detail: 'The account does not hold enough.' };
const hour = 3_600_000;
const inHours = (hours: number): string => new Date(Date.now() + hours * hour).toISOString();

async function buy(...purchases: ReturnType<typeof purchaseOf>[]): Promise<string[]> {
  return (await store.services[0].accept(purchases)).map(wordOf);
}

describe('a purchase', () => {
  it('of a product that is not on sale yet, not any more, or withdrawn is declined, and nothing is kept', async () => {
    await store.publish('soon', { onSale: { from: inHours(1) } });
    await store.publish('over', { onSale: { until: inHours(-1) } });
    await store.publish('now', { onSale: { from: inHours(-1), until: inHours(1) } });
    await store.publish('gone');
    await store.withdraw('gone');
    const purchases = ['soon', 'over', 'now', 'gone'].map((product) => purchaseOf('ann', product));
    expect(await buy(...purchases)).toEqual(['not-on-sale', 'not-on-sale', 'accepted', 'not-on-sale']);
    const { rows } = await store.session.query('select from purchases.purchases where key = any($1)', [
      purchases.map(({ key }) => key),
    ]);
    expect(rows).toHaveLength(1);
    expect(await store.sold('soon')).toEqual({ counted: 0, bought: 0 });
  });

  it('of a version that is not the published one any more, or of no product, is outdated', async () => {
    await store.publish('edited');
    await store.publish('edited');
    expect(
      await buy(purchaseOf('ann', 'edited'), purchaseOf('ann', 'edited', { version: 2 }), purchaseOf('ann', 'none')),
    ).toEqual(['outdated', 'accepted', 'outdated']);
  });

  it('is decided by the product of its own title, also beside one of another title', async () => {
    await store.publish('twin', { stock: 1, limits: { perPlayer: 1 } });
    expect(await buy(purchaseOf('ann', 'twin'), purchaseOf('ann', 'twin', { title: 'other' }))).toEqual([
      'accepted',
      'outdated',
    ]);
  });

  it('that was accepted is answered by its key, whatever has become of the product', async () => {
    await store.publish('last', { stock: 1 });
    const purchase = purchaseOf('ann', 'last');
    expect(await buy(purchase)).toEqual(['accepted']);
    const again = { ...purchase, id: purchaseOf('ann', 'last').id };
    expect(await buy(again, { ...again, fingerprint: Buffer.from('g') })).toEqual(['replayed', 'key-reused']);
    await store.publish('last', { stock: 0 });
    await store.withdraw('last');
    expect(await buy(again, purchaseOf('ann', 'last'))).toEqual(['replayed', 'outdated']);
    expect(await store.sold('last')).toEqual({ counted: 1, bought: 1 });
  });

  it('whose key comes twice in one list counts once', async () => {
    await store.publish('pair', { stock: 2 });
    const purchase = purchaseOf('ann', 'pair');
    const twin = { ...purchase, id: purchaseOf('ann', 'pair').id };
    expect(await buy(purchase, twin, purchaseOf('bob', 'pair'), purchaseOf('cyd', 'pair'))).toEqual([
      'accepted',
      'replayed',
      'accepted',
      'out-of-stock',
    ]);
  });

  it('that is sent again takes nothing from its neighbours', async () => {
    await store.publish('tail', { stock: 2, limits: { perPlayer: 2 } });
    const purchase = purchaseOf('ann', 'tail');
    expect(await buy(purchase)).toEqual(['accepted']);
    const again = { ...purchase, id: purchaseOf('ann', 'tail').id };
    expect(await buy(again, purchaseOf('ann', 'tail'), again)).toEqual(['replayed', 'accepted', 'replayed']);
    expect(await store.sold('tail')).toEqual({ counted: 2, bought: 2 });
  });

  it('of a product whose row of sales is gone makes it anew', async () => {
    await store.publish('restored');
    expect(await buy(purchaseOf('ann', 'restored'))).toEqual(['accepted']);
    await store.session.query(`delete from purchases.sales where product = 'restored'`);
    expect(await buy(purchaseOf('ann', 'restored'), purchaseOf('bob', 'restored'))).toEqual(['accepted', 'accepted']);
    expect(await store.sold('restored')).toEqual({ counted: 2, bought: 3 });
    expect(await buy(purchaseOf('ann', 'restored'))).toEqual(['accepted']);
  });

  it('whose key was declined before in its list is judged by itself', async () => {
    await store.publish('none', { stock: 0 });
    await store.publish('some', { stock: 1 });
    const purchase = purchaseOf('ann', 'none');
    const other = purchaseOf('ann', 'some', { key: purchase.key, fingerprint: Buffer.from('g') });
    expect(await buy(purchase, other)).toEqual(['key-reused', 'accepted']);
    const never = purchaseOf('bob', 'none');
    expect(await buy(never, { ...never, id: purchaseOf('bob', 'none').id })).toEqual(['out-of-stock', 'out-of-stock']);
  });

  it('of more than is left is declined, and a smaller one after it is not', async () => {
    await store.publish('few', { stock: 5 });
    expect(
      await buy(
        purchaseOf('ann', 'few', { quantity: 3 }),
        purchaseOf('bob', 'few', { quantity: 3 }),
        purchaseOf('cyd', 'few', { quantity: 2 }),
      ),
    ).toEqual(['accepted', 'out-of-stock', 'accepted']);
    expect(await store.sold('few')).toEqual({ counted: 5, bought: 5 });
  });
});

describe('what was taken', () => {
  it.each(['refused', 'compensated'] as const)('is given back once by a purchase that is %s', async (state) => {
    const product = `back-${state}`;
    await store.publish(product, { stock: 2, limits: { perPlayer: 2 } });
    const purchase = purchaseOf('ann', product, { quantity: 2 });
    expect(await buy(purchase, purchaseOf('bob', product))).toEqual(['accepted', 'out-of-stock']);
    // A run, a sweep and an operator may all close it.
    await Promise.all(
      [0, 1, 0].map((process) => store.services[process as 0 | 1].close([{ id: purchase.id, state, cause }])),
    );
    expect(await store.sold(product)).toEqual({ counted: 0, bought: 0 });
    expect(await buy(purchaseOf('ann', product, { quantity: 2 }))).toEqual(['accepted']);
  });

  it('stays taken by a purchase that is completed, stuck or open', async () => {
    await store.publish('kept', { stock: 3 });
    const purchases = [1, 2, 3].map((n) => purchaseOf(`player-${n}`, 'kept'));
    const deals = (await store.services[0].accept(purchases)).map(acceptedOf);
    await store.services[0].close([{ id: deals[0]?.id ?? '', state: 'settled' }]);
    await store.services[0].mark([deals[1]?.id ?? ''], 'stuck');
    expect(await store.sold('kept')).toEqual({ counted: 3, bought: 3 });
    expect(await buy(purchaseOf('ann', 'kept'))).toEqual(['out-of-stock']);
    const { rows } = await store.session.query<{ state: string }>(
      'select state from purchases.purchases where title = $1 and product = $2 order by state',
      [title, 'kept'],
    );
    expect(rows.map(({ state }) => state)).toEqual(['accepted', 'completed', 'stuck']);
  });
});

it('a replay that meets the close of its purchase waits one way only', async () => {
  await store.publish('met', { stock: 5 });
  const purchase = purchaseOf('ann', 'met');
  expect(await buy(purchase)).toEqual(['accepted']);
  const running = await store.within('rollback', async () => {
    await store.session.query(`select from purchases.sales where product = 'met' for update`);
    const replay = buy({ ...purchase, id: purchaseOf('ann', 'met').id });
    await untilWaiting(store.session, 1);
    const close = store.services[1].close([{ id: purchase.id, state: 'refused', cause }]);
    await untilWaiting(store.session, 2);
    return { replay, close };
  });
  expect(await running.replay).toEqual(['replayed']);
  expect(await running.close).toMatchObject([{ id: purchase.id }]);
  expect(await store.sold('met')).toEqual({ counted: 0, bought: 0 });
  // At the end of this file PostgreSQL must have ended no deadlock.
});

it('whoever holds the lock of a product waits for no product that is sold for the first time', async () => {
  for (const code of ['a-new', 'b-new', 'c-old']) await store.publish(code);
  const running = await store.within('rollback', async () => {
    await store.session.query('insert into purchases.sales (title, product) values ($1, $2)', [title, 'b-new']);
    const one = buy(...['a-new', 'b-new', 'c-old'].map((product) => purchaseOf('ann', product)));
    await untilWaiting(store.session, 1);
    // One has made the row of `a-new` and will lock `c-old`, which somebody else makes meanwhile. The other must not
    // lock `c-old` before it has `a-new`.
    expect(await buy(purchaseOf('cyd', 'c-old'))).toEqual(['accepted']);
    const other = buy(...['c-old', 'a-new'].map((product) => purchaseOf('bob', product)));
    await untilWaiting(store.session, 2);
    return { one, other };
  });
  expect([...(await running.one), ...(await running.other)]).toEqual(Array(5).fill('accepted'));
  // At the end of this file PostgreSQL must have ended no deadlock.
});

it('a row of sales that was rolled back is made before any lock the next time', async () => {
  for (const code of ['d-old', 'e-new']) await store.publish(code);
  expect(await buy(purchaseOf('ann', 'd-old'))).toEqual(['accepted']);
  await expect(buy(purchaseOf('ann', 'e-new', { id: 'none' }))).rejects.toThrow('none is not the id of a purchase');
  const running = await store.within('rollback', async () => {
    await store.session.query('insert into purchases.sales (title, product) values ($1, $2)', [title, 'e-new']);
    const waiting = buy(purchaseOf('ann', 'd-old'), purchaseOf('ann', 'e-new'));
    await untilWaiting(store.session, 1);
    expect(await buy(purchaseOf('bob', 'd-old'))).toEqual(['accepted']);
    return { waiting };
  });
  expect(await running.waiting).toEqual(['accepted', 'accepted']);
});

it('what is published or withdrawn while a purchase waits decides about it', async () => {
  await store.publish('until');
  const withdrawn = await store.within('commit', async () => {
    await store.withdraw('until');
    const late = buy(purchaseOf('ann', 'until'));
    await untilWaiting(store.session, 1);
    return { late };
  });
  expect(await withdrawn.late).toEqual(['not-on-sale']);
  await store.publish('until');
  const published = await store.within('commit', async () => {
    const version = await store.publishWithin('until');
    const old = buy(purchaseOf('ann', 'until', { version: version - 1 }));
    await untilWaiting(store.session, 1);
    return { old };
  });
  expect(await published.old).toEqual(['outdated']);
});

it('64 buyers at once for the last ten are ten purchases, whichever process they ask', async () => {
  await store.publish('rush', { stock: 10 });
  const words = await Promise.all(
    Array.from({ length: 64 }, async (_, n) => {
      const [outcome] = await store.services[n % 2 === 0 ? 0 : 1].accept([
        purchaseOf(`player-${n}`, 'rush', { key: randomUUID() }),
      ]);
      return wordOf(outcome);
    }),
  );
  expect(words.filter((word) => word === 'accepted')).toHaveLength(10);
  expect(words.filter((word) => word === 'out-of-stock')).toHaveLength(54);
  expect(await store.sold('rush')).toEqual({ counted: 10, bought: 10 });
});
