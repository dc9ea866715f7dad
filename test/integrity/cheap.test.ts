import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { EntityManager } from 'typeorm';
import { InventoryIntegrity } from '../../src/inventory/integrity.reads.js';
import { LedgerIntegrity } from '../../src/ledger/integrity.reads.js';
import { openInventory, type InventoryDatabase } from '../inventory/inventory-database.js';
import { element, grant, leg, openLedger, title, told, type LedgerDatabase } from '../ledger/ledger-database.js';

/* What the report reads of books with a long history, and how many reasons it can come to know. */

const many = 100_000;
let ledger: LedgerDatabase;
let inventory: InventoryDatabase;

beforeAll(async () => {
  [ledger, inventory] = await Promise.all([openLedger(), openInventory()]);
  await grant(ledger, 'ann', 1_000n);
  // The rules would take minutes to come there. Each entry takes back what the one before has given.
  for (const sql of [
    `insert into ledger.entries
     select a.id, a.version + n, gen_random_uuid(), 1000 + n, 0, case when n % 2 = 1 then 1 else -1 end,
       a.credits_posted - a.debits_posted + n % 2, a.credits_posted - a.debits_posted + n % 2
     from ledger.accounts a, generate_series(1, ${many / 2}) n where a.asset = 'gold'`,
    `update ledger.accounts set version = version + ${many / 2} where asset = 'gold'`,
    'analyze ledger.entries, ledger.accounts, ledger.mint_totals',
  ])
    await ledger.session.query(sql);
  for (const sql of [
    `insert into inventory.instances (id, title, item, owner, state, properties, version)
     select gen_random_uuid(), '${title}', 'sword', 'player:ann', 'owned', '{}', ${many / 10}
     from generate_series(1, 10)`,
    `insert into inventory.movements (instance, version, kind, from_owner, to_owner, cause)
     select id, n, case n when 1 then 'mint' else 'move' end, case when n > 1 then owner end, owner, 'made up'
     from inventory.instances, generate_series(1, ${many / 10}) n`,
    `insert into inventory.tallies values ('${title}', 'sword', 0, 10, 0)`,
    'analyze inventory.instances, inventory.movements, inventory.tallies',
  ])
    await inventory.session.query(sql);
}, 60_000);
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await ledger.close();
  await inventory.close();
});

