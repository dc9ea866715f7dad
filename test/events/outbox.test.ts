import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { boundaries } from '../../src/boundaries.js';
import { loadConfig } from '../../src/config.js';
import { outboxDepth, outboxInsert, outboxInsertFrom, outboxOfFacts, outboxParameter, type Fact } from '../../src/events/outbox.js';
import { runMigrations } from '../../src/postgres/migrations.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../harness/database.js';

const schemas = boundaries.map(({ schema }) => schema);
const facts = (...subjects: string[]): Fact[] => subjects.map((subject, n) => ({ title: 'arena', type: 'test.told', subject, data: { n, note: 'ü "quoted" \\' } }));
const open: { session: pg.Client; database: TestDatabase }[] = [];

async function sessionOn(database: TestDatabase): Promise<pg.Client> {
  const session = new pg.Client({ connectionString: database.url });
  open.push({ session, database });
  await session.connect();
  return session;
}

afterAll(async () => {
  for (const { session, database } of open) {
    await session.end();
    await database.drop();
  }
});

describe.each(schemas)('the outbox of %s', (schema) => {
  let session: pg.Client;
  beforeAll(async () => {
    session = await sessionOn(await createDatabase());
  });

  const told = async (): Promise<unknown[]> => (await session.query(`select dense_rank() over (order by id)::int as call, place::int, title, type, subject, data from ${schema}.facts order by id, place`)).rows;
  const depth = async (): Promise<number> => Number((await session.query<{ depth: string }>(outboxDepth(schema))).rows[0]?.depth);

  test('has a row for each call, whose facts are read in the order in which they were told', async () => {
    for (const call of [facts('b', 'a', 'c'), facts('a')]) await session.query(outboxInsert(schema, 1), [outboxParameter(call)]);
    const fact = ([one]: Fact[], call: number, place: number, subject: string): unknown => ({ call, place, ...one, subject, data: { ...one?.data, n: place - 1 } });
    expect(await told()).toEqual([fact(facts('b'), 1, 1, 'b'), fact(facts('a'), 1, 2, 'a'), fact(facts('c'), 1, 3, 'c'), fact(facts('a'), 2, 1, 'a')]);
    expect(await depth()).toBe(2);
  });

  test('takes the rows of a statement in the order that it is given', async () => {
    const before = await depth();
    const rows = `(values (2, 'arena', 'second'), (1, 'arena', 'first')) as r (n, title, word)`;
    await session.query(outboxInsertFrom(schema, { from: rows, type: `'test.' || word`, subject: 'word', data: `json_build_object('n', n)`, order: 'n' }));
    const call = before + 1;
    expect((await told()).slice(-2)).toEqual([
      { call, place: 1, title: 'arena', type: 'test.first', subject: 'first', data: { n: 1 } },
      { call, place: 2, title: 'arena', type: 'test.second', subject: 'second', data: { n: 2 } },
    ]);
    expect(await depth()).toBe(call);
  });

  test.each([
    ['a list', (): Promise<unknown> => session.query(outboxInsert(schema, 1), [outboxParameter([])])],
    ['rows', (): Promise<unknown> => session.query(outboxInsertFrom(schema, { from: `(select 'arena' as title where false) r`, type: `''`, subject: `''`, data: `'{}'`, order: 'title' }))],
  ])('has no row for a call with no facts, given as %s', async (_, call) => {
    const count = async (): Promise<unknown> => (await session.query(`select count(*) from ${schema}.outbox`)).rows;
    const before = await count();
    await call();
    expect(await count()).toEqual(before);
  });

  test('is compressed with LZ4 exactly where the server has it', async () => {
    const { rows } = await session.query(
      `select (attcompression = 'l') = ('lz4' = any((select enumvals from pg_settings where name = 'default_toast_compression')::text[])) as so
       from pg_attribute where attrelid = '${schema}.outbox'::regclass and attname = 'facts'`,
    );
    expect(rows).toEqual([{ so: true }]);
  });

  test('says in what transaction a call was made', async () => {
    await session.query('begin');
    const { rows: made } = await session.query<{ id: string }>('select pg_current_xact_id()::text as id');
    await session.query(outboxInsert(schema, 1), [outboxParameter(facts('x'))]);
    await session.query('commit');
    expect((await session.query(`select transaction_id::text as id from ${schema}.facts order by facts.id desc limit 1`)).rows).toEqual(made);
  });
});

/** The rows of an outbox that has one for each fact. */
const rowsOfFacts = 'id, transaction_id::text, title, type, subject, data, created_at';

test('what waits in an outbox with a row for each fact is carried over, and back', async () => {
  const database = await createEmptyDatabase();
  const session = await sessionOn(database);
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  const before = boundaries.map((boundary) => ({ ...boundary, migrations: boundary.migrations.slice(0, boundary.migrations.findIndex(({ name }) => name.includes('ByTheCall'))) }));
  await runMigrations(config, before);
  const old = new Map<string, unknown[]>();
  for (const schema of schemas) {
    await session.query(`insert into ${schema}.outbox (title, type, subject, data) select 'arena', 'test.told', 's' || n, jsonb_build_object('n', n, 'text', 'ü "') from generate_series(1, 3) n`);
    await session.query(`delete from ${schema}.outbox where subject = 's1'`);
    old.set(schema, (await session.query(`select ${rowsOfFacts} from ${schema}.outbox order by id`)).rows);
  }

  await runMigrations(config, boundaries);
  for (const schema of schemas) {
    expect((await session.query(`select ${rowsOfFacts} from ${schema}.facts order by id, place`)).rows).toEqual(old.get(schema));
    // What is told next comes after all of it.
    await session.query(outboxInsert(schema, 1), [outboxParameter(facts('later', 'last'))]);
    expect((await session.query(`select id, place, subject from ${schema}.facts order by id, place`)).rows.slice(-2)).toEqual([{ id: '4', place: '1', subject: 'later' }, { id: '4', place: '2', subject: 'last' }]);

    await session.query(`begin; ${outboxOfFacts(schema)}; commit`);
    const { rows } = await session.query<{ subject: string }>(`select ${rowsOfFacts} from ${schema}.outbox order by id`);
    expect(rows.map(({ subject }) => subject)).toEqual(['s2', 's3', 'later', 'last']);
    const withoutId = (row: unknown): unknown => ({ ...(row as object), id: expect.any(String) });
    expect(rows.slice(0, 2)).toEqual(old.get(schema)?.map(withoutId));
  }
}, 180_000);
