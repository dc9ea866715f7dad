import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Look } from '../../../src/reconciliation/checks.types.js';
import { readClosings, readSums } from '../../../src/reconciliation/value/account-sums.reads.js';
import { readSold } from '../../../src/reconciliation/value/counters.reads.js';
import { readItems } from '../../../src/reconciliation/value/item-counts.reads.js';
import { title } from '../../purchases/store.js';
import { makeTrueHistory } from './true-history.js';
import { ValueWorld } from './value-world.js';

/* What is summed up slice by slice comes to the same as in one statement, however small the slices are. */

let world: ValueWorld;
beforeAll(async () => {
  world = await ValueWorld.open();
  await makeTrueHistory(world);
});
afterAll(async () => {
  expect(await world.close()).toBe(0);
});

const other = 'aaa-title';
const run = (of: string | null): Look['run'] => world.look({ title: of }).run;
const snapshot = async (): Promise<string> => {
  const [row] = await world.query<{ xmax: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as xmax');
  return row?.xmax ?? '';
};

describe.each([1, 2, 3, 1_000])('in slices of %i rows', (size) => {
  test('accounts come to the same', async () => {
    const spoil = [
      `insert into ledger.accounts (title, owner, asset, credits_posted, min_available) values
         ('${other}', 'player:zoe', 'gold', 3, 0), ('${other}', 'system:mint', 'gem', 4, 0),
         ('${other}', 'player:ann', 'gem', 2, 0)`,
      `update ledger.accounts set credits_posted = credits_posted + 9 where owner = 'player:bob' and asset = 'gold'`,
    ] as const;
    const sums = [
      { title: other, asset: 'gem', sum: '6' },
      { title: other, asset: 'gold', sum: '3' },
      { title, asset: 'gold', sum: '9' },
    ];
    await world.damaged([[spoil[0]], [spoil[1]]], async () => {
      expect(await readSums(world.session, null, size)).toEqual(sums);
      expect(await readSums(world.session, title, size)).toEqual(sums.slice(2));
      expect(await readSums(world.session, other, size)).toEqual(sums.slice(0, 2));
    });
    expect(await readSums(world.session, null, size)).toEqual([]);
  });

  test('what all but the mint have at a cut is the same, whatever is booked since', async () => {
    const sizes = { accounts: size, transfers: size };
    const now = await world.query<{ asset: string; sum: string }>(
      `select asset, sum(credits_posted - debits_posted)::text as sum from ledger.accounts
       where title = $1 and owner <> 'system:mint' group by asset`,
      [title],
    );
    const before = Object.fromEntries(now.map(({ asset, sum }) => [asset, sum]));
    const xmax = await snapshot();
    expect(await readClosings(world.session, title, xmax, sizes)).toEqual(before);
    await world.grant('ann', 77n);
    await world.grant('dora', 1n, 'gem');
    await world.book([{ from: 'player:ann', to: 'player:bob', asset: 'gold', amount: 1n }]);
    expect(await readClosings(world.session, title, xmax, sizes)).toEqual(before);
    const [gold, gem] = [BigInt(before['gold'] ?? 0) + 77n, BigInt(before['gem'] ?? 0) + 1n];
    const after = { ...before, gold: gold.toString(), gem: gem.toString() };
    expect(await readClosings(world.session, title, await snapshot(), sizes)).toEqual(after);
  });

  test('what is sold comes to the same', async () => {
    const products = [
      { title, product: 'pack' },
      { title, product: 'never-sold' },
      { title: other, product: 'pack' },
    ];
    expect(await readSold(world.session, products, size)).toEqual([]);
    await world.damaged([['update purchases.sales set sold = sold + 3']], async () => {
      const [row] = await world.query<{ sold: string }>(
        `select sum(quantity)::text as sold from purchases.purchases
         where counts and id not in (select purchase from purchases.restocked)`,
      );
      const counted = row?.sold ?? '';
      const said = String(Number(counted) + 3);
      expect(await readSold(world.session, products, size)).toEqual([
        { title, of: 'sold', subject: 'pack', asset: null, said, counted },
      ]);
    });
  });

  test('instances and holds come to the same', async () => {
    const sizes = { instances: size, holds: size, items: size };
    const read = (of: string | null): ReturnType<typeof readItems> =>
      readItems({ read: world.look().read, run: run(of) }, sizes);
    expect(await read(null)).toEqual([]);
    const [row] = await world.query<Record<'crowns' | 'swords' | 'burned', string>>(
      `select count(*) filter (where item = 'crown')::text as crowns,
         count(*) filter (where item = 'sword')::text as swords,
         count(*) filter (where item = 'sword' and state = 'burned')::text as burned from inventory.instances`,
    );
    const { crowns = '', swords = '', burned = '' } = row ?? {};
    const holdOpen = `update inventory.holds set state = 'held' where exchange = (
      select exchange from inventory.holds where state = 'moved' and mints @> '[{"item":"crown"}]' limit 1)`;
    await world.damaged([[holdOpen], ['delete from inventory.tallies']], async () => {
      const wrong = [
        { title, of: 'minted', subject: 'crown', asset: 'crown', said: '0', counted: crowns },
        { title, of: 'reserved', subject: 'crown', asset: 'crown', said: '0', counted: '1' },
        { title, of: 'burned', subject: 'sword', asset: 'sword', said: '0', counted: burned },
        { title, of: 'minted', subject: 'sword', asset: 'sword', said: '0', counted: swords },
      ];
      expect(await read(null)).toEqual(wrong);
      expect(await read(title)).toEqual(wrong);
      expect(await read(other)).toEqual([]);
    });
  });
});