interface Node {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

/** How many rows the plans of all that is read have looked at, and in which tables. */
async function looked(
  { dataSource }: Pick<LedgerDatabase, 'dataSource'>,
  read: () => Promise<unknown>,
): Promise<{ rows: number; tables: Set<string> }> {
  const query = jest.spyOn(EntityManager.prototype, 'query');
  await read();
  const calls = query.mock.calls.filter(([sql]) => /^(select|with)/.test(sql));
  query.mockRestore();
  expect(calls.length).toBeGreaterThan(1);
  const tables = new Set<string>();
  let rows = 0;
  const visit = (node: Node): void => {
    if (node['Relation Name'] !== undefined) tables.add(node['Relation Name']);
    rows += (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
    node.Plans?.forEach(visit);
  };
  for (const [sql, values] of calls) {
    const [answer] = await dataSource.query<{ 'QUERY PLAN': { Plan: Node }[] }[]>(
      `explain (analyze, format json) ${sql}`,
      values as unknown[],
    );
    answer?.['QUERY PLAN'].forEach(({ Plan }) => visit(Plan));
  }
  return { rows, tables };
}

const books = () => new LedgerIntegrity(ledger.dataSource).books({ title, days: {}, shown: (all) => all });

it('the books are read without one of their entries', async () => {
  const gold = (await books()).assets.find(({ asset }) => asset === 'gold');
  expect(gold).toMatchObject({ sum: 0n, supply: 1_000n, issued: 1_000n, keptIssued: 1_000n });
  const { rows, tables } = await looked(ledger, books);
  expect(rows).toBeLessThan(200);
  expect(tables).toContain('accounts');
  expect(tables).not.toContain('entries');
});

it('the instances are counted without one of their movements', async () => {
  const counts = () => new InventoryIntegrity(inventory.dataSource).counts(title, undefined);
  expect((await counts()).items).toContainEqual(expect.objectContaining({ item: 'sword', minted: 10n, owned: 10n }));
  const { rows, tables } = await looked(inventory, counts);
  expect(rows).toBeLessThan(200);
  expect(tables).toContain('instances');
  expect(tables).not.toContain('movements');
});

it('the books are of one snapshot, whatever is booked while they are read', async () => {
  const query = EntityManager.prototype.query;
  let booked = 0;
  jest.spyOn(EntityManager.prototype, 'query').mockImplementation(async function (
    this: EntityManager,
    ...asked: Parameters<typeof query>
  ) {
    const answer: unknown = await query.apply(this, asked);
    if (/^(select clock|with summed)/.test(asked[0])) {
      booked += 1;
      await ledger.session.query('set session_replication_role = replica');
      await ledger.session.query(
        `update ledger.mint_totals set amount = amount + 1;
         update ledger.accounts set debits_posted = debits_posted + 1 where owner = 'system:mint'`,
      );
      await ledger.session.query('set session_replication_role = default');
    }
    return answer;
  });
  const { assets, reasons } = await books();
  jest.restoreAllMocks();
  expect(booked).toBe(2);
  const gold = assets.find(({ asset }) => asset === 'gold');
  expect(gold).toMatchObject({ sum: 0n, issued: 1_000n, keptIssued: 1_000n });
  expect(reasons.get('gold')?.faucet).toEqual([{ reason: 'test', amount: 1_000n }]);
});

it('a hundred reasons of a day are kept by their names, and those beyond it together', async () => {
  const grants = async (...reasons: string[]): Promise<void> => {
    const elements = reasons.map((reason) => element([leg('system:mint', 'bob', 2n, 'gems')], { reason }));
    expect(new Set(told(await ledger.ledger.transfer(elements)))).toEqual(new Set(['posted']));
  };
  await grants(...Array.from({ length: 60 }, (_, n) => `reason ${n}`));
  await grants(...Array.from({ length: 40 }, (_, n) => `another ${n}`));
  await grants('one too many', 'two too many', 'reason 7', 'reason 7');
  await grants('one too many');
  const { rows } = await ledger.session.query(
    `select count(*)::int as reasons, sum(amount) filter (where reason = '')::int as others,
       sum(amount) filter (where reason = 'reason 7')::int as known
     from ledger.mint_totals t join ledger.accounts a on a.id = t.account_id where a.asset = 'gems'`,
  );
  expect(rows).toEqual([{ reasons: 101, others: 6, known: 6 }]);
  const { assets, reasons } = await books();
  const { faucet = [] } = reasons.get('gems') ?? {};
  expect(faucet).toHaveLength(101);
  expect([faucet[0], faucet.at(-1)]).toEqual([
    { reason: 'reason 7', amount: 6n },
    { reason: null, amount: 6n },
  ]);
  expect(assets.find(({ asset }) => asset === 'gems')).toMatchObject({ keptIssued: 210n, issued: 210n });
});

it('of more reasons than a hundred the largest are named, and the others are told together', async () => {
  await ledger.session.query(
    `insert into ledger.mint_totals
     select account_id, day - 1, flow, 'earlier ' || n, 1 from ledger.mint_totals, generate_series(1, 5) n
     where reason = 'reason 7'`,
  );
  const { reasons } = await books();
  const { faucet = [] } = reasons.get('gems') ?? {};
  expect(faucet).toHaveLength(101);
  expect(faucet.some(({ reason }) => reason?.startsWith('earlier'))).toBe(false);
  expect(faucet.at(-1)).toEqual({ reason: null, amount: 6n + 5n });
});
