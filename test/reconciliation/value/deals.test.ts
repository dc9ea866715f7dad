import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding, Look } from '../../../src/reconciliation/checks.types.js';
import { valueChecks } from '../../../src/reconciliation/value/value-checks.js';
import { makeTrueHistory, type TrueHistory } from './true-history.js';
import { ValueWorld, walk } from './value-world.js';
import { sessionReader } from '../session-reader.js';

let world: ValueWorld;
let made: TrueHistory;
beforeAll(async () => {
  world = await ValueWorld.open();
  made = await makeTrueHistory(world);
});
afterAll(async () => {
  expect(await world.close()).toBe(0);
});

const deals = ['trades', 'purchases', 'refunds'];
const uuid = (id: string): string => id.slice(4);

/** What somebody has minted by the name of a deal. Without it, all deals are as they ought to be but for the damage. */
const byHand = (): [string, string] => ['delete from inventory.movements where instance = $1', uuid(made.again)];

/** What the checks of deals find after some damage. */
async function after(...damage: [sql: string, ...parameters: unknown[]][]): Promise<string[]> {
  const found = await world.damaged(damage, () => world.breaks(world.look(), deals));
  expect(await world.damaged([byHand(), ...damage], () => world.breaks(world.look(), deals))).toEqual(found);
  return found;
}

test('a true history has nothing to be found', async () => {
  const states = await world.query<{ state: string }>(
    `select state from refunds.refunds union all select state from trades.trades where closed_at is not null`,
  );
  expect(states.filter(({ state }) => state === 'succeeded')).toHaveLength(6);
  expect(await world.breaks()).toEqual([]);
});

test('what is as it ought to be is looked at by PostgreSQL alone', async () => {
  const closely: unknown[] = [];
  const look = world.look();
  const reader = sessionReader((sql, parameters = []) => {
    closely.push(...parameters.filter(Array.isArray).flat());
    return world.query(sql, parameters);
  });
  const read = { main: reader, ledger: reader, inventory: reader, payments: reader };
  expect(await world.breaks({ ...look, read }, ['trades', 'purchases', 'transfers', 'holds'])).toEqual([]);
  const ids = closely.map(String).filter((text) => /[0-9a-f]{12}$/.test(text));
  expect(new Set(ids.map((text) => text.replace('trd_', '')))).toEqual(new Set([made.open, made.again].map(uuid)));
});

test('deals and holds that are all as they ought to be are held to sums alone', async () => {
  const asked: string[] = [];
  const reader = sessionReader((sql, parameters) => {
    asked.push(sql);
    return world.query(sql, parameters);
  });
  const read = { main: reader, ledger: reader, inventory: reader, payments: reader };
  const look = { ...world.look(), read };
  const closer = (): number => asked.splice(0).filter((sql) => sql.includes('grouped')).length;
  await world.damaged([byHand()], async () => {
    expect(await world.breaks(look, ['trades', 'purchases', 'holds'])).toEqual([]);
    expect(closer()).toBe(0);
  });
  expect(await world.breaks(look, ['trades', 'purchases', 'holds'])).toEqual([]);
  expect(closer()).toBeGreaterThan(0);
});

