import type { Client } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { prepareCommands } from './prepared-statements.js';

/** The databases of architecture.md. A boundary is injected its own and knows no other. */
export const databases = ['main', 'ledger', 'inventory'] as const;
export type DatabaseName = (typeof databases)[number];

/** The injection tokens of the data sources. `main` holds titles and trades. */
export const MAIN_DATABASE = Symbol('main database');
export const LEDGER_DATABASE = Symbol('ledger database');
export const INVENTORY_DATABASE = Symbol('inventory database');

/** The URL of each database; those that are not set are in the main one. */
export function databaseUrl(config: Config, name: DatabaseName): string {
  if (name === 'ledger') return config.LEDGER_DATABASE_URL ?? config.DATABASE_URL;
  if (name === 'inventory') return config.INVENTORY_DATABASE_URL ?? config.DATABASE_URL;
  return config.DATABASE_URL;
}

/**
 * What every session begins with. The commands are written for READ COMMITTED, whatever the server's default may be, and to
 * say so here saves each transaction a statement. And the planner is told that a page costs about the same wherever it is:
 * by the default, which is for disks that turn, a list of 256 rows is found by reading the whole table. And it makes a plan
 * for each call also of what is prepared: the best one depends on how long the list is and how large the tables are by now.
 */
const sessionOptions = '-c random_page_cost=1.1 -c plan_cache_mode=force_custom_plan -c default_transaction_isolation=read\\ committed';

/**
 * Makes the pool of one database; the caller initialises and destroys it.
 * Statements end by themselves before an activity times out, so that no late one outlives its caller by much.
 * @param processName shown in pg_stat_activity, so that an operator sees whose connection it is
 */
export function makeDataSource(config: Config, name: DatabaseName, processName: string): DataSource {
  const { database, ...connection } = parseIntoClientConfig(databaseUrl(config, name));
  return new DataSource({
    type: 'postgres',
    database,
    applicationName: `veltrix ${processName} ${name}`,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMS: 5_000,
    extra: {
      // TypeORM reads connection strings in a way of its own, which knows no host in the parameters.
      ...connection,
      statement_timeout: 20_000,
      idle_in_transaction_session_timeout: 20_000,
      keepAlive: true,
      onConnect: setUp,
      options: sessionOptions,
    },
    logging: false,
    synchronize: false,
    migrationsRun: false,
  });
}

/**
 * Lets a connection that is lost fail its commands alone, and prepare its commands. Between the pool, which hands a
 * connection out, and TypeORM, which takes it, nobody would listen for a moment, and an error that nobody listens for
 * ends the process.
 */
function setUp(client: Client): void {
  client.on('error', () => undefined);
  prepareCommands(client);
}
