import type { DataSource } from 'typeorm';
import type { Databases } from './data-sources.js';
import type { BoundaryMigrations } from './migrations.js';
import { sqlState } from './sql-errors.js';

/** The injection token of every boundary that has a schema. */
export const BOUNDARIES = Symbol('boundaries');

/** Whoever may not read which migrations were applied has to see to them by themselves. */
const notAllowed = '42501';

/**
 * What the databases lack of this release, in one sentence; undefined where they lack nothing. It asks each database
 * twice at most.
 * @throws what PostgreSQL throws
 */
export async function schemaFault(
  databases: Databases,
  boundaries: readonly BoundaryMigrations[],
): Promise<string | undefined> {
  const byPool = new Map<DataSource, BoundaryMigrations[]>();
  for (const boundary of boundaries) {
    const pool = databases[boundary.database];
    byPool.set(pool, [...(byPool.get(pool) ?? []), boundary]);
  }
  const faults = await Promise.all([...byPool].map(([pool, some]) => faultOf(pool, some)));
  return faults.find((fault) => fault !== undefined);
}

async function faultOf(dataSource: DataSource, boundaries: readonly BoundaryMigrations[]): Promise<string | undefined> {
  const schemas = boundaries.map(({ schema }) => schema);
  const [absent] = await dataSource.query<{ schema: string }[]>(
    `select schema from unnest($1::text[]) as schema
     where to_regclass(format('%I.migrations', schema)) is null limit 1`,
    [schemas],
  );
  if (absent !== undefined) return unmigrated(`has no schema ${absent.schema}`);
  const applied = await appliedIn(dataSource, schemas);
  if (applied === undefined) return undefined;
  for (const { schema, migrations } of boundaries) {
    const missing = migrations
      .map((Migration) => new Migration().name ?? Migration.name)
      .find((name) => !applied.has(`${schema}/${name}`));
    if (missing !== undefined) return unmigrated(`lacks the migration ${schema}/${missing}`);
  }
  return undefined;
}

/** The migrations that were applied, as `schema/name`; undefined where they may not be read. */
async function appliedIn(dataSource: DataSource, schemas: readonly string[]): Promise<Set<string> | undefined> {
  const each = schemas.map((schema) => `select '${schema}/' || name as name from ${schema}.migrations`);
  try {
    const rows = await dataSource.query<{ name: string }[]>(each.join(' union all '));
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    if (sqlState(error) === notAllowed) return undefined;
    throw error;
  }
}

function unmigrated(how: string): string {
  return `A database ${how}: run npm run migrate with the settings of this process.`;
}
