import type { Client, ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { DataSource } from 'typeorm';
import type { Config } from '../process/config.js';
import { prepareCommands } from './prepared-statements.js';
import { strictTypes } from './strict-types.js';

/** The injection tokens of the data sources. A boundary is injected its own and knows no other. */
export const MAIN_DATABASE = Symbol('main database');
export const LEDGER_DATABASE = Symbol('ledger database');
export const INVENTORY_DATABASE = Symbol('inventory database');
export const PAYMENTS_DATABASE = Symbol('payments database');

/**
 * Every database by its name: its injection token, and the setting of its URL. src/boundaries.ts says what is in which.
 */
const table = {
  main: { token: MAIN_DATABASE, setting: 'DATABASE_URL' },
  ledger: { token: LEDGER_DATABASE, setting: 'LEDGER_DATABASE_URL' },
  inventory: { token: INVENTORY_DATABASE, setting: 'INVENTORY_DATABASE_URL' },
  payments: { token: PAYMENTS_DATABASE, setting: 'PAYMENTS_DATABASE_URL' },
} as const;

export type DatabaseName = keyof typeof table;

/** The names of all databases. */
export const databases = Object.keys(table) as DatabaseName[];

/** The data sources of all databases, for what is about each of them, such as health, metrics and shutdown. */
export type Databases = Readonly<Record<DatabaseName, DataSource>>;
export const DATABASES = Symbol('all databases');

/** The injection token of one database. */
export function databaseToken(name: DatabaseName): symbol {
  return table[name].token;
}

/** The URL of one database. A database whose URL is not set is the main one. */
export function databaseUrl(config: Config, name: DatabaseName): string {
  return config[table[name].setting] ?? config.DATABASE_URL;
}

/**
 * What every session begins with, whatever the server, the database or the role has as a default. A setting is here
 * because the code relies on it:
 * - the texts of dates, intervals, bytes and floats are what the driver reads;
 * - a COMMIT that was answered survives a crash;
 * - a command waits for a lock as long as a statement may run;
 * - the commands are written for READ COMMITTED, and to say so here saves each transaction a statement;
 * - a page costs about the same wherever it is: by the default, which is for disks that turn, a list of 256 rows is
 *   found by reading the whole table;
 * - a plan is made for each call of a prepared statement: the best one depends on the length of the list.
 */
const sessionSettings = {
  DateStyle: 'ISO,MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  synchronous_commit: 'on',
  lock_timeout: '0',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  random_page_cost: '1.1',
  plan_cache_mode: 'force_custom_plan',
} as const;

/**
 * How a session begins that a pool opens: what its connection string says, and the settings that the code relies on.
 * @param url the connection string
 */
export function sessionOf(url: string): ClientConfig {
  const connection = parseIntoClientConfig(url);
  const settings = Object.entries(sessionSettings).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`);
  return {
    ...connection,
    options: [connection.options, ...settings].filter((option) => option !== undefined).join(' '),
    types: strictTypes,
  };
}

/** How long one statement may run. An attempt at a step, and all else that waits for one, is longer. */
export const statementTimeoutMs = 20_000;

/**
 * Makes the pool of one database; the caller initialises and destroys it. Statements end by themselves before an
 * activity times out, so that no late one outlives its caller by much.
 * @param processName shown in pg_stat_activity, so that an operator sees whose connection it is
 */
export function makeDataSource(config: Config, name: DatabaseName, processName: string): DataSource {
  const session = sessionOf(databaseUrl(config, name));
  return new DataSource({
    type: 'postgres',
    database: session.database,
    applicationName: `veltrix ${processName} ${name}`,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMS: 5_000,
    extra: {
      // TypeORM reads connection strings in a way of its own, which knows no host in the parameters.
      ...session,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 20_000,
      keepAlive: true,
      onConnect: setUp,
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
