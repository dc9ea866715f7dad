import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { lastWords } from '../../src/process/start-error.js';
import { connectionError, freePort } from '../../stack/ports.js';
import type { TestDatabase } from './database.js';

/** The first version that keeps prepared statements. */
const oldest = 1.21;

/** A PgBouncer in transaction mode, in front of the PostgreSQL of the tests. */
export interface PgBouncer {
  /** Where a database is behind it. */
  through(databaseUrl: string): string;
  close(): Promise<void>;
}

/** What docs/operations.md asks for. */
export const documentedSettings = {
  pool_mode: 'transaction',
  ignore_startup_parameters: 'options',
  max_prepared_statements: '200',
};

/** The program to run, or why there is none. `VELTRIX_TEST_PGBOUNCER` names it where it is not on the PATH. */
export function findPgBouncer(): { program: string } | { missing: string } {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'pgbouncer'));
  const program = process.env['VELTRIX_TEST_PGBOUNCER'] || places.find((path) => existsSync(path));
  if (program === undefined) return { missing: 'there is no pgbouncer here, and VELTRIX_TEST_PGBOUNCER names none' };
  const version = execFileSync(program, ['--version']).toString();
  const [, major = '0', minor = '0'] = /PgBouncer (\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(`${major}.${minor.padStart(2, '0')}`) < oldest) return { missing: `${program} is older than ${oldest}` };
  return { program };
}

/** Starts one. @param settings its own settings, without where it listens and whom it lets in */
export async function startPgBouncer(program: string, settings: Record<string, string>): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'veltrix-pgbouncer-'));
  const port = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  const server = new URL(process.env['VELTRIX_TEST_POSTGRES_URL'] ?? '');
  const { hostname, port: serverPort, username, password } = server;
  const own = { listen_addr: '127.0.0.1', listen_port: port, unix_socket_dir: '', auth_type: 'any', ...settings };
  writeFileSync(
    file,
    `[databases]\n* = host=${hostname} port=${serverPort} user=${username} password=${password}\n[pgbouncer]\n` +
      Object.entries(own)
        .map(([name, value]) => `${name} = ${value}\n`)
        .join(''),
  );
  // PgBouncer refuses to run as root.
  const user = process.getuid?.() === 0 ? nobody() : undefined;
  if (user !== undefined) for (const path of [folder, file]) chownSync(path, user.uid, user.gid);
  const child = spawn(program, [file], { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit');
  const close = async (): Promise<void> => {
    // Its other signals wait for its clients.
    child.kill('SIGQUIT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  while ((await connectionError('127.0.0.1', port, 1_000)) !== undefined) {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended with code ${child.exitCode}: ${said}`);
    await pause(25);
  }
  return {
    through(databaseUrl) {
      const url = new URL(databaseUrl);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
    close,
  };
}

function nobody(): { uid: number; gid: number } {
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  return { uid: Number(line?.[1]), gid: Number(line?.[2]) };
}

/** The configuration of a process on this database. */
export function configOf(url: string): Config {
  return loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: url, DATABASE_POOL_SIZE: '4' });
}

/** What a process says at its end that could not start. */
export function refusalOf(start: Promise<unknown>): Promise<string> {
  return start.then(
    () => 'It has started.',
    (error: unknown) => lastWords(error, 3000, 'PORT'),
  );
}

/** Does what RECONNECT does, from the other side: the pooler opens its sessions anew. */
export async function endOthers(session: pg.Client): Promise<void> {
  await session.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await pause(200);
}

/**
 * Has the sessions of a role in a database begin as the service says at its start.
 * @returns the statements that did it
 */
export async function cure(database: TestDatabase, pooler: PgBouncer): Promise<string[]> {
  const said = await refusalOf(makeDataSource(configOf(pooler.through(database.url)), 'main', 'test').initialize());
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  const cures = said.match(/alter role [^;]+;/g) ?? [];
  for (const statement of cures) await session.query(statement);
  await endOthers(session);
  await session.end();
  return cures;
}
