import { DataSource, type MigrationInterface } from 'typeorm';
import type { Config } from '../process/config.js';
import { databaseUrl, sessionOf, type DatabaseName } from './data-sources.js';

/** The migrations of one boundary: its schema, the database it lives in, and its steps in order. */
export interface BoundaryMigrations {
  /** The PostgreSQL schema of the boundary, which also holds its migrations table. */
  schema: string;
  database: DatabaseName;
  migrations: (new () => MigrationInterface)[];
}

/** The key of the advisory lock. Its value means nothing; every Veltrix process takes the same lock. */
export const advisoryLock = 8_367_461;

/**
 * Brings every boundary's schema up to date. Many processes may do this at once. Each boundary is migrated under an
 * advisory lock of its database, and the process that gets the lock second finds nothing to do.
 * @returns the migrations that were applied, for example `ledger/CreateLedger1795514160233`
 * @throws what PostgreSQL throws. The migrations that were applied before stay.
 */
export async function runMigrations(config: Config, boundaries: readonly BoundaryMigrations[]): Promise<string[]> {
  const applied: string[] = [];
  for (const boundary of boundaries) applied.push(...(await migrateBoundary(config, boundary)));
  return applied;
}

async function migrateBoundary(config: Config, boundary: BoundaryMigrations): Promise<string[]> {
  const session = sessionOf(databaseUrl(config, boundary.database));
  const dataSource = new DataSource({
    type: 'postgres',
    database: session.database,
    extra: session,
    applicationName: `veltrix migrate ${boundary.schema}`,
    // One connection holds the lock while another migrates.
    poolSize: 2,
    connectTimeoutMS: 5_000,
    migrations: boundary.migrations,
    schema: boundary.schema,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
  });
  await dataSource.initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1)', [advisoryLock]);
    await lock.query(`create schema if not exists ${boundary.schema}`);
    const done = await dataSource.runMigrations();
    return done.map((migration) => `${boundary.schema}/${migration.name}`);
  } finally {
    // Ending the session gives the lock back, also after an error.
    await lock.release();
    await dataSource.destroy();
  }
}
