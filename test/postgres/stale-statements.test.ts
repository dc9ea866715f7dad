import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { LEDGER_DATABASE } from '../../src/postgres/data-sources.js';
import { runCommand } from '../../src/postgres/run-command.js';
import { tradeBody } from '../e2e/processes.js';
import { openApi, type Answer, type Api } from '../http/api.js';

let api: Api;
let key: string;
let source: DataSource;

beforeAll(async () => {
  api = await openApi();
  key = await api.makeTitle('arena');
  source = api.app.get<DataSource>(LEDGER_DATABASE);
  await api.send('PUT', '/v1/assets/gold', { key, body: { name: 'Gold', kind: 'currency' } });
});
afterAll(() => api.close());

/** Nobody works on it, so it stays accepted. */
const trade = (name: string): Promise<Answer> =>
  api.send('POST', '/v1/trades', {
    key,
    headers: { 'idempotency-key': name },
    body: { ...(tradeBody('ann', '1', 'ben') as object), reference: 'r' },
  });

/** Answers to as many requests as open every connection of the pool, so that each of them has its statements. */
const many = async (name: (n: number) => string): Promise<number[]> =>
  (await Promise.all(Array.from({ length: 12 }, (_, n) => trade(name(n))))).map(({ status }) => status);

const accepted = Array.from({ length: 12 }, () => 202);

describe('a schema that changes under the running API', () => {
  test.each([
    'alter table trades.trades alter column reference type varchar(250)',
    'alter table trades.trades alter column reference type text, add extra text',
  ])('is noticed by no request: %s', async (change) => {
    const names = (n: number): string => `${change.length}-${n}`;
    expect(await many(names)).toEqual(accepted);
    expect(await many(names)).toEqual(accepted);
    await api.session.query(change);
    // Replays read what has another type now.
    expect(await many(names)).toEqual(accepted);
    expect(await many((n) => `${change.length}-after-${n}`)).toEqual(accepted);
  });

  test('is noticed by no command, in whichever connection its statement was prepared', async () => {
    await api.session.query('create table public.fickle as select 1 as id, 2::int as held');
    const read = (): Promise<{ held: unknown }[]> =>
      runCommand(source, (tx) => tx.query('select held from public.fickle where id = $1', [1]));
    expect(await Promise.all(Array.from({ length: 8 }, read))).toEqual(Array(8).fill([{ held: 2 }]));
    await api.session.query('alter table public.fickle alter column held type text');
    expect(await Promise.all(Array.from({ length: 8 }, read))).toEqual(Array(8).fill([{ held: '2' }]));
  });

  test('is noticed by no command whose parameters had the types of before', async () => {
    await api.session.query('create table public.keyed as select 1::int as id');
    const read = (id: unknown): Promise<{ id: unknown }[]> =>
      runCommand(source, (tx) => tx.query('select id::text from public.keyed where id = $1', [id]));
    const found = Array(8).fill([{ id: '1' }]);
    expect(await Promise.all(Array.from({ length: 8 }, () => read(1)))).toEqual(found);
    await api.session.query('alter table public.keyed alter column id type text');
    expect(await Promise.all(Array.from({ length: 8 }, () => read('1')))).toEqual(found);
  });

  test('is what a mistyped value is taken for once in a while, and not each time', async () => {
    const transaction = jest.spyOn(source, 'transaction');
    const wrong = (): Promise<unknown> => runCommand(source, (tx) => tx.query('select $1::int as three', ['x']));
    const tries: number[] = [];
    for (let time = 0; time < 3; time++) {
      const before = transaction.mock.calls.length;
      await expect(wrong()).rejects.toMatchObject({ driverError: { code: '22P02' } });
      tries.push(transaction.mock.calls.length - before);
    }
    transaction.mockRestore();
    // The first may have had its turn by the test before.
    expect(tries.slice(1)).toEqual([1, 1]);
  });

  test('is noticed by no making of a title and no look at the books', async () => {
    const looks = async (): Promise<number> => (await api.send('GET', '/v1/integrity', { key })).status;
    expect(await looks()).toBe(200);
    await api.makeTitle('before');
    await api.session.query(`drop trigger mint_totals_keep on ledger.mint_totals;
      alter table ledger.mint_totals alter column reason type varchar(90);
      alter table titles.keys alter column name type varchar(90)`);
    expect(await looks()).toBe(200);
    await api.makeTitle('after');
  });
});

describe('a prepared statement', () => {
  const again = (): Promise<{ one: number }[]> => runCommand(source, (tx) => tx.query('select $1::int as one', [1]));

  /** Does something in the session of every connection of the pool. */
  async function inEach(sql: string): Promise<void> {
    const runners = Array.from({ length: 4 }, () => source.createQueryRunner());
    for (const runner of runners) await runner.query(sql);
    for (const runner of runners) await runner.release();
  }

  test('that its session has lost is prepared again', async () => {
    expect(await again()).toEqual([{ one: 1 }]);
    await inEach('deallocate all');
    expect(await again()).toEqual([{ one: 1 }]);
  });

  test('that its session has from somebody else is prepared under another name', async () => {
    const text = 'select $1::int as two';
    const [{ name }] = await source.transaction(async (tx) => {
      await tx.query(text, [2]);
      return tx.query<[{ name: string }]>('select name from pg_prepared_statements where statement like $1', [
        `${text}%`,
      ]);
    });
    await api.session.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    await inEach(`prepare "${name}" as select 'of somebody else'`);
    expect(await runCommand(source, (tx) => tx.query(text, [2]))).toEqual([{ two: 2 }]);
  });
});
