import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { runCommand } from '../../src/postgres/run-command.js';
import { isOutage } from '../../src/postgres/sql-errors.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { until } from '../e2e/processes.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { openProxy, type Proxy } from '../http/proxy.js';

/*
 * A network that swallows what it should carry: no socket fails, and nobody is told.
 */

const statementMs = 600;

let database: TestDatabase;
let proxy: Proxy;
let config: Config;
let source: DataSource;

beforeAll(async () => {
  database = await createDatabase();
  proxy = await openProxy(database.url);
  config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: proxy.url });
});
beforeEach(async () => {
  source = await makeDataSource(config, 'main', 'test', { statementMs, connections: 4 }).initialize();
});
afterEach(() => source.destroy());
afterAll(async () => {
  await proxy.cut();
  await database.drop();
});

/** How a call ends, and after how many milliseconds. */
async function ended(call: () => Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const began = performance.now();
  const error = await call().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, ms: performance.now() - began };
}

/** Opens so many connections, which then wait in the pool. */
async function open(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => source.query('select pg_sleep(0.05)')));
}

const one = (): Promise<unknown> => source.query('select 1');

/** Swallows what is under way, and lets new connections through. */
function swallowOpen(): void {
  proxy.swallow(true);
  proxy.swallow(false);
}

describe('a connection that is silent', () => {
  test.each<[what: string, call: () => Promise<unknown>]>([
    ['a statement', () => source.query('select 1')],
    ['a transaction', () => source.transaction((tx) => tx.query('select $1::int', [1]))],
    [
      'a COMMIT',
      () =>
        source.transaction(async (tx) => {
          await tx.query('select 1');
          swallowOpen();
        }),
    ],
  ])(
    'fails %s as an outage, is dropped and replaced',
    async (what, call) => {
      await open(1);
      if (what !== 'a COMMIT') swallowOpen();
      const { error, ms } = await ended(call);
      expect(error).toMatchObject({ message: 'PostgreSQL has not answered for 1 s.' });
      expect(isOutage(error)).toBe(true);
      expect(ms).toBeLessThan(3_000);
      const pool = (source.driver as unknown as { master: Pool }).master;
      expect(pool.totalCount).toBe(0);
      expect(await ended(one)).toEqual({ error: undefined, ms: expect.any(Number) });
    },
    20_000,
  );

  test('has those dropped too that wait in the pool and are as old, so that nobody else has to wait', async () => {
    await open(4);
    swallowOpen();
    expect((await ended(one)).error).toBeDefined();
    for (const { error, ms } of await Promise.all([1, 2, 3, 4].map(() => ended(one)))) {
      expect(error).toBeUndefined();
      expect(ms).toBeLessThan(statementMs);
    }
  });

  test('is asked by a command once, whose caller has waited long enough', async () => {
    await open(1);
    swallowOpen();
    let attempts = 0;
    const { error } = await ended(() =>
      runCommand(source, (tx) => {
        attempts += 1;
        return tx.query('select 1');
      }),
    );
    expect([attempts, isOutage(error)]).toEqual([0, true]);
  });
});

describe('a connection is kept', () => {
  const pid = async (): Promise<unknown> =>
    (await source.query<{ pid: number }[]>('select pg_backend_pid() as pid'))[0];

  test('by a statement that runs for nearly as long as it may', async () => {
    const before = await pid();
    expect((await ended(() => source.query('select pg_sleep(0.5)'))).error).toBeUndefined();
    expect(await pid()).toEqual(before);
  });

  test('by the server itself where a statement runs for too long', async () => {
    const before = await pid();
    expect((await ended(() => source.query('select pg_sleep(1.5)'))).error).toMatchObject({
      driverError: { code: '57014' },
    });
    expect(await pid()).toEqual(before);
  });

  test('where the process was stopped while the answer came', async () => {
    const before = await pid();
    const answer = source.query('select 1 as one');
    // The statement is sent, and then nothing of this process runs.
    await new Promise((resolve) => setImmediate(resolve));
    for (const until = performance.now() + 3 * statementMs; performance.now() < until;);
    expect(await answer).toEqual([{ one: 1 }]);
    expect(await pid()).toEqual(before);
  });
});

/** What the system waits for on a connection, `02` for its next question, and when that is due; of Linux alone. */
function timerOf(localPort: number): { kind: string; ms: number } | undefined {
  const port = localPort.toString(16).toUpperCase().padStart(4, '0');
  const line = new RegExp(`^ *\\d+: \\w+:${port} \\w+:\\w+ 01 \\S+ (\\w\\w):(\\w+)`, 'm');
  const [, kind, ticks = ''] = line.exec(readFileSync('/proc/net/tcp', 'utf8')) ?? [];
  return kind === undefined ? undefined : { kind, ms: Number.parseInt(ticks, 16) * 10 };
}

test('a connection on which nothing goes is asked within ten seconds whether the other side is there', async () => {
  if (!existsSync('/proc/net/tcp')) {
    console.warn('NOT RUN: only Linux tells what it waits for on a connection.');
    return;
  }
  const client = await (source.driver as unknown as { master: Pool }).master.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  try {
    const isToAsk = (): boolean => timerOf(stream.localPort ?? 0)?.kind === '02';
    await until('the system waits to ask', () => Promise.resolve(isToAsk()), 20_000);
    expect(timerOf(stream.localPort ?? 0)?.ms).toBeLessThanOrEqual(10_000);
  } finally {
    client.release();
  }
}, 60_000);
