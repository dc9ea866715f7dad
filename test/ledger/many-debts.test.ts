import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { DebtReads } from '../../src/ledger/debt.reads.js';
import { openLedger, title, type LedgerDatabase } from './ledger-database.js';

/* The lists of a player who came to owe something 50 000 times, most of which is paid. */

const many = 50_000;
const account = `(select id from ledger.accounts where owner = 'player:deep')`;
const id = (of: string): string => `md5('${of}' || n)::uuid`;

let db: LedgerDatabase;
let reads: DebtReads;

beforeAll(async () => {
  db = await openLedger();
  reads = new DebtReads(db.dataSource);
  // The rules would take minutes to come there.
  for (const sql of [
    `insert into ledger.accounts (title, owner, asset, debits_posted, credits_posted, min_available, owed, version)
     values ('${title}', 'player:deep', 'gold', ${many * 2}, ${many}, ${-many}, ${many * 2}, 1)`,
    ...['debt', 'paid'].map(
      (of) => `insert into ledger.transfers (id, title, kind, reason)
       select ${id(of)}, '${title}', 'transfer', 'made up' from generate_series(1, ${many}) n`,
    ),
    `insert into ledger.debts
     select ${account}, n * 2, ${id('debt')}, 2, (n - 1) * 2 from generate_series(1, ${many}) n`,
    `insert into ledger.debt_payments
     select ${account}, n * 2 + 1, ${id('paid')}, 1, n - 1 from generate_series(1, ${many}) n`,
    'analyze ledger.debts, ledger.debt_payments, ledger.accounts, ledger.transfers',
  ])
    await db.session.query(sql);
}, 60_000);
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => db.close());

interface Node {
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

/** How many rows the plan of what is read has looked at. */
async function looked(read: () => Promise<unknown>): Promise<number> {
  const query = jest.spyOn(db.dataSource, 'query');
  await read();
  const [[sql, values] = ['']] = query.mock.calls;
  query.mockRestore();
  const [answer] = await db.dataSource.query<{ 'QUERY PLAN': { Plan: Node }[] }[]>(
    `explain (analyze, format json) ${sql}`,
    values as unknown[],
  );
  const rows = (node: Node): number =>
    (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'] +
    (node.Plans ?? []).reduce((sum, plan) => sum + rows(plan), 0);
  const [plan] = answer?.['QUERY PLAN'] ?? [];
  return plan === undefined ? Infinity : rows(plan.Plan);
}

const places = { first: undefined, 'in the middle': { major: String(many), minor: String(many) } };

it.each(Object.entries(places))('a page of payments looks at no more than it shows: %s', async (_, from) => {
  const page = await reads.payments(title, 'deep', 'gold', 50, from);
  expect(page).toHaveLength(51);
  expect(await looked(() => reads.payments(title, 'deep', 'gold', 50, from))).toBeLessThan(2000);
});

it.each([
  ['open', undefined],
  ['paid', undefined],
  [undefined, undefined],
  ['open', 75_000],
  ['paid', 25_000],
] as const)('a page of debts looks at no more than it shows: %s from %s', async (state, at) => {
  const from = at === undefined ? undefined : { major: String(at), minor: '0' };
  const page = await reads.debts(title, 'deep', { state }, 50, from);
  expect(page).toHaveLength(51);
  for (const { body } of page) if (state !== undefined) expect(body.paid === body.amount).toBe(state === 'paid');
  expect(await looked(() => reads.debts(title, 'deep', { state }, 50, from))).toBeLessThan(2000);
});
