import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { ConfigError, loadConfig, type Config } from '../src/process/config.js';
import { connectionError, freePort, isFree } from './ports.js';
import { StartError } from './say.js';

/** What `npm start` was asked for. */
export interface Settings {
  /** Where everything is kept, absolute. */
  folder: string;
  /** The configuration of the processes, with placeholders for what is not started yet. */
  config: Config;
  startPostgres: boolean;
  startTemporal: boolean;
}

const placeholder = { DATABASE_URL: 'postgres://not-started-yet', VELTRIX_ADMIN_KEY: 'not-generated-yet' };

/**
 * Reads the environment as the processes will.
 * @throws StartError with the sentence that a process would end with
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  try {
    const config = loadConfig({ ...placeholder, ...set });
    return {
      folder: resolve(config.VELTRIX_DATA_DIR),
      config,
      startPostgres: set['DATABASE_URL'] === undefined,
      startTemporal: set['TEMPORAL_ADDRESS'] === undefined,
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new StartError(error.message);
    throw error;
  }
}

/** Makes the data folder and the folder for logs in it. */
export function makeFolders(folder: string): { logs: string } {
  const logs = join(folder, 'logs');
  try {
    mkdirSync(logs, { recursive: true });
  } catch (error) {
    throw new StartError(
      `The data folder ${folder} cannot be used (${(error as NodeJS.ErrnoException).code}): ` +
        'set VELTRIX_DATA_DIR to one that you may write.',
    );
  }
  return { logs };
}

/** The key in VELTRIX_ADMIN_KEY, or the one that the first start has made and kept in the data folder. */
export function adminKey(folder: string, env: NodeJS.ProcessEnv): string {
  return env['VELTRIX_ADMIN_KEY'] || keptKey(join(folder, 'admin-key'), 24);
}

/** The keys in VELTRIX_SECRETS_KEY, or the one that the first start has made and kept in the data folder. */
export function secretsKey(folder: string, env: NodeJS.ProcessEnv): string {
  return env['VELTRIX_SECRETS_KEY'] || keptKey(join(folder, 'secrets-key'), 32);
}

/** The key in a file, which is made where it is not there yet. */
function keptKey(file: string, bytes: number): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const key = randomBytes(bytes).toString('hex');
  keepSecret(file, `${key}\n`);
  return key;
}

/** Writes a file that only its owner may read. */
export function keepSecret(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
  // A file that was there keeps its mode otherwise.
  chmodSync(file, 0o600);
}

/**
 * The ports of the API and of the worker. The API's is the one people know, so it is never another than asked for; the
 * worker's is looked at by monitoring alone, so that two stacks beside each other need not set it.
 * @throws StartError where a port cannot be listened on
 */
export async function choosePorts(
  { HOST, PORT, WORKER_PORT }: Config,
  env: NodeJS.ProcessEnv,
): Promise<{ api: number; worker: number }> {
  const api = PORT === 0 ? await freePort() : await claim('PORT', PORT, HOST);
  const workerIsSet = Boolean(env['WORKER_PORT']) && WORKER_PORT !== 0;
  if (workerIsSet) return { api, worker: await claim('WORKER_PORT', WORKER_PORT, HOST) };
  return {
    api,
    worker:
      WORKER_PORT !== 0 && WORKER_PORT !== api && (await isFree(WORKER_PORT, HOST)) ? WORKER_PORT : await freePort(),
  };
}

/** A port that was asked for. @throws StartError where it cannot be listened on */
export async function claim(variable: string, port: number, host: string): Promise<number> {
  let free: boolean;
  try {
    free = await isFree(port, host);
  } catch (error) {
    throw new StartError(
      `Veltrix cannot listen on ${host}:${port} (${(error as NodeJS.ErrnoException).code}): ` +
        `set HOST and ${variable} to what this machine allows.`,
    );
  }
  if (!free)
    throw new StartError(
      `Port ${port} of ${host} is taken by another process: end it, or set ${variable} to a free port.`,
    );
  return port;
}

/**
 * Looks whether the databases that were named are there.
 * @throws StartError with the first that is not, without its password
 */
export async function checkDatabases(config: Config): Promise<void> {
  const names = ['DATABASE_URL', 'LEDGER_DATABASE_URL', 'INVENTORY_DATABASE_URL', 'PAYMENTS_DATABASE_URL'] as const;
  for (const name of names) {
    const url = config[name];
    if (url === undefined || url === placeholder.DATABASE_URL) continue;
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    // A connection that is lost after the answer is no news.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new StartError(`PostgreSQL at ${client.host}:${client.port} (${name}) cannot be used: ${message || code}.`);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Looks whether somebody answers at the Temporal address that was named. @throws StartError where nobody does */
export async function checkTemporal({ TEMPORAL_ADDRESS }: Config): Promise<void> {
  const [host, port] = TEMPORAL_ADDRESS.split(':') as [string, string];
  const error = await connectionError(host, Number(port), 5_000);
  if (error !== undefined)
    throw new StartError(`Temporal at ${TEMPORAL_ADDRESS} (TEMPORAL_ADDRESS) cannot be reached: ${error}.`);
}
