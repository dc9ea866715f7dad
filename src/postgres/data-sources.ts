import type { Client, ClientConfig } from 'pg';
import { DataSource } from 'typeorm';
import type { Config } from '../process/config.js';
import { readConnectionString } from '../process/connection-string.js';
import { prepareCommands } from './prepared-statements.js';
import { beginWith, checkSession, isPooled, type SessionSettings } from './sessions.js';
import { SilentConnections } from './silent-connections.js';
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

/**
 * The same databases by connections that work does not use, so that health and metrics are told however busy the pools
 * are. Databases of one URL share them.
 */
export const HEALTH_DATABASES = Symbol('all databases, by the connections of health');
export const METRICS_DATABASES = Symbol('all databases, by the connections of metrics');

/** The injection token of one database. */
export function databaseToken(name: DatabaseName): symbol {
  return table[name].token;
}

/** The URL of one database. A database whose URL is not set is the main one. */
export function databaseUrl(config: Config, name: DatabaseName): string {
  return config[table[name].setting] ?? config.DATABASE_URL;
}

/** How long one statement may run. An attempt at a step, and all else that waits for one, is longer. */
export const statementTimeoutMs = 20_000;

/** How long one statement may wait for a row that somebody holds. */
const lockTimeoutMs = 200;

/**
 * What every session begins with, whatever the server, the database or the role has as a default. A setting is here
 * because the code relies on it:
 * - the texts of dates, intervals, bytes and floats are what the driver reads;
 * - a backslash in a string, a null in a list and `= null` mean what SQL says;
 * - a COMMIT that was answered survives a crash;
 * - statements end by themselves before an activity times out, so that no late one outlives its caller by much;
 * - a command waits for a lock for a moment only, so that a row that somebody holds is not everybody's outage;
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
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  synchronous_commit: 'on',
  statement_timeout: String(statementTimeoutMs),
  idle_in_transaction_session_timeout: '20000',
  lock_timeout: String(lockTimeoutMs),
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  random_page_cost: '1.1',
  plan_cache_mode: 'force_custom_plan',
} as const;

/**
 * How a session begins that a pool opens: what its connection string says, and the settings that the code relies on.
 * They travel in one parameter, so that a connection pooler has one to ignore.
 * @param url the connection string
 * @param settings what it begins with where that is not as for work
 */
export function sessionOf(url: string, settings: SessionSettings = sessionSettings): ClientConfig {
  const connection = readConnectionString(url);
  const asked = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`);
  return {
    ...connection,
    options: [connection.options, ...asked].filter((option) => option !== undefined).join(' '),
    types: strictTypes,
  };
}

/** After how long a connection on which nothing goes is asked by the system whether the other side is there. */
export const keepAliveMs = 10_000;

/** What one pool has otherwise than the pools of work. */
export interface PoolOptions {
  /** How many connections it has at most; DATABASE_POOL_SIZE where it is missing. */
  connections?: number;
  /** How long one statement of it may run; `statementTimeoutMs` where it is missing. */
  statementMs?: number;
  /** How long whoever asks it waits for a connection; five seconds where it is missing. */
  connectMs?: number;
  /** How long one statement of it waits for a lock, 0 for as long as it may run; 200 ms where it is missing. */
  lockMs?: number;
}

/**
 * Makes the pool of one database; the caller initialises and destroys it. A connection whose server does not even say
 * that a statement has run for too long is dropped.
 * @param processName shown in pg_stat_activity, so that an operator sees whose connection it is
 */
export function makeDataSource(
  config: Config,
  name: DatabaseName,
  processName: string,
  options: PoolOptions = {},
): DataSource {
  const { connections = config.DATABASE_POOL_SIZE, connectMs = 5_000, statementMs = statementTimeoutMs } = options;
  const limits = { statement_timeout: String(statementMs), lock_timeout: String(options.lockMs ?? lockTimeoutMs) };
  const settings = { ...sessionSettings, ...limits };
  const session = sessionOf(databaseUrl(config, name), settings);
  const silent = new SilentConnections(statementMs);
  return new DataSource({
    type: 'postgres',
    database: session.database,
    applicationName: `veltrix ${processName} ${name}`,
    poolSize: connections,
    connectTimeoutMS: connectMs,
    extra: {
      // TypeORM reads connection strings in a way of its own, which knows no host in the parameters.
      ...session,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
      onConnect: (client: Client) => setUp(client, settings, silent),
    },
    logging: false,
    synchronize: false,
    migrationsRun: false,
  });
}

/**
 * Drops a connection where it is silent, looks at its session, and lets it prepare its commands. The pool listens for
 * errors of the connection meanwhile. Without a pause here TypeORM would take it only after what came with the greeting
 * was read, and an error that nobody listens for ends the process.
 * @throws UnfitSession where the session is not what the code relies on
 */
async function setUp(client: Client, settings: SessionSettings, silent: SilentConnections): Promise<void> {
  silent.watch(client);
  // Behind a connection pooler all sessions are alike. What a pool has of its own is set for each transaction.
  const ofWork: SessionSettings = sessionSettings;
  const shared = Object.entries(settings).filter(([name, value]) => ofWork[name] === value);
  await checkSession(client, Object.fromEntries(shared));
  prepareCommands(client, isPooled(client) ? beginWith(settings) : undefined);
}
