import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { StackProcess } from '../../stack/child.js';
import { endProcess } from '../../stack/ending.js';
import { ensureDatabase, preparePostgres, type Postgres } from '../../stack/postgres.js';
import { isRunning } from '../../stack/process-identity.js';
import { StartError } from '../../stack/say.js';

const silence = (): void => undefined;

/** What one test has made, so that it leaves neither a process nor a folder. */
let folder: string;
let started: StackProcess[];
let said: string[];
let occupants: Server[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veltrix-postgres-'));
  // Root's PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  started = [];
  said = [];
  occupants = [];
});

afterEach(async () => {
  for (const server of occupants) server.close();
  for (const child of started) await endProcess(child, silence);
  rmSync(folder, { recursive: true, force: true });
});

describe('the embedded PostgreSQL', () => {
  it('keeps its data over an end and a start, and never gives up durability unless told', async () => {
    const first = await launch();
    await ensureDatabase(first, 'veltrix');
    await ensureDatabase(first, 'veltrix');
    await query(first, 'create table kept (n int); insert into kept values (7)');
    expect(
      await query(first, "select current_setting('fsync') as fsync, current_setting('listen_addresses') as at"),
    ).toEqual([{ fsync: 'on', at: '127.0.0.1' }]);
    await endProcess(last(), silence);
    expect(isRunning(last())).toBe(false);
    expect(await query(await launch(), 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('starts again after its process was killed in the middle of a session', async () => {
    const first = await launch();
    await ensureDatabase(first, 'veltrix');
    await query(first, 'create table kept (n int); insert into kept values (7)');
    const session = new pg.Client({ connectionString: first.url('veltrix') });
    session.on('error', silence);
    await session.connect();
    const lost = session.query('select pg_sleep(600)').catch(silence);
    process.kill(last().pid, 'SIGKILL');
    await lost;
    expect(await query(await launch(), 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('ends the server that a killed starter has left on its data, and says so', async () => {
    await ensureDatabase(await launch(), 'veltrix');
    const left = last();
    await ensureDatabase(await launch(), 'veltrix');
    expect(isRunning(left)).toBe(false);
    expect(isRunning(last())).toBe(true);
    expect(said).toContainEqual(expect.stringContaining('of an earlier start still runs'));
  });

  it('never ends a process that was given the number of a server that is gone', async () => {
    const server = await launch();
    await endProcess(last(), silence);
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      writeFileSync(join(server.data, 'postmaster.pid'), `${stranger.pid}\n${server.data}\n`);
      await launch();
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    } finally {
      stranger.kill();
    }
  });

  it('says in one sentence that its port is taken', async () => {
    const server = await prepare();
    const { port } = new URL(server.url('postgres'));
    await occupy(Number(port));
    const error = await server.launch().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect((error as Error).message).toMatch(/^PostgreSQL ended at its start \(code 1\): [^\n]+$/);
  });

  it('says what the server itself says of a setting that cannot be', async () => {
    const server = await prepare({ max_connections: 'many' });
    const error = await server.launch().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect((error as Error).message).toContain('max_connections');
    expect((error as Error).message).not.toContain('\n');
  });

  it('refuses data of another major version instead of touching it', async () => {
    const { data } = await prepare();
    const file = join(data, 'PG_VERSION');
    const version = readFileSync(file, 'utf8');
    writeFileSync(file, '9\n');
    await expect(prepare()).rejects.toThrow(StartError);
    writeFileSync(file, version);
    await expect(prepare()).resolves.toBeDefined();
  });

  it('puts its data where its user can reach it, and says where that is another place than was asked for', async () => {
    // Root alone has PostgreSQL run as somebody else, who cannot enter this.
    const elsewhere = process.getuid?.() === 0;
    chmodSync(folder, 0o700);
    const server = await launch();
    try {
      expect(/^\/var\/tmp\/veltrix-[0-9a-f]{16}\/postgres$/.test(server.data)).toBe(elsewhere);
      expect(said.some((line) => line.includes(dirname(server.data)))).toBe(elsewhere);
      expect(existsSync(join(folder, 'postgres'))).toBe(!elsewhere);
      expect((await prepare()).data).toBe(server.data);
    } finally {
      for (const child of started) await endProcess(child, silence);
      rmSync(dirname(server.data), { recursive: true, force: true });
    }
  });
});

function prepare(settings: Record<string, string> = {}): Promise<Postgres> {
  const onStart = (child: StackProcess): void => void started.push(child);
  return preparePostgres({
    folder,
    log: join(folder, 'postgres.log'),
    settings,
    tell: (line) => said.push(line),
    onStart,
  });
}

async function launch(): Promise<Postgres> {
  const server = await prepare();
  await server.launch();
  return server;
}

/** The process that was started last. */
function last(): StackProcess {
  return started.at(-1) as StackProcess;
}

async function query(server: Postgres, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: server.url('veltrix') });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Takes a port and hangs up on whoever calls. */
function occupy(port: number): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  occupants.push(server);
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}