describe('a deal that is done', () => {
  const noTransfer = (id: string): [string, string] => ['delete from ledger.transfers where reference = $1', id];
  const noOutcome = (id: string): [string, string] => ["delete from ledger.outcomes where key = 'exchange/' || $1", id];

  test('and is not booked is found with what was to be given', async () => {
    expect(await after(noTransfer(made.gift), noOutcome(made.gift))).toEqual([`31 ${made.gift} player:bob gold -7`]);
    expect(await after(noTransfer(made.refund.id))).toEqual([`31 ${made.refund.id} player:ann gold -10`]);
  });

  test('and paid in real money and not booked is found as not granted', async () => {
    expect(await after(noTransfer(made.paid.id))).toEqual([`10 ${made.paid.id} player:ann EUR 499`]);
  });

  test('and booked with another amount is found on each account', async () => {
    const found = await after([
      `update ledger.entries set amount = amount + sign(amount) * 2 where transfer_id = (
         select id from ledger.transfers where reference = $1)`,
      made.gift,
    ]);
    expect(found).toEqual([`31 ${made.gift} player:ann gold -2`, `31 ${made.gift} player:bob gold 2`]);
  });

  test('and booked the wrong way round is found on each account', async () => {
    const found = await after([
      `update ledger.entries set amount = -amount where transfer_id = (
         select id from ledger.transfers where reference = $1)`,
      made.gift,
    ]);
    expect(found).toEqual([`31 ${made.gift} player:ann gold 14`, `31 ${made.gift} player:bob gold -14`]);
  });

  test('and booked beside what the ledger keeps is found', async () => {
    expect(await after(noOutcome(made.gift))).toEqual([`31 ${made.gift} - - -`]);
  });

  test('and booked twice is found with what was given too much', async () => {
    const found = await after(
      [
        `insert into ledger.transfers (id, sequence, title, kind, reason, reference)
         select '0198b000-0000-7000-8000-000000000001', -1, title, kind, reason, reference
         from ledger.transfers where reference = $1`,
        made.gift,
      ],
      [
        `insert into ledger.entries select account_id, -version, '0198b000-0000-7000-8000-000000000001', -1, leg,
           amount, posted, available from ledger.entries
         where transfer_id = (select id from ledger.transfers where reference = $1 and sequence > 0)`,
        made.gift,
      ],
    );
    expect(found).toEqual([`11 ${made.gift} player:bob gold 7`]);
  });

  test('and handed over twice, to somebody else, or not at all is found', async () => {
    const [sword] = made.trade.swords;
    const again = `insert into inventory.movements (instance, version, kind, from_owner, to_owner, cause)
      select instance, 99, kind, from_owner, to_owner, cause from inventory.movements
      where instance = $1 and cause = $2 and kind = 'move'`;
    const change = (what: string): string => `${what} where instance = $1 and cause = $2 and kind in ('move', 'mint')`;
    const [other, gone] = [
      change("update inventory.movements set to_owner = 'player:cleo'"),
      change('delete from inventory.movements'),
    ];
    const { id } = made.trade;
    expect(await after([again, uuid(sword), id])).toEqual([`11 ${id} player:bob sword 1`]);
    expect(await after([other, uuid(sword), id])).toEqual([`31 ${id} player:cleo sword 1`]);
    expect(await after([gone, uuid(sword), id])).toEqual([`31 ${id} player:bob sword -1`]);
    expect(await after([gone, uuid(made.paid.instance), made.paid.id])).toEqual([
      `10 ${made.paid.id} player:ann EUR 499`,
    ]);
  });

  test('and whose hold is still held, or is not there, is found', async () => {
    const held = "update inventory.holds set state = 'held' where exchange = $1";
    const { id } = made.trade;
    const late = new Date(Date.now() + 16 * 60_000);
    const found = await world.damaged([[held, id]], () => world.breaks(world.look({}, late), deals));
    expect(found).toContain(`12 ${id} player:ann sword 2`);
    expect(await after([held, id])).toEqual([]);
    expect(await after(['delete from inventory.holds where exchange = $1', id])).toEqual([`31 ${id} - - -`]);
  });
});

describe('a deal that has ended without being done', () => {
  const refused = (table: string): string =>
    `update ${table} set state = 'refused', reason_code = 'x', reason_detail = 'x' where id = $1`;

  test('and is booked or handed over is found', async () => {
    expect(await after([refused('trades.trades'), uuid(made.gift)])).toEqual([`31 ${made.gift} player:bob gold 7`]);
    const { id } = made.purchase;
    expect(await after([refused('purchases.purchases'), uuid(id)])).toEqual([
      `31 ${id} player:ann gem 5`,
      `31 ${id} player:ann sword 1`,
    ]);
  });

  test('and is kept as posted is found', async () => {
    const found = await after(
      [refused('trades.trades'), uuid(made.gift)],
      ['delete from ledger.transfers where reference = $1', made.gift],
    );
    expect(found).toEqual([`31 ${made.gift} - - -`]);
  });

  test('and has a transfer without entries is found', async () => {
    const [row] = await world.query<{ id: string }>('select id from ledger.transfers where reference = $1', [
      made.gift,
    ]);
    const noEntries = ['delete from ledger.entries where transfer_id = $1', row?.id] as [string, unknown];
    const found = await after([refused('trades.trades'), uuid(made.gift)], noEntries);
    expect(found.filter((words) => words.includes(made.gift))).toEqual([`31 ${made.gift} - - -`]);
  });

  test('and whose hold is still held is found', async () => {
    const { id } = made.refused;
    const held = `update inventory.holds set state = 'held', cause_code = null, cause_detail = null
      where exchange = $1`;
    const late = new Date(Date.now() + 16 * 60_000);
    const found = await world.damaged([[held, id]], () => world.breaks(world.look({}, late), ['trades']));
    expect(found.filter((words) => words.startsWith('12 '))).toEqual([`12 ${id} player:ann sword 1`]);
  });

  test('and was to be paid in real money is granted without a payment, or left to the checks of money', async () => {
    const damage = [refused('purchases.purchases'), uuid(made.paid.id)] as [string, string];
    const granted = `9 ${made.paid.id} player:ann EUR 499`;
    expect(await after(damage)).toEqual([granted]);
    const booked = world.damaged([damage, ['delete from inventory.movements where cause = $1', made.paid.id]], () =>
      world.breaks(world.look(), [...deals, 'transfers']),
    );
    expect(new Set(await booked)).toEqual(new Set([granted]));
    const payment = `insert into payments.payments (id, title, provider, currency, amount, method, deadline)
      select 'pur_' || id, title, 'stripe', 'EUR', 499, 'pm', now() from purchases.purchases where id = $1`;
    const kept = world.damaged([damage, [payment, uuid(made.paid.id)]], () =>
      world.breaks(world.look(), [...deals, 'transfers']),
    );
    expect(await kept).toEqual([]);
  });
});

