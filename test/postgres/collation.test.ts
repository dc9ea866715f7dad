import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { boundaries } from '../../src/boundaries.js';
import { loadConfig } from '../../src/process/config.js';
import { runMigrations } from '../../src/postgres/migrations.js';
import { createEmptyDatabase, type TestDatabase } from '../harness/database.js';

/*
 * An index that goes by a collation of the operating system is wrong as soon as an update changes that collation: a key
 * that is in it is not found, and is taken a second time.
 */

interface IndexColumn {
  index: string;
  column: string;
  collation: string;
}

/** Every column of every index of Veltrix that has a collation. Zero stands for what has none, such as numbers. */
const indexColumns = `
  select i.indexrelid::regclass::text as index, a.attname as column, c.collname as collation
  from pg_index i
  join pg_class k on k.oid = i.indexrelid join pg_namespace n on n.oid = k.relnamespace
  cross join lateral unnest(i.indcollation::oid[]) with ordinality as u (collation_id, place)
  join pg_attribute a on a.attrelid = i.indexrelid and a.attnum = u.place
  join pg_collation c on c.oid = u.collation_id
  where n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema')
  order by 1, 2`;

describe('every index', () => {
  let database: TestDatabase;
  let session: pg.Client;
  beforeAll(async () => {
    database = await createEmptyDatabase();
    await runMigrations(
      loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url }),
      boundaries,
    );
    session = new pg.Client({ connectionString: database.url });
    await session.connect();
  });
  afterAll(async () => {
    await session.end();
    await database.drop();
  });

  test('compares by bytes, whatever the collation of the database is', async () => {
    const { rows } = await session.query<IndexColumn>(indexColumns);
    expect(new Set(rows.map(({ index }) => index.split('.')[0]))).toEqual(
      new Set(boundaries.map(({ schema }) => schema)),
    );
    expect(rows.filter(({ collation }) => collation !== 'C')).toEqual([]);
  });

  test('on both sides of a foreign key compares alike', async () => {
    const { rows } = await session.query(`
      select k.conname from pg_constraint k
      cross join lateral unnest(k.conkey, k.confkey) as u (own, other)
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.own
      join pg_attribute b on b.attrelid = k.confrelid and b.attnum = u.other
      where k.contype = 'f' and a.attcollation <> b.attcollation`);
    expect(rows).toEqual([]);
  });
});
