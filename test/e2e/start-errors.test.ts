import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, createEmptyDatabase, createLatinDatabase } from '../harness/database.js';
import { spawnProcess } from './processes.js';

let database: { url: string; drop(): Promise<void> };

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** Starts a process that cannot work, and answers its exit code and what it has written beside its log. */
async function endOf(
  name: 'main' | 'worker',
  env: Record<string, string>,
): Promise<{ code: number | null; said: string }> {
  const { child, output } = await spawnProcess(name, {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    ...env,
  });
  if (child.exitCode === null) await once(child, 'close');
  return {
    code: child.exitCode,
    said: output()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('{'))
      .join('\n'),
  };
}

test.each(['main', 'worker'] as const)(
  '%s ends with one sentence where the pools would take more connections than the server has',
  async (name) => {
    const { code, said } = await endOf(name, { DATABASE_POOL_SIZE: '50' });
    expect(said).toMatch(
      /^PostgreSQL at 127\.0\.0\.1:\d+ has 297 connections, and Veltrix can take 2 processes × \(4 pools × 50 \+ 3\) = 406: make DATABASE_POOL_SIZE smaller or max_connections larger\.$/,
    );
    expect(code).toBe(1);
  },
);

test.each(['main', 'worker'] as const)('%s ends with one sentence where the database is not migrated', async (name) => {
  const empty = await createEmptyDatabase();
  const { code, said } = await endOf(name, { DATABASE_URL: empty.url });
  await empty.drop();
  expect(said).toBe('A database has no schema titles: run npm run migrate with the settings of this process.');
  expect(code).toBe(1);
});

test('the worker ends with one sentence where the namespace does not exist', async () => {
  const { code, said } = await endOf('worker', { TEMPORAL_NAMESPACE: 'nowhere' });
  expect(said).toMatch(
    /^Temporal has no namespace nowhere: make it, or set TEMPORAL_NAMESPACE to one that is there\.$/,
  );
  expect(code).toBe(1);
});

test.each([
  ['main', 'DATABASE_URL'],
  ['worker', 'PAYMENTS_DATABASE_URL'],
] as const)('%s ends with one sentence where the database of %s cannot hold every text', async (name, which) => {
  const latin = await createLatinDatabase();
  const { code, said } = await endOf(name, { [which]: latin.url });
  await latin.drop();
  expect(said).toMatch(
    /^The database "test_\w+" has the encoding LATIN1, which cannot hold every text: make one with create database … encoding 'UTF8' template template0\.$/,
  );
  expect(code).toBe(1);
});
