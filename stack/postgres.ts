import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startChild, type Child, type Ending, type StackProcess } from './child.js';
import { endProcess } from './ending.js';
import { freePort } from './ports.js';
import { findPlace, makePrivate, type PostgresPlace } from './postgres-binaries.js';
import { commandLine, identify, waitForEnd } from './process-identity.js';
import { StartError, withProgress, type Say } from './say.js';

const run = promisify(execFile);
const superuser = 'veltrix';
const passwordFile = 'veltrix.password';

/**
 * What the server of `npm start` and of the benchmark runs with. PostgreSQL's own 128 MB for pages are too few for a
 * hundred thousand trades: beyond, each trade costs the server half as much again. Memory is taken when it is used.
 */
export const serverSettings = { max_connections: '200', shared_buffers: '512MB' };
const readyWithin = 120_000;

/** SIGINT is the fast shutdown: sessions are ended, and everything is on disk. */
const ending: Ending = { signal: 'SIGINT', patience: 60_000 };

/** What to run PostgreSQL with. */
export interface PostgresOptions {
  /** Its data goes into `postgres` in here, or elsewhere where its user cannot reach that. */
  folder: string;
  /** The file for its log. */
  log: string;
  /** Server settings, such as `{ max_connections: '200' }`. */
  settings: Record<string, string>;
  tell: Say;
  /** Called with every process as soon as it runs. */
  onStart: (child: StackProcess) => void;
}

/** A PostgreSQL that this process can start, and start again. */
export interface Postgres {
  /** Where its data is. */
  data: string;
  /** The URL of one of its databases, with the password. */
  url(database: string): string;
  /** Starts it. @returns once it accepts sessions */
  launch(): Promise<Child>;
}

/**
 * Makes a PostgreSQL ready to be launched: finds its programs, makes its data folder the first time, and ends a server
 * that an earlier start has left running in it.
 */
export async function preparePostgres(options: PostgresOptions): Promise<Postgres> {
  const { folder, tell } = options;
  const place = findPlace(folder, tell);
  if (!existsSync(place.data)) await withProgress(tell, 'Making a PostgreSQL data folder', () => initialise(place));
  await checkVersion(place);
  await endLeftOver(place, tell);
  const password = readFileSync(join(place.data, passwordFile), 'utf8').trim();
  const port = await freePort();
  const url = (database: string): string => `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;
  const launch = async (): Promise<Child> =>
    withProgress(tell, 'Starting PostgreSQL', () => launchServer(place, port, options, url('postgres')));
  return { data: place.data, url, launch };
}

/** Makes a database unless there is one of this name. */
export async function ensureDatabase(postgres: Postgres, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/**
 * Makes the data folder under another name first, so that one that is there is whole, whenever the machine may fail.
 */
async function initialise({ initdb, data, user }: PostgresPlace): Promise<void> {
  const unfinished = `${data}.new`;
  const secret = `${data}.${passwordFile}`;
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(secret, { force: true });
  writeFileSync(secret, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (user) chownSync(secret, user.uid, user.gid);
  makePrivate(unfinished, user);
  const args = [
    `--pgdata=${unfinished}`,
    `--username=${superuser}`,
    `--pwfile=${secret}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
  ];
  // The built-in locale sorts alike everywhere; those of the system and of ICU change with their version.
  args.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  try {
    await run(initdb, args, { ...asUser(user), env: plainEnvironment() });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new StartError(
      `PostgreSQL could not make its data folder ${data}: ${lastLine(stderr ?? '') || String(error)}`,
    );
  }
  renameSync(secret, join(unfinished, passwordFile));
  renameSync(unfinished, data);
}

async function checkVersion({ data, postgres, user }: PostgresPlace): Promise<void> {
  const made = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const { stdout } = await run(postgres, ['--version'], { ...asUser(user), env: plainEnvironment() });
  const has = /(\d+)/.exec(stdout)?.[1];
  if (made === has) return;
  throw new StartError(
    `The data in ${data} is of PostgreSQL ${made} and the programs are of ${has}: ` +
      'dump and restore it, or move the folder away to begin anew.',
  );
}

/** Ends a server that still runs in the folder, and forgets one that does not. */
async function endLeftOver({ data }: PostgresPlace, tell: Say): Promise<void> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const identity = identify(pid);
  const line = commandLine(pid);
  if (identity !== undefined && line.includes('postgres') && line.includes(data)) {
    tell(`A PostgreSQL of an earlier start still runs on ${data}; it is ended first.`);
    await endProcess({ name: 'PostgreSQL', ...identity, ending }, tell);
  } else if (identity !== undefined) {
    // The number went to another program, which PostgreSQL would take for a server and refuse to start.
    rmSync(file, { force: true });
  }
}

/**
 * Starts the server, again and again while a session of a killed one still computes: such a session sees late that its
 * server is gone, and until then PostgreSQL rightly refuses to open the data beside it.
 */
async function launchServer(place: PostgresPlace, port: number, options: PostgresOptions, url: string): Promise<Child> {
  const deadline = performance.now() + readyWithin;
  for (;;) {
    const child = await startServer(place, port, options);
    try {
      await untilReady(child, url);
      return child;
    } catch (error) {
      // One that never became ready must not hold the data against the next attempt.
      await endProcess(child, options.tell);
      if (!/pre-existing shared memory/.test(child.output()) || performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function startServer(
  { postgres, data, user }: PostgresPlace,
  port: number,
  options: PostgresOptions,
): Promise<Child> {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...options.settings,
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const as = user && { user: { uid: user.uid, gid: user.gid } };
  const program = {
    name: 'PostgreSQL',
    file: postgres,
    args,
    env: plainEnvironment(),
    ending,
    log: options.log,
    ...as,
  };
  return startChild(program, options.onStart);
}

async function untilReady(child: Child, url: string): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  const deadline = performance.now() + readyWithin;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (end !== undefined) throw new StartError(`PostgreSQL ended at its start (${end}): ${reason(child.output())}`);
      // Another PostgreSQL may have the port and refuse the password, while our own is about to end for that.
      if (/^28/.test(code(error)) && (await waitForEnd(child, 2_000)))
        throw new StartError(`PostgreSQL ended at its start: ${reason(child.output())}`);
      if (/^28/.test(code(error)))
        throw new StartError(`PostgreSQL does not accept the password in its data folder: ${String(error)}`);
      if (performance.now() > deadline)
        throw new StartError(`PostgreSQL was not ready within ${readyWithin / 1000} s: ${reason(child.output())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function code(error: unknown): string {
  return String((error as { code?: string }).code);
}

/** What the server itself says is wrong, or failing that the last thing it said. */
function reason(output: string): string {
  if (/could not bind .*Address already in use/.test(output))
    return 'its port of 127.0.0.1 is taken by another process';
  const fatal = /(?:FATAL|PANIC):\s+(.*)/.exec(output)?.[1];
  return fatal ?? (lastLine(output) || 'it wrote nothing');
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function asUser(user: PostgresPlace['user']): { uid?: number; gid?: number; cwd?: string } {
  return user ? { uid: user.uid, gid: user.gid, cwd: '/' } : {};
}

/** The starter's own environment may hold PG… variables, which are for clients of other servers. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C' };
}
