import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LogDestination } from '../../src/process/log-destination.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { adminKey, spawnProcess, until, type Running } from './processes.js';

/*
 * The disk of the log is full: the process goes on, says so, and writes its log again when there is room.
 */

let database: TestDatabase;
const running: Running[] = [];

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await database.drop();
});

/** Starts a process whose standard output is a file. */
async function startInto(name: 'main' | 'worker', file: string): Promise<Running> {
  const stdout = openSync(file, 'a');
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    LOG_LEVEL: 'info',
  };
  const one = await spawnProcess(name, env, undefined, stdout);
  closeSync(stdout);
  running.push(one);
  await until(`${name} answers`, () =>
    fetch(`${one.url}/health/live`).then(
      () => true,
      () => false,
    ),
  );
  return one;
}

const logReason = async ({ url }: Running): Promise<string | undefined> => {
  const body = (await (await fetch(`${url}/health/ready`)).json()) as { reasons: Record<string, string> };
  return body.reasons['log'];
};

/** Makes a request that is logged, and answers its status. */
const ask = async ({ url }: Running): Promise<number> =>
  (await fetch(`${url}/v1/titles`, { headers: { authorization: `Bearer ${adminKey}` } })).status;

test.each(['main', 'worker'] as const)('%s serves, says so and ends in order where its log is full', async (name) => {
  const one = await startInto(name, '/dev/full');
  expect(await logReason(one)).toBe('The log cannot be written: ENOSPC.');
  if (name === 'main') for (let times = 0; times < 50; times++) expect(await ask(one)).toBe(200);
  expect(one.child.exitCode).toBeNull();
  const ended = once(one.child, 'exit');
  one.child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

/** Mounts a disk of 64 KB; undefined where that is not allowed. */
function smallDisk(): { file: string; full: string; remove(): void } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'veltrix-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    file: join(folder, 'api.log'),
    full: join(folder, 'other'),
    remove() {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Takes all room of a disk by another file. */
function fill({ full }: { full: string }): void {
  const rest = openSync(full, 'w');
  try {
    for (;;) writeFileSync(rest, Buffer.alloc(4_096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
  closeSync(rest);
}

function diskOrWarning(): ReturnType<typeof smallDisk> {
  const disk = smallDisk();
  if (disk === undefined)
    console.warn('NOT RUN: a disk can be mounted by root alone, so nothing fills up here and has room again.');
  return disk;
}

test('what was kept is written once there is room again, also where nothing more is logged', async () => {
  const disk = diskOrWarning();
  if (disk === undefined) return;
  const file = openSync(disk.file, 'a');
  try {
    const log = new LogDestination(file);
    log.write('the first line\n');
    await until('the first line is there', () => Promise.resolve(readFileSync(disk.file, 'utf8') !== ''));
    fill(disk);
    const line = `${'x'.repeat(8_000)}\n`;
    log.write(line);
    await until('the log is full', () => Promise.resolve(log.fault === 'The log cannot be written: ENOSPC.'));
    const recovered = new Promise((resolve) => log.onRecovered(resolve));
    truncateSync(disk.full);
    expect(await recovered).toBe(0);
    expect(log.fault).toBeUndefined();
    expect(readFileSync(disk.file, 'utf8')).toBe(`the first line\n${line}`);
  } finally {
    closeSync(file);
    disk.remove();
  }
}, 60_000);

test('the log goes on when there is room again, and says how many lines were lost', async () => {
  const disk = diskOrWarning();
  if (disk === undefined) return;
  try {
    const api = await startInto('main', disk.file);
    expect(await logReason(api)).toBeUndefined();
    fill(disk);
    await until('the log is full', async () => {
      expect(await ask(api)).toBe(200);
      return (await logReason(api)) === 'The log cannot be written: ENOSPC.';
    });
    truncateSync(disk.full);
    await until('the log is written again', async () => {
      expect(await ask(api)).toBe(200);
      return (await logReason(api)) === undefined;
    });
    await api.stop();
    const lines = readFileSync(disk.file, 'utf8').trim().split('\n');
    const messages = lines.map((line) => JSON.parse(line) as { msg?: string; lostLines?: number });
    expect(messages).toContainEqual(
      expect.objectContaining({ msg: 'the log could not be written for a while', lostLines: 0 }),
    );
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    disk.remove();
  }
});
