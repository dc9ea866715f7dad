import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { boundaries } from '../../src/boundaries.js';
import { runMigrations, type BoundaryMigrations } from '../../src/postgres/migrations.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { createEmptyDatabase, type TestDatabase } from '../harness/database.js';

/*
 * A migration that writes a table anew locks it for as long as that takes, and outboxes and kept outcomes have as many
 * rows as there was ever business. So none does.
 */

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

/** The file of each table and index of a schema. One that is written anew has another one. */
async function filesOf(schema: string): Promise<Map<string, string>> {
  const { rows } = await session.query<{ name: string; file: string }>(
    `select relname as name, relfilenode::text as file from pg_class
     where relnamespace = to_regnamespace($1) and relkind in ('r', 'i')`,
    [schema],
  );
  return new Map(rows.map(({ name, file }) => [name, file]));
}

/** What each migration of a boundary has written anew, as `migration: name`, of what was there before it. */
async function rewrittenBy(boundary: BoundaryMigrations): Promise<string[]> {
  const rewritten: string[] = [];
  for (const [index] of boundary.migrations.entries()) {
    const before = await filesOf(boundary.schema);
    const [applied] = await runMigrations(config, [
      { ...boundary, migrations: boundary.migrations.slice(0, index + 1) },
    ]);
    const after = await filesOf(boundary.schema);
    for (const [name, file] of before) if ((after.get(name) ?? file) !== file) rewritten.push(`${applied}: ${name}`);
  }
  return rewritten.sort();
}

test('no migration writes a table or an index anew that was there before it', async () => {
  const rewritten: string[] = [];
  for (const boundary of boundaries) rewritten.push(...(await rewrittenBy(boundary)));
  expect(rewritten).toEqual([]);
});

/** A migration of these statements. */
function migrationOf(name: string, ...statements: string[]): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = name;
    async up(runner: QueryRunner): Promise<void> {
      for (const statement of statements) await runner.query(statement);
    }
    down = (): Promise<void> => Promise.resolve();
  };
}

test('one that does is found, and one that only adds is not', async () => {
  const grown: BoundaryMigrations = {
    schema: 'grown',
    database: 'main',
    migrations: [
      migrationOf('Create1700000000000', 'create table grown.outcomes (id int primary key, note text)'),
      migrationOf(
        'Add1700000000001',
        `alter table grown.outcomes add column state text not null default 'open', add column seen timestamptz`,
        `alter table grown.outcomes add constraint known check (state in ('open', 'closed')) not valid`,
        'create index outcomes_by_note on grown.outcomes (note)',
      ),
      migrationOf(
        'Change1700000000002',
        'alter table grown.outcomes alter column id type bigint',
        'alter table grown.outcomes add column transaction_id xid8 not null default pg_current_xact_id()',
      ),
    ],
  };
  expect(await rewrittenBy(grown)).toEqual([
    'grown/Change1700000000002: outcomes',
    'grown/Change1700000000002: outcomes_by_note',
    'grown/Change1700000000002: outcomes_pkey',
  ]);
});
