import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { loadConfig } from '../../src/process/config.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { preparedAlone } from '../../src/postgres/prepared-statements.js';
import { runCommand } from '../../src/postgres/run-command.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createDatabase();
  // A pool that is asked for one thing after the other opens one connection, so each query finds the session of the one
  // before.
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  dataSource = await makeDataSource(config, 'main', 'test').initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function preparedTexts(): Promise<string[]> {
  const rows = await dataSource.query<{ statement: string }[]>('select statement from pg_prepared_statements');
  return rows.map(({ statement }) => statement);
}

test('a statement of a command is prepared once for its connection, and answers by its values each time', async () => {
  const text = 'select $1::int + 1 as next';
  for (const value of [1, 2, 3]) {
    const [row] = await runCommand(dataSource, (tx) => tx.query<[{ next: number }]>(text, [value]));
    expect(row.next).toBe(value + 1);
  }
  expect((await preparedTexts()).filter((prepared) => prepared === text)).toHaveLength(1);
});

test('a list arrives as it was given, whatever is in it', async () => {
  const texts = fc.array(
    fc.oneof(
      fc.constantFrom('', 'NULL', 'null', ',', '{', '}', '","', ' ', '"', '\\', "'", '\n'),
      fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
    ),
    { maxLength: 5 },
  );
  const list = fc.oneof(texts, fc.array(fc.option(fc.constantFrom('a', 'NULL', '"'))));
  await fc.assert(
    fc.asyncProperty(list, async (given) => {
      const [row] = await runCommand(dataSource, (tx) =>
        tx.query<[{ came: (string | null)[] }]>('select to_json($1::text[]) as came', [given]),
      );
      expect(row.came).toEqual(given);
    }),
  );
});

test('what is read outside of a transaction is not prepared', async () => {
  await dataSource.query('select $1::int as alone', [1]);
  expect(await preparedTexts()).not.toContain('select $1::int as alone');
});

test('what is to be prepared alone is prepared once outside of a transaction', async () => {
  const text = preparedAlone('select $1::int + 2 as next');
  for (const value of [1, 2]) expect(await dataSource.query(text, [value])).toEqual([{ next: value + 2 }]);
  expect((await preparedTexts()).filter((prepared) => prepared === text)).toHaveLength(1);
});

test('a command that was refused leaves its connection able to run it again', async () => {
  const text = 'select 1 / $1::int as whole';
  await expect(runCommand(dataSource, (tx) => tx.query(text, [0]))).rejects.toThrow('division by zero');
  await expect(runCommand(dataSource, (tx) => tx.query(text, [1]))).resolves.toEqual([{ whole: 1 }]);
});

test('a prepared statement is planned for the list that it is given, and not for any', async () => {
  await dataSource.query('create table many as select n as id, n % 10 as kind from generate_series(1, 10000) n');
  await dataSource.query('alter table many add primary key (id)');
  await dataSource.query('analyze many');
  const text = 'select count(*)::int as found from many where id = any($1::int[])';
  // PostgreSQL takes lists of unknown length for short ones, so that a plan for any looks cheaper to it than one for a
  // long list.
  const list = Array.from({ length: 256 }, (_, n) => n + 1);
  for (let time = 0; time < 8; time++) await runCommand(dataSource, (tx) => tx.query(text, [list]));
  const [plans] = await dataSource.query<[{ custom_plans: string; generic_plans: string }]>(
    'select custom_plans, generic_plans from pg_prepared_statements where statement = $1',
    [text],
  );
  expect(plans).toEqual({ custom_plans: '8', generic_plans: '0' });
});
