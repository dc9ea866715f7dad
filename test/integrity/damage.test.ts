import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openBooks, type BooksWorld } from './books-world.js';

/* Books that are damaged underneath, past every wall, and what is told of them. */

let world: BooksWorld;

beforeAll(async () => {
  world = await openBooks();
  await world.transfer('welcome', 'system:mint player:ann 100', 'system:mint player:bob 50 gems');
  await world.transfer('gift', 'player:ann player:bob 20');
  await world.transfer('quest', 'system:mint player:ann 5', 'system:mint player:ann 5 gems');
  await world.transfer('repair', 'player:ann system:mint 8', 'player:bob system:mint 8 gems');
  await world.transfer('welcome', 'system:mint player:cid 10 gems');
  for (const leg of ['player:cid player:dan 3 gems', 'player:dan player:cid 3 gems', 'player:cid player:dan 1 gems'])
    await world.transfer('loan', leg);
  for (const item of ['sword', 'crown']) {
    await world.mint(item, 'player:ann');
    const gone = await world.mint(item, 'player:ann');
    await world.post(`/v1/item-instances/${gone}/burn`, { reason: 'broken' });
  }
});
afterAll(() => world.close());

/** What does not hold, by its name. */
async function broken(query = ''): Promise<Record<string, object[]>> {
  await world.checkAll();
  const { holds, assets, items } = await world.report(query);
  const found = [
    ...assets.map(({ asset, holds: one, breaks }) => [asset, one, breaks] as const),
    ...items.map(({ item, holds: one, breaks }) => [item, one, breaks] as const),
  ];
  for (const [, one, breaks] of found) expect(one).toBe(breaks.length === 0);
  const those = found.filter(([, one]) => !one).map(([name, , breaks]) => [name, breaks] as const);
  expect(holds).toBe(those.length === 0);
  return Object.fromEntries(those);
}

beforeEach(async () => {
  expect(await broken()).toEqual({});
});

const account = (owner: string): string =>
  `(select id from ledger.accounts where owner = '${owner}' and asset = 'gold')`;
const cid = `(select id from ledger.accounts where owner = 'player:cid' and asset = 'gems')`;
const entry = (owner: string, version: number): string => `account_id = ${account(owner)} and version = ${version}`;
const [ann, mint] = ['player:ann', 'system:mint'];
const total = (flow: string, reason: string): string =>
  `account_id = ${account(mint)} and flow = '${flow}' and reason = '${reason}'`;
const copy = `insert into inventory.instances (id, title, item, owner, state, properties, version)
  select 'a0000000-0000-7000-8000-000000000000', title, item, owner, state, properties, version
  from inventory.instances where item = 'sword' and state = 'owned'`;

