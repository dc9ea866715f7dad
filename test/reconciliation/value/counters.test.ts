import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BridgeLine } from '../../../src/reconciliation/checks.types.js';
import { bridgeCheck } from '../../../src/reconciliation/value/bridge.check.js';
import { makeTrueHistory, type TrueHistory } from './true-history.js';
import { ValueWorld } from './value-world.js';

let world: ValueWorld;
let made: TrueHistory;
beforeAll(async () => {
  world = await ValueWorld.open();
  made = await makeTrueHistory(world);
});
afterAll(async () => {
  expect(await world.close()).toBe(0);
});

const after = (...damage: [sql: string, ...parameters: unknown[]][]): Promise<string[]> =>
  world.damaged(damage, () => world.breaks(world.look(), ['counters']));

describe('a counter that is not what it counts', () => {
  test('is found where it is what is sold', async () => {
    expect(await after(['update purchases.sales set sold = sold + 3'])).toEqual(['35 pack - - 3']);
    // Two were given up or restocked, so five are counted.
    expect(await after(['delete from purchases.sales'])).toEqual(['35 pack - - -5']);
    expect(await after(['delete from purchases.restocked'])).toEqual(['35 pack - - -1']);
  });

  test('is found where it is what is refunded', async () => {
    const { purchase } = made.refund;
    const change = (what: string): [string, string] => [
      `update refunds.totals set ${what} where purchase = $1`,
      purchase.slice(4),
    ];
    expect(await after(change('refunded = 8'))).toEqual([`35 ${purchase} - gold -2`]);
    expect(await after(change('promised = 1, paid = 11'))).toEqual([`35 ${purchase} - gold 1`]);
    expect(await after(change('reversing = 4'))).toEqual([`35 ${purchase} - gold 4`]);
    expect(await after(['delete from refunds.totals where purchase = $1', purchase.slice(4)])).toEqual([
      `35 ${purchase} - gold -10`,
    ]);
  });

  test('is found where it is of items', async () => {
    const items = (what: string): [string] => [`update inventory.items set ${what} where code = 'crown'`];
    expect(await after(items('issued = issued + 1'))).toEqual(['35 crown - crown 1']);
    expect(await after(items('reserved = 2'))).toEqual(['35 crown - crown 2']);
    const tallies = (what: string): [string] => [
      `update inventory.tallies set ${what} where (item, shard) = (
         select item, shard from inventory.tallies where item = 'sword' and burned > 0 limit 1)`,
    ];
    expect(await after(tallies('minted = minted + 5'))).toEqual(['35 sword - sword 5']);
    expect(await after(tallies('burned = burned - 1'))).toEqual(['35 sword - sword -1']);
  });

  test('is found where it is of the mint', async () => {
    const of = `where flow = 'faucet' and reason = 'exchange'
      and account_id = (select id from ledger.accounts where owner = 'system:mint' and asset = 'gem')`;
    expect(await after([`update ledger.mint_totals set amount = amount + 6 ${of}`])).toEqual([
      '35 system:mint system:mint gem 6',
    ]);
    expect(await after([`update ledger.mint_totals set day = day - 9 ${of}`])).toHaveLength(2);
    expect(await after([`update ledger.mint_totals set reason = '' ${of}`])).toEqual([]);
  });
});

describe('the bridge', () => {
  async function lines(xmax?: string): Promise<BridgeLine[]> {
    const all: BridgeLine[] = [];
    const look = world.look({}, new Date(), xmax);
    for (let place: string | null = null, first = true; first || place !== null; first = false) {
      const part: Awaited<ReturnType<typeof bridgeCheck.look>> = await bridgeCheck.look(look, place);
      all.push(...(part.lines ?? []));
      place = part.next;
    }
    return all;
  }
  const residuals = (all: BridgeLine[]): bigint[] =>
    all.map(({ movements, closing }) => Object.values(movements).reduce((a, b) => a + b, 0n) - closing);

  test('says by what each asset has moved, and nothing remains', async () => {
    const all = await lines();
    expect(all.map(({ asset }) => asset)).toEqual(['EUR', 'gem', 'gold']);
    expect(all[0]?.movements).toEqual({ purchase: 998n, refund: -200n });
    expect(all[1]?.movements['sink']).toBe(-2n);
    expect(all[2]?.movements).toEqual({ grant: 1_030n });
    expect(residuals(all)).toEqual([0n, 0n, 0n]);
  });

  test('says the same of a cut, whatever is booked since', async () => {
    const [row] = await world.query<{ xmax: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as xmax');
    const before = await lines(row?.xmax);
    await world.grant('ann', 77n);
    await world.book([{ from: 'player:ann', to: 'player:bob', asset: 'gold', amount: 1n }]);
    expect(await lines(row?.xmax)).toEqual(before);
    expect((await lines())[2]?.closing).toBe((before[2]?.closing ?? 0n) + 77n);
  });

  test('shows what remains', async () => {
    const more =
      "update ledger.accounts set credits_posted = credits_posted + 9 where owner = 'player:bob' and asset = 'gold'";
    expect(await world.damaged([[more]], async () => residuals(await lines()))).toEqual([0n, 0n, -9n]);
  });
});
