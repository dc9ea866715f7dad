import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase } from '../harness/database.js';
import { Api, startProcess, tradeBody, until, type Running } from './processes.js';

let database: { url: string; drop(): Promise<void> };
let session: pg.Client;
let env: Record<string, string>;
const running: Running[] = [];

beforeAll(async () => {
  database = await createDatabase();
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    TASK_QUEUE: `killed-${randomUUID()}`,
  };
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await session.end();
  await database.drop();
});

async function start(name: 'main' | 'worker'): Promise<Running> {
  const one = await startProcess(name, env);
  running.push(one);
  return one;
}

async function count(sql: string): Promise<number> {
  const { rows } = await session.query<{ count: string }>(sql);
  return Number(rows[0]?.count);
}

const openTrades = (): Promise<number> => count('select count(*) from trades.trades where closed_at is null');

/** Answers that were given, by the id of the trade; a request whose connection broke has none. */
async function tradeMany(api: Api, name: string, sword: (index: number) => string, many: number): Promise<string[]> {
  const answers = await Promise.allSettled(
    Array.from({ length: many }, (_, index) =>
      api.post('/v1/trades', `${name}-${index}`, tradeBody('ann', '1', 'ben', [sword(index)])),
    ),
  );
  return answers.flatMap((answer) =>
    answer.status === 'fulfilled' && answer.value.status === 202 ? [answer.value.body['id'] as string] : [],
  );
}

test('whatever process is killed in the middle, every accepted trade settles once and the books balance', async () => {
  const [first, worker] = await Promise.all([start('main'), start('worker')]);
  const api = await Api.forNewTitle(first.url, 'arena');
  await api.defineGoldAndSword();
  await api.grant('ann', '1000');
  const swords = await Promise.all(Array.from({ length: 60 }, (_, index) => api.mint('ben', `mint-${index}`)));
  const sword = (index: number): string => swords[index] ?? '';

  // The worker is killed while it settles.
  const acknowledged = await tradeMany(api, 'first', sword, 30);
  expect(acknowledged).toHaveLength(30);
  worker.child.kill('SIGKILL');
  const interrupted = await openTrades();
  await start('worker');

  // The API is killed while it accepts.
  const sent = tradeMany(api, 'second', (index) => sword(index + 30), 30);
  await until(
    'some are accepted',
    async () => (await count(`select count(*) from trades.trades where key like 'second%'`)) >= 5,
  );
  first.child.kill('SIGKILL');
  acknowledged.push(...(await sent));

  await until('all are closed', async () => (await openTrades()) === 0);
  expect(interrupted).toBeGreaterThan(0);
  const { rows } = await session.query<{ id: string; state: string }>(
    `select 'trd_' || id as id, state from trades.trades`,
  );
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['settled']));
  const ids = new Set(rows.map(({ id }) => id));
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);

  // One gold and one sword for each trade, no more and no less, and one fact for each end.
  const posted = (owner: string): Promise<number> =>
    count(`select credits_posted - debits_posted as count from ledger.accounts where owner = '${owner}'`);
  expect([await posted('player:ann'), await posted('player:ben')]).toEqual([1000 - rows.length, rows.length]);
  expect(await count(`select count(*) from inventory.instances where owner = 'player:ann' and state = 'owned'`)).toBe(
    rows.length,
  );
  expect(await count(`select count(*) from inventory.holds where state = 'held'`)).toBe(0);
  expect(await count(`select count(*) from trades.facts where type = 'trade.settled'`)).toBe(rows.length);
  expect(await count('select coalesce(sum(credits_posted - debits_posted), 0) as count from ledger.accounts')).toBe(0);
}, 240_000);
