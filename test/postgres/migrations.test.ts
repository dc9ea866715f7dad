import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { boundaries } from '../../src/boundaries.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { advisoryLock, runMigrations } from '../../src/postgres/migrations.js';
import { until } from '../e2e/processes.js';
import { createEmptyDatabase, createLatinDatabase, type TestDatabase } from '../harness/database.js';

let database: TestDatabase;
let config: Config;
let session: pg.Client;
beforeEach(async () => {
  database = await createEmptyDatabase();
  config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
});
afterEach(async () => {
  await session.end();
  await database.drop();
});

const schemas = async (): Promise<number> =>
  (await session.query(`select from pg_namespace where nspname = any($1)`, [boundaries.map(({ schema }) => schema)]))
    .rows.length;

test('migrations that many processes run at once are each run by one of them', async () => {
  const applied = (await Promise.all(Array.from({ length: 5 }, () => runMigrations(config, boundaries)))).flat();
  expect(applied).toHaveLength(new Set(applied).size);
  expect(applied).toHaveLength(boundaries.reduce((sum, { migrations }) => sum + migrations.length, 0));
  expect(await runMigrations(config, boundaries)).toEqual([]);
});

test('a role that may not make schemas migrates where an administrator has made them', async () => {
  const role = `limited_${randomBytes(6).toString('hex')}`;
  await session.query(`create role ${role} login password 'limited'`);
  for (const { schema } of boundaries) await session.query(`create schema ${schema} authorization ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'limited';
  const limited = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: url.href });
  expect(await runMigrations(limited, boundaries)).not.toEqual([]);
  expect(await runMigrations(limited, boundaries)).toEqual([]);
  await session.query(`drop owned by ${role} cascade; drop role ${role}`);
});

test('migrations wait for whoever migrates, say so once, and touch nothing before', async () => {
  await session.query('begin');
  await session.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
  const told: string[] = [];
  const migrated = runMigrations(config, boundaries, { tell: (sentence) => told.push(sentence) });
  await until('the migration says that it waits', () => Promise.resolve(told.length > 0), 20_000);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(told).toEqual([
    expect.stringMatching(/^Another process migrates the database "test_\w+"; this one waits for it\.$/),
  ]);
  expect(await schemas()).toBe(0);
  await session.query('commit');
  await migrated;
  expect(await schemas()).toBe(boundaries.length);
});

test('migrations that wait for too long give up with one sentence that says for whom', async () => {
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
  await session.query('select pg_advisory_lock($1)', [advisoryLock]);
  const unlock = (): Promise<unknown> => session.query('select pg_advisory_unlock($1)', [advisoryLock]);
  const inTheEnd = setTimeout(() => void unlock(), 20_000);
  await expect(runMigrations(config, boundaries, { patienceMs: 300 })).rejects.toThrow(
    new RegExp(
      `^Another process has migrated the database "test_\\w+" for more than 1 s: if there is none, ` +
        `end the session of PostgreSQL that holds its lock, ${rows[0]?.pid}\\.$`,
    ),
  );
  clearTimeout(inTheEnd);
  await unlock();
});

test('migrations take as long as they take', async () => {
  const limits: unknown[] = [];
  class Slow1700000000000 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
        limits.push(...((await runner.query(`show ${limit}`)) as unknown[]));
    }
    down = (): Promise<void> => Promise.resolve();
  }
  const slow = { schema: 'slow', database: 'main' as const, migrations: [Slow1700000000000] };
  expect(await runMigrations(config, [slow])).toEqual(['slow/Slow1700000000000']);
  expect(limits).toEqual([
    { statement_timeout: '0' },
    { lock_timeout: '0' },
    { idle_in_transaction_session_timeout: '0' },
  ]);
});

test('a boundary whose migration fails is left as it was', async () => {
  class Half1700000000001 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      await runner.query('create table half.made (id int)');
      await runner.query('select 1 / 0');
    }
    down = (): Promise<void> => Promise.resolve();
  }
  const half = { schema: 'half', database: 'main' as const, migrations: [Half1700000000001] };
  await expect(runMigrations(config, [half])).rejects.toThrow('division by zero');
  expect((await session.query(`select to_regnamespace('half') as left`)).rows).toEqual([{ left: null }]);
});

test('a database that cannot hold every text is refused in one sentence', async () => {
  const latin = await createLatinDatabase();
  const refused = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: latin.url });
  await expect(runMigrations(refused, boundaries)).rejects.toThrow(
    /^The database "test_\w+" has the encoding LATIN1, /,
  );
  await latin.drop();
});
