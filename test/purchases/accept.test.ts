import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

  it('whose key was declined before in its list is judged by itself', async () => {
    await store.publish('none', { stock: 0 });
    await store.publish('some', { stock: 1 });
    const purchase = purchaseOf('ann', 'none');
    const other = purchaseOf('ann', 'some', { key: purchase.key, fingerprint: Buffer.from('g') });
    expect(await buy(purchase, other)).toEqual(['key-reused', 'accepted']);
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

describe('a limit', () => {
  it.each([
    ['perPlayer', ['1 second', '400 days']],
    ['perPlayerAndDay', ['1 second']],
    ['perPlayerAndWeek', ['1 second']],
    ['perPlayerAndMonth', ['1 second']],
  ] as const)('%s counts what was bought within its period, by the player alone', async (limit, ages) => {
    const product = limit.toLowerCase();
    await store.publish(product, { limits: { [limit]: 2 } });
    for (const age of ['1 second', '400 days']) {
      const [purchase] = (await store.services[0].accept([purchaseOf(`ann-${age.slice(0, 1)}`, product)])).map(
        acceptedOf,
      );
      await store.session.query('update purchases.purchases set created_at = now() - $2::interval where id = $1', [
        purchase?.id.slice(4),
        age,
      ]);
    }
    // A moment ago may be another day at midnight, but it is not within the same second.
    expect(await buy(purchaseOf('ann-4', product, { quantity: 2 }))).toEqual([
      (ages as readonly string[]).includes('400 days') ? 'purchase-limit-reached' : 'accepted',
    ]);
    expect(await buy(purchaseOf('bob', product, { quantity: 3 }))).toEqual(['purchase-limit-reached']);
    expect(await buy(purchaseOf('bob', product, { quantity: 2 }))).toEqual(['accepted']);
    expect(await buy(purchaseOf('bob', product))).toEqual(['purchase-limit-reached']);
  });

  it('of three a day holds across two processes, and begins anew at midnight of UTC', async () => {
    await store.publish('daily', { limits: { perPlayerAndDay: 3 } });
    const many = (): Promise<string[]> =>
      Promise.all(
        Array.from({ length: 16 }, async (_, n) => {
          const [outcome] = await store.services[n % 2 === 0 ? 0 : 1].accept([purchaseOf('ann', 'daily')]);
          return wordOf(outcome);
        }),
      );
    const count = (words: string[]): number => words.filter((word) => word === 'accepted').length;
    expect(count(await many())).toBe(3);
    // The last moment of yesterday is another day, and the first of today is not.
    const { rows } = await store.session.query<{ id: string }>(
      `select id from purchases.purchases where product = 'daily' order by id`,
    );
    const moveTo = (moment: string, n: number): Promise<unknown> =>
      store.session.query(`update purchases.purchases set created_at = ${moment} where id = $1`, [rows[n]?.id]);
    const midnight = `date_trunc('day', now(), 'UTC')`;
    await moveTo(`${midnight} - interval '1 microsecond'`, 0);
    await moveTo(`${midnight} - interval '1 microsecond'`, 1);
    await moveTo(midnight, 2);
    expect(count(await many())).toBe(2);
  });
});

it('a replay that meets the close of its purchase waits one way only', async () => {
  await store.publish('met', { stock: 5 });
  const purchase = purchaseOf('ann', 'met');
  expect(await buy(purchase)).toEqual(['accepted']);
  await store.session.query('begin');
  await store.session.query(`select from purchases.sales where product = 'met' for update`);
  const replay = buy({ ...purchase, id: purchaseOf('ann', 'met').id });
  await store.untilWaiting(1);
  const close = store.services[1].close([{ id: purchase.id, state: 'refused', cause }]);
  await store.untilWaiting(2);
  await store.session.query('rollback');
  expect(await replay).toEqual(['replayed']);
  expect(await close).toMatchObject([{ id: purchase.id }]);
  expect(await store.sold('met')).toEqual({ counted: 0, bought: 0 });
  // At the end of this file PostgreSQL must have ended no deadlock.
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