describe('exactly the asset or the item does not hold of which', () => {
  it.each<[what: string, damage: string, undo: string, breaks: object]>([
    [
      'a balance is changed',
      `update ledger.accounts set credits_posted = credits_posted + 4 where id = ${account(ann)}`,
      `update ledger.accounts set credits_posted = credits_posted - 4 where id = ${account(ann)}`,
      {
        gold: [
          { check: 'sum', expected: '0', found: '4' },
          { check: 'entries', expected: '0', found: '1' },
        ],
      },
    ],
    [
      'two balances are changed, and come to zero',
      `update ledger.accounts set credits_posted = credits_posted + case when owner = '${ann}' then 4 else -4 end
       where asset = 'gold' and owner ^@ 'player:'`,
      `update ledger.accounts set credits_posted = credits_posted - case when owner = '${ann}' then 4 else -4 end
       where asset = 'gold' and owner ^@ 'player:'`,
      { gold: [{ check: 'entries', expected: '0', found: '2' }] },
    ],
    [
      'the amount of an entry is changed',
      `update ledger.entries set amount = amount + 1 where ${entry(ann, 2)}`,
      `update ledger.entries set amount = amount - 1 where ${entry(ann, 2)}`,
      { gold: [{ check: 'entries', expected: '0', found: '1' }] },
    ],
    [
      'the amount of the first entry of an account is changed',
      `update ledger.entries set amount = amount + 1 where ${entry(ann, 1)}`,
      `update ledger.entries set amount = amount - 1 where ${entry(ann, 1)}`,
      { gold: [{ check: 'entries', expected: '0', found: '1' }] },
    ],
    [
      'what an account had after its last entry is changed',
      `update ledger.entries set posted = posted + 1 where ${entry(ann, 4)}`,
      `update ledger.entries set posted = posted - 1 where ${entry(ann, 4)}`,
      { gold: [{ check: 'entries', expected: '0', found: '2' }] },
    ],
    [
      'an entry is gone',
      `create table kept as select * from ledger.entries where ${entry(ann, 2)};
       delete from ledger.entries where ${entry(ann, 2)}`,
      'insert into ledger.entries select * from kept; drop table kept',
      { gold: [{ check: 'entries', expected: '0', found: '1' }] },
    ],
    [
      'entries are gone that come to zero',
      `create table kept as select * from ledger.entries where version in (2, 3) and account_id = ${cid};
       delete from ledger.entries where version in (2, 3) and account_id = ${cid}`,
      'insert into ledger.entries select * from kept; drop table kept',
      { gems: [{ check: 'entries', expected: '0', found: '1' }] },
    ],
    [
      'the last entry of an account is gone',
      `create table kept as select * from ledger.entries where ${entry(ann, 4)};
       delete from ledger.entries where ${entry(ann, 4)}`,
      'insert into ledger.entries select * from kept; drop table kept',
      { gold: [{ check: 'entries', expected: '0', found: '1' }] },
    ],
    [
      'all entries of an account are gone',
      `create table kept as select * from ledger.entries where account_id = ${account('player:bob')};
       delete from ledger.entries where account_id = ${account('player:bob')}`,
      'insert into ledger.entries select * from kept; drop table kept',
      { gold: [{ check: 'entries', expected: '0', found: '1' }] },
    ],
    [
      'the total of a faucet is changed',
      `update ledger.mint_totals set amount = amount - 1 where ${total('faucet', 'quest')}`,
      `update ledger.mint_totals set amount = amount + 1 where ${total('faucet', 'quest')}`,
      { gold: [{ check: 'faucets', expected: '105', found: '104' }] },
    ],
    [
      'the total of a sink is gone',
      `create table kept as select * from ledger.mint_totals where ${total('sink', 'repair')};
       delete from ledger.mint_totals where ${total('sink', 'repair')}`,
      'insert into ledger.mint_totals select * from kept; drop table kept',
      { gold: [{ check: 'sinks', expected: '8', found: '0' }] },
    ],
    [
      'what the mint has given out is changed',
      `update ledger.accounts set debits_posted = debits_posted + 2 where id = ${account(mint)}`,
      `update ledger.accounts set debits_posted = debits_posted - 2 where id = ${account(mint)}`,
      {
        gold: [
          { check: 'sum', expected: '0', found: '-2' },
          { check: 'faucets', expected: '107', found: '105' },
          { check: 'entries', expected: '0', found: '1' },
        ],
      },
    ],
    [
      'an instance was never minted',
      copy,
      `delete from inventory.instances where id = 'a0000000-0000-7000-8000-000000000000'`,
      { sword: [{ check: 'instances', expected: '1', found: '2' }] },
    ],
    [
      'an instance was ended and not burned',
      `update inventory.instances set state = 'burned', burned_at = now() where item = 'crown' and state = 'owned'`,
      `update inventory.instances set state = 'owned', burned_at = null where item = 'crown' and version = 1`,
      { crown: [{ check: 'instances', expected: '1', found: '0' }] },
    ],
    [
      'a tally is changed',
      `update inventory.tallies set burned = burned + 1 where item = 'crown'
       and shard = (select min(shard) from inventory.tallies where item = 'crown')`,
      `update inventory.tallies set burned = burned - 1 where item = 'crown'
       and shard = (select min(shard) from inventory.tallies where item = 'crown')`,
      { crown: [{ check: 'instances', expected: '0', found: '1' }] },
    ],
  ])('%s', async (_, damage, undo, breaks) => {
    await world.damage(damage);
    expect(await broken()).toEqual(breaks);
    const [[name = ''] = []] = Object.entries(breaks);
    const asked = ['gold', 'gems'].includes(name) ? 'asset' : 'item';
    expect(await broken(`?${asked}=${name}`)).toEqual(breaks);
    await world.damage(undo);
  });
});

it('what does not hold on another page is told on each', async () => {
  const damage = (by: number): string =>
    `update ledger.accounts set credits_posted = credits_posted + ${by} where id = ${account(ann)}`;
  await world.damage(damage(1));
  const first = await world.report('?limit=1');
  expect(first).toMatchObject({ holds: false, assets: [{ asset: 'gems', holds: true }] });
  expect(await world.report(`?limit=1&cursor=${first.next}`)).toMatchObject({
    holds: false,
    assets: [{ asset: 'gold', holds: false }],
  });
  expect(await world.report('?asset=gems')).toMatchObject({ holds: true });
  await world.damage(damage(-1));
});

it('a title that is damaged is no matter of another', async () => {
  const key = await world.api.makeTitle('other');
  await world.api.send('PUT', '/v1/assets/gold', { key, body: { name: 'Gold', kind: 'currency' } });
  const damage = (by: number): string =>
    `update ledger.accounts set credits_posted = credits_posted + ${by} where id = ${account(ann)}`;
  await world.damage(damage(1));
  await world.checkAll();
  const { body } = await world.api.send('GET', '/v1/integrity', { key });
  expect(body).toMatchObject({ holds: true, assets: [{ asset: 'gold', holds: true, sum: '0' }] });
  await world.damage(damage(-1));
});
