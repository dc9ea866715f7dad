import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { boundaries } from '../../src/boundaries.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { advisoryLock, runMigrations } from '../../src/postgres/migrations.js';
import { until } from '../e2e/processes.js';
import { createEmptyDatabase, type TestDatabase } from '../harness/database.js';

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

test('migrations wait for whoever migrates, and touch nothing before', async () => {
  await session.query('select pg_advisory_lock($1)', [advisoryLock]);
  const migrated = runMigrations(config, boundaries);
  const waiting = `select from pg_locks l join pg_database d on d.oid = l.database
    where d.datname = current_database() and l.locktype = 'advisory' and not l.granted`;
  await until('the migration waits', async () => (await session.query(waiting)).rows.length === 1);
  expect(await schemas()).toBe(0);
  await session.query('select pg_advisory_unlock($1)', [advisoryLock]);
  await migrated;
  expect(await schemas()).toBe(boundaries.length);
});
