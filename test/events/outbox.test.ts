import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { boundaries } from '../../src/boundaries.js';
import { outboxDepth, outboxInsert, outboxInsertFrom, outboxParameter, type Fact } from '../../src/events/outbox.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';

const schemas = boundaries.map(({ schema }) => schema);
const facts = (...subjects: string[]): Fact[] =>
  subjects.map((subject, n) => ({ title: 'arena', type: 'test.told', subject, data: { n, note: 'ü "quoted" \\' } }));
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

test('a boundary says that it has an outbox exactly where it has one', async () => {
  const session = await sessionOn(await createDatabase());
  const { rows } = await session.query<{ schema: string }>(
    `select schemaname as schema from pg_tables where tablename = 'outbox'`,
  );
  expect(rows.map(({ schema }) => schema).sort()).toEqual([...schemas].sort());
});

describe.each(schemas)('the outbox of %s', (schema) => {
  let session: pg.Client;
  beforeAll(async () => {
    session = await sessionOn(await createDatabase());
  });

  const told = async (): Promise<unknown[]> =>
    (
      await session.query(
        `select dense_rank() over (order by id)::int as call, place::int, title, type, subject, data
         from ${schema}.facts order by id, place`,
      )
    ).rows;
  const depth = async (): Promise<number> =>
    Number((await session.query<{ depth: string }>(outboxDepth(schema))).rows[0]?.depth);

  test('has a row for each call, whose facts are read in the order in which they were told', async () => {
    for (const call of [facts('b', 'a', 'c'), facts('a')])
      await session.query(outboxInsert(schema, 1), [outboxParameter(call)]);
    const fact = ([one]: Fact[], call: number, place: number, subject: string): unknown => ({
      call,
      place,
      ...one,
      subject,
      data: { ...one?.data, n: place - 1 },
    });
    expect(await told()).toEqual([
      fact(facts('b'), 1, 1, 'b'),
      fact(facts('a'), 1, 2, 'a'),
      fact(facts('c'), 1, 3, 'c'),
      fact(facts('a'), 2, 1, 'a'),
    ]);
    expect(await depth()).toBe(2);
  });

  test('takes the rows of a statement in the order that it is given', async () => {
    const before = await depth();
    const rows = `(values (2, 'arena', 'second'), (1, 'arena', 'first')) as r (n, title, word)`;
    await session.query(
      outboxInsertFrom(schema, {
        from: rows,
        type: `'test.' || word`,
        subject: 'word',
        data: `json_build_object('n', n)`,
        order: 'n',
      }),
    );
    const call = before + 1;
    expect((await told()).slice(-2)).toEqual([
      { call, place: 1, title: 'arena', type: 'test.first', subject: 'first', data: { n: 1 } },
      { call, place: 2, title: 'arena', type: 'test.second', subject: 'second', data: { n: 2 } },
    ]);
    expect(await depth()).toBe(call);
  });

  test.each([
    ['a list', (): Promise<unknown> => session.query(outboxInsert(schema, 1), [outboxParameter([])])],
    [
      'rows',
      (): Promise<unknown> =>
        session.query(
          outboxInsertFrom(schema, {
            from: `(select 'arena' as title where false) r`,
            type: `''`,
            subject: `''`,
            data: `'{}'`,
            order: 'title',
          }),
        ),
    ],
  ])('has no row for a call with no facts, given as %s', async (_, call) => {
    const count = async (): Promise<unknown> => (await session.query(`select count(*) from ${schema}.outbox`)).rows;
    const before = await count();
    await call();
    expect(await count()).toEqual(before);
  });

  test('is compressed with LZ4 exactly where the server has it', async () => {
    const { rows } = await session.query(
      `select (attcompression = 'l') = ('lz4' = any(
         (select enumvals from pg_settings where name = 'default_toast_compression')::text[])) as so
       from pg_attribute where attrelid = '${schema}.outbox'::regclass and attname = 'facts'`,
    );
    expect(rows).toEqual([{ so: true }]);
  });

  test('says in what transaction a call was made', async () => {
    await session.query('begin');
    const { rows: made } = await session.query<{ id: string }>('select pg_current_xact_id()::text as id');
    await session.query(outboxInsert(schema, 1), [outboxParameter(facts('x'))]);
    await session.query('commit');
    expect(
      (await session.query(`select transaction_id::text as id from ${schema}.facts order by facts.id desc limit 1`))
        .rows,
    ).toEqual(made);
  });
});