/** What a look at trades finds, the pending ones too. */
async function foundBy(look: Look): Promise<Finding[]> {
  const check = valueChecks.find(({ name }) => name === 'trades');
  return check === undefined ? [] : walk(check, look);
}

describe('an open deal', () => {
  const at = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);

  test('is late after its time, and pending until then', async () => {
    for (const kind of ['hot', 'incremental', 'full'] as const) {
      const run = { kind, since: kind === 'incremental' ? at(60) : null };
      expect(await world.breaks(world.look(run, at(16)), deals)).toEqual([`30 ${made.open} - - -`]);
      expect(await world.breaks(world.look(run, at(14)), deals)).toEqual([]);
    }
  });

  test('that waits is not even pending until what it waits for is due', async () => {
    const told = async (minutes: number): Promise<(Date | undefined)[]> =>
      world.damaged(
        [['update trades.open set waits_until = $2 where id = $1', uuid(made.open), at(minutes)]],
        async () => (await foundBy(world.look({ kind: 'hot' }, at(16)))).map(({ breaksAt }) => breaksAt),
      );
    expect(await told(17)).toEqual([]);
    expect(await told(10)).toEqual([expect.any(Date)]);
  });

  test('that waits is late only after what it waits for', async () => {
    const waits = (minutes: number): [string, string, Date] => [
      'update trades.open set waits_until = $2 where id = $1',
      uuid(made.open),
      at(minutes),
    ];
    const look = (): Promise<string[]> => world.breaks(world.look({ kind: 'hot' }, at(16)), deals);
    expect(await world.damaged([waits(2)], look)).toEqual([]);
    expect(await world.damaged([waits(0)], look)).toEqual([`30 ${made.open} - - -`]);
  });
});

test('a run of a title, of what is new and of a cut looks at nothing else', async () => {
  const damage: [string, string] = ['delete from ledger.transfers where reference = $1', made.gift];
  const found = [`31 ${made.gift} player:bob gold -7`];
  const [row] = await world.query<{ xid: string }>(
    'select transaction_id::text as xid from trades.trades where id = $1',
    [uuid(made.gift)],
  );
  const looks = [
    [world.look({ title: 'arena' }), found],
    [world.look({ title: 'other' }), []],
    [world.look({ kind: 'incremental', since: new Date(Date.now() - 3_600_000) }), found],
    [world.look({ kind: 'incremental', since: new Date(Date.now() + 3_600_000) }), []],
    [world.look({}, new Date(), row?.xid), []],
    [world.look({}, new Date(), String(BigInt(row?.xid ?? 0) + 1n)), found],
  ] as const;
  for (const [look, wanted] of looks)
    expect(await world.damaged([damage], () => world.breaks(look, deals))).toEqual(wanted);
});

test('a run of what is new looks at what was accepted long before and closed since then', async () => {
  const minutes = (many: number): Date => new Date(Date.now() + many * 60_000);
  const [since, now] = [minutes(60), minutes(250)];
  const found = (closedAt: Date): Promise<string[]> =>
    world.damaged(
      [
        ['delete from ledger.transfers where reference = $1', made.gift],
        ['update trades.trades set closed_at = $2 where id = $1', uuid(made.gift), closedAt],
      ],
      // The open deal is late by then.
      async () => (await world.breaks(world.look({ kind: 'incremental', since }, now), deals)).slice(1),
    );
  expect(await found(minutes(59))).toEqual([]);
  // Whether it is in the first minute, in the last one, or behind many in which nothing was closed.
  for (const closed of [60.5, 200, 249.9, 251]) expect(await found(minutes(closed))).toHaveLength(1);
  expect(await world.breaks(world.look({ kind: 'hot', since: null }, now), deals)).toHaveLength(1);
});
