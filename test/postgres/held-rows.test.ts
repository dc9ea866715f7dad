import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RowsHeld } from '../../src/postgres/held-rows.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import { moneyOrder } from '../purchases/money.js';
import { purchaseOf } from '../purchases/store.js';
import { Till } from '../refunds/till.js';

/* A stranger's session holds the row of a deal, or one that decides deals. The services are as in production. */

let till: Till;
beforeAll(async () => {
  till = await Till.open({});
});
afterAll(async () => {
  expect(await till.store.close()).toBe(0);
});

/** Runs `meanwhile` while a stranger holds a row. */
async function holding<T>(table: string, where: string, meanwhile: () => Promise<T>): Promise<T> {
  const { session } = till.store;
  await session.query('begin');
  try {
    expect((await session.query(`select from ${table} where ${where} for no key update`)).rowCount).toBe(1);
    return await meanwhile();
  } finally {
    await session.query('rollback');
  }
}

/** The places of the elements that need held rows. */
async function heldOf(command: Promise<unknown>): Promise<number[]> {
  const error: unknown = await command.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RowsHeld)) throw new Error(`${String(error)} does not say what is held.`);
  return [...error.places];
}

const uuidOf = (id: string): string => id.slice(id.indexOf('_') + 1);

describe('who is told so', () => {
  test('is the deal that is closed and held, and no other', async () => {
    const [service] = till.store.services;
    const ids = [await till.order(), await till.order(), await till.order()];
    const closings = ids.map((id) => ({ id, state: 'settled' as const }));
    const where = `id = '${uuidOf(ids[1] ?? '')}'`;
    for (const table of ['purchases.purchases', 'purchases.open'])
      expect(await holding(table, where, () => heldOf(service.close(closings)))).toEqual([1]);
    // Another process, which has never met the row.
    expect(await till.store.services[1].close(closings)).toHaveLength(3);
  });

  test('is the refund of a purchase whose totals are held, when it is closed', async () => {
    const purchases = [await till.purchase(), await till.purchase()];
    const refunds = [await till.accepted(purchases[0] ?? '', 1n), await till.accepted(purchases[1] ?? '', 1n)];
    const closings = refunds.map(({ id }) => ({ id, state: 'settled' as const }));
    const [service] = till.services;
    const where = `purchase = '${uuidOf(purchases[1] ?? '')}'`;
    expect(await holding('refunds.totals', where, () => heldOf(service.close(closings)))).toEqual([1]);
    expect(await till.services[1].close(closings)).toHaveLength(2);
  });

  test('is the purchase of a product that is held, when it is accepted', async () => {
    await till.store.publish('held');
    const [service] = till.store.services;
    await service.accept([purchaseOf('ann', 'held')]);
    const asked = ['pack', 'held', 'pack'].map((product) => purchaseOf('ann', product));
    for (const [table, column] of [
      ['purchases.sales', 'product'],
      ['catalog.products', 'code'],
    ] as const) {
      const where = `${column} = 'held'`;
      expect(await holding(table, where, () => heldOf(service.accept(asked)))).toEqual([1]);
    }
    expect((await till.store.services[1].accept(asked)).map(({ outcome }) => outcome)).toEqual(
      Array(3).fill('accepted'),
    );
  });
});

test('the purchase whose count of purchases is held is told so, and no other', async () => {
  const [service, another] = till.store.services;
  const asked = ['ann', 'bob', 'cyd'].map((player) => moneyOrder(player, 'pack'));
  await service.accept(asked.map(({ player }) => moneyOrder(player, 'pack')));
  const where = `player = 'bob' and period = 'hour'`;
  expect(await holding('purchases.velocity', where, () => heldOf(service.accept(asked)))).toEqual([1]);
  expect((await another.accept(asked)).map(({ outcome }) => outcome)).toEqual(Array(3).fill('accepted'));
});

test('what a run says of the deals that are free is written, and it is told of the one that is held', async () => {
  const [service] = till.store.services;
  const ids = [await till.order(), await till.order()];
  const where = `id = '${uuidOf(ids[0] ?? '')}'`;
  await holding('purchases.purchases', where, () => heldOf(service.mark(ids, 'stuck')));
  const { rows } = await till.store.session.query('select state from purchases.purchases where id = any($1)', [
    ids.map(uuidOf),
  ]);
  expect(rows.map((row: { state: string }) => row.state).sort()).toEqual(['accepted', 'stuck']);
});

test('a start that is recorded passes over a deal that is held', async () => {
  const stored = new StoredDeals(purchaseKind, till.store.sources[0]);
  const ids = [await till.order(), await till.order()];
  const where = `id = '${uuidOf(ids[0] ?? '')}'`;
  await holding('purchases.purchases', where, () => stored.recordStart(ids, 'convoy/held'));
  const { rows } = await till.store.session.query(
    `select workflow_id from purchases.purchases where id = any($1) order by workflow_id`,
    [ids.map(uuidOf)],
  );
  expect(rows).toEqual([{ workflow_id: 'convoy/held' }, { workflow_id: null }]);
});
