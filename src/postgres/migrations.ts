import { setTimeout as pause } from 'node:timers/promises';
import { DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { ConfigError, type Config } from '../process/config.js';
import { databaseUrl, keepAliveMs, sessionOf, type DatabaseName } from './data-sources.js';
import { refuseEncoding } from './sessions.js';

/** The migrations of one boundary: its schema, the database it lives in, and its steps in order. */
export interface BoundaryMigrations {
  /** The PostgreSQL schema of the boundary, which also holds its migrations table. */
  schema: string;
  database: DatabaseName;
  migrations: (new () => MigrationInterface)[];
}

/** How a migration waits for another one. */
export interface Waiting {
  /** Tells one sentence to whoever has started it. */
  tell: (sentence: string) => void;
  /** How long it waits for its turn in one database. */
  patienceMs: number;
}

/** The key of the advisory lock. Its value means nothing; every Veltrix process takes the same lock. */
export const advisoryLock = 8_367_461;

const askAgainMs = 250;

/**
 * Brings every boundary's schema up to date. Many processes may do this at once. Each boundary is migrated in one
 * transaction, under an advisory lock of its database, and the process that gets the lock second finds nothing to do. A
 * lock of a transaction passes a connection pooler: one of a session would stay behind in it.
 * @returns the migrations that were applied, for example `ledger/CreateLedger1795514160233`
 * @throws ConfigError where another process has migrated for longer than the patience, or a database cannot hold every
 *   text
 * @throws what PostgreSQL throws. The boundaries that were migrated before stay so.
 */
export async function runMigrations(
  config: Config,
  boundaries: readonly BoundaryMigrations[],
  { tell = () => undefined, patienceMs = 600_000 }: Partial<Waiting> = {},
): Promise<string[]> {
  const waiting = { tell, patienceMs };
  const applied: string[] = [];
  for (const boundary of boundaries) applied.push(...(await migrateBoundary(config, boundary, waiting)));
  return applied;
}

async function migrateBoundary(config: Config, boundary: BoundaryMigrations, waiting: Waiting): Promise<string[]> {
  const session = sessionOf(databaseUrl(config, boundary.database));
  const dataSource = new DataSource({
    type: 'postgres',
    database: session.database,
    // A statement may take long, and so a server that is gone is found by the system.
    extra: { ...session, keepAlive: true, keepAliveInitialDelayMillis: keepAliveMs },
    applicationName: `veltrix migrate ${boundary.schema}`,
    poolSize: 1,
    connectTimeoutMS: 5_000,
    migrations: boundary.migrations,
    schema: boundary.schema,
    migrationsTableName: 'migrations',
    synchronize: false,
  });
  await dataSource.initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction('READ COMMITTED');
    const applied = await migrateAlone(dataSource, runner, boundary.schema, waiting);
    await runner.commitTransaction();
    return applied.map((name) => `${boundary.schema}/${name}`);
  } finally {
    // Ending the session rolls back what was not committed.
    await runner.release();
    await dataSource.destroy();
  }
}

/** What ends statements and transactions that take long. Not every release of PostgreSQL has all of it. */
const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'];

/** Migrates one schema within a transaction, once no other process migrates in its database. */
async function migrateAlone(
  dataSource: DataSource,
  runner: QueryRunner,
  schema: string,
  waiting: Waiting,
): Promise<string[]> {
  // A migration takes as long as it takes. Behind a connection pooler the role's own limits are those of requests.
  await runner.query(`select set_config(name, '0', true) from pg_settings where name = any($1)`, [limits]);
  const [{ database, encoding }] = (await runner.query(
    `select current_database() as database, current_setting('server_encoding') as encoding`,
  )) as [{ database: string; encoding: string }];
  refuseEncoding(database, encoding);
  await takeTurn(runner, database, waiting);
  // To make a schema asks for a right on the database also where the schema is there.
  const [{ there }] = (await runner.query('select to_regnamespace($1) is not null as there', [schema])) as [
    { there: boolean },
  ];
  if (!there) await runner.query(`create schema ${schema}`);
  const applied = await new MigrationExecutor(dataSource, runner).executePendingMigrations();
  return applied.map(({ name }) => name);
}

/** Waits for the lock, and says so once. Whoever holds it may be a process that hangs, so it is named in the end. */
async function takeTurn(runner: QueryRunner, database: string, { tell, patienceMs }: Waiting): Promise<void> {
  const until = performance.now() + patienceMs;
  for (let asked = 0; ; asked++) {
    const [{ taken }] = (await runner.query('select pg_try_advisory_xact_lock($1) as taken', [advisoryLock])) as [
      { taken: boolean },
    ];
    if (taken) return;
    if (asked === 0) tell(`Another process migrates the database "${database}"; this one waits for it.`);
    if (performance.now() >= until) break;
    await pause(askAgainMs);
  }
  const holders = (await runner.query(
    `select pid from pg_locks where locktype = 'advisory' and granted and objid = $1::bigint::oid
       and database = (select oid from pg_database where datname = current_database())`,
    [advisoryLock],
  )) as { pid: number }[];
  throw new ConfigError(
    `Another process has migrated the database "${database}" for more than ${Math.ceil(patienceMs / 1000)} s: ` +
      'if there is none, end the session of PostgreSQL that holds its lock, ' +
      `${holders.map(({ pid }) => pid).join(', ')}.`,
  );
}
