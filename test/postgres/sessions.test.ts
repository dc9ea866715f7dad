import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { prepareCommands, preparedAlone } from '../../src/postgres/prepared-statements.js';
import { beginWith, checkSession, isPooled, UnfitSession } from '../../src/postgres/sessions.js';
import { isOutage } from '../../src/postgres/sql-errors.js';
import { lastWords } from '../../src/process/start-error.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';

let database: TestDatabase;
const clients: pg.Client[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(async () => {
  for (const client of clients) await client.end();
  await database.drop();
});

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  clients.push(client);
  await client.connect();
  return client;
}

/** A connection as it looks where a pooler stands before the session: it was told another process id. */
async function connectToPooler(): Promise<pg.Client> {
  return Object.assign(await connect(), { processID: 1 });
}

const settings = { statement_timeout: '20000', DateStyle: 'ISO,MDY', synchronous_commit: 'on' };

describe('a session', () => {
  test('that has every setting, in whatever writing, passes, and keeps what it has', async () => {
    const client = await connect();
    await client.query(`set statement_timeout = '20s'`);
    await checkSession(client, settings);
    expect(isPooled(client)).toBe(false);
  });

  test('that lacks some is refused in one sentence, with a statement for each', async () => {
    const client = await connect();
    await client.query(`set synchronous_commit = off`);
    const error: unknown = await checkSession(client, settings).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnfitSession);
    const { pathname } = new URL(database.url);
    const role = `alter role "veltrix" in database "${pathname.slice(1)}" set`;
    expect(lastWords(error, 1, 'PORT')).toContain(
      `: run ${role} statement_timeout = '20s'; ${role} synchronous_commit = 'on'; and have`,
    );
    expect((await client.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
  });

  test('that is unfit is an outage for a process that runs', () => {
    expect(isOutage(new UnfitSession('It is unfit.'))).toBe(true);
  });
});

describe('a session of a pooler', () => {
  test('is known by its process id', async () => {
    const client = await connectToPooler();
    await checkSession(client, { DateStyle: 'ISO,MDY' });
    expect(isPooled(client)).toBe(true);
  });

  test('has what a transaction relies on for as long as the transaction', async () => {
    const client = await connectToPooler();
    await client.query(`set statement_timeout = 0; set DateStyle = German;
      set session characteristics as transaction isolation level serializable`);
    prepareCommands(client, beginWith({ ...settings, default_transaction_isolation: 'read committed' }));
    const look = `select current_setting('statement_timeout') || ' ' || current_setting('DateStyle')
      || ' ' || current_setting('transaction_isolation') as has`;
    await client.query('START TRANSACTION');
    expect((await client.query(look)).rows).toEqual([{ has: '20s ISO, MDY read committed' }]);
    await client.query('commit');
    expect((await client.query(look)).rows).toEqual([{ has: '0 German, DMY serializable' }]);
  });

  test('has what a transaction relies on for a statement that stands alone, and keeps what it wrote', async () => {
    const client = await connectToPooler();
    await client.query('create table if not exists kept (n int primary key); set DateStyle = German');
    prepareCommands(client, beginWith(settings));
    const write = preparedAlone(`insert into kept values ($1) returning n, current_setting('DateStyle') as style`);
    expect((await client.query(write, [1])).rows).toEqual([{ n: 1, style: 'ISO, MDY' }]);
    await expect(client.query(write, [1])).rejects.toThrow('duplicate key');
    expect((await client.query('select n from kept')).rows).toEqual([{ n: 1 }]);
    expect((await client.query('show DateStyle')).rows).toEqual([{ DateStyle: 'German, DMY' }]);
  });

  test('tells of a lost connection as the statement did, and not as the rollback does', async () => {
    const client = await connectToPooler();
    client.on('error', () => undefined);
    prepareCommands(client, beginWith(settings));
    const end = preparedAlone('select pg_terminate_backend(pg_backend_pid()), $1::int');
    await expect(client.query(end, [1])).rejects.toMatchObject({ code: '57P01' });
  });
});
