import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import pg from 'pg';
import { Pool } from 'undici';
import { openConnection } from '../../src/temporal/open-connection.js';
import { createDatabase } from '../harness/database.js';
import { countDeadlocks } from '../harness/deadlocks.js';
import { Api, startProcess, tradeBody, until, type Answer, type Running } from './processes.js';

let database: { url: string; drop(): Promise<void> };
let session: pg.Client;
let temporal: Client;
let running: Running[];
let api: Api;

beforeAll(async () => {
  database = await createDatabase();
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    TASK_QUEUE: `e2e-${randomUUID()}`,
  };
  temporal = new Client({ connection: openConnection({ address: env.TEMPORAL_ADDRESS }) });
  running = await Promise.all([startProcess('main', env), startProcess('worker', env)]);
  api = await Api.forNewTitle(running[0]?.url ?? '', 'arena');
  await api.defineGoldAndSword();
});

afterAll(async () => {
  expect(await Promise.all(running.map((one) => one.stop()))).toEqual([0, 0]);
  await temporal.connection.close();
  const deadlocks = await countDeadlocks(session);
  await session.end();
  await database.drop();
  expect(deadlocks).toBe(0);
});

/** Players with a sword and with gold, and what each pair trades. */
async function pairs(name: string, count: number): Promise<unknown[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, place) => {
      await api.grant(`${name}-buyer-${place}`, '100');
      return tradeBody(`${name}-buyer-${place}`, '60', `${name}-seller-${place}`, [
        await api.mint(`${name}-seller-${place}`),
      ]);
    }),
  );
}

const trade = (key: string, body: unknown, wait: number): Promise<Answer> =>
  api.post('/v1/trades', key, body, { prefer: `wait=${wait}` });
const workflowOf = ({ body }: { body: Record<string, unknown> }): string => (body['workflow'] as { id: string }).id;

test('300 trades at once settle in a few runs, and each caller is told by which', async () => {
  const bodies = await pairs('many', 300);
  const answers = await Promise.all(bodies.map((body, place) => trade(`many-${place}`, body, 25)));
  expect(answers.map(({ status, body }) => `${status} ${String(body['state'])}`)).toEqual(
    Array(300).fill('200 settled'),
  );
  const runs = [...new Set(answers.map(workflowOf))];
  expect(runs.length).toBeLessThan(100);
  const large = runs.filter((run) => run.startsWith('convoy/'));
  expect(large.length).toBeGreaterThan(0);
  for (const run of large) expect((await temporal.workflow.getHandle(run).describe()).status.name).toBe('COMPLETED');
  // What the run has told is what the rows say.
  for (const told of answers.slice(0, 40))
    expect(await api.must(200, api.send('GET', `/v1/trades/${String(told.body['id'])}`))).toEqual(told.body);
  expect((await session.query('select from trades.open')).rowCount).toBe(0);
});

test('a trade that is accepted names the run that settles it', async () => {
  const bodies = await pairs('named', 12);
  const accepted = await Promise.all(bodies.map((body, place) => api.post('/v1/trades', `named-${place}`, body)));
  for (const told of accepted) {
    expect(told.status).toBe(202);
    const closed = await api.closed(String(told.body['id']));
    // One that was to travel with others, and whose others did not come, goes alone.
    expect([workflowOf(told), `trade/${String(told.body['id'])}`]).toContain(workflowOf({ body: closed }));
  }
});

test('a bad trade leaves its convoy, and the callers of the others do not wait for it', async () => {
  const [bad, ...good] = await pairs('bad', 40);
  const giver = 'player:bad-seller-0';
  await session.query(
    `create function public.refuse_one() returns trigger language plpgsql as $$
     begin raise exception 'this one is bad'; end $$`,
  );
  await session.query(
    `create trigger refuse_one before insert on inventory.holds
     for each row when (new.moves->0->>'from' = '${giver}')
     execute function public.refuse_one()`,
  );
  const stuck = trade('bad', bad, 3);
  const answers = await Promise.all(good.map((body, place) => trade(`good-${place}`, body, 25)));
  expect(answers.map(({ status, body }) => `${status} ${String(body['state'])}`)).toEqual(
    Array(39).fill('200 settled'),
  );
  const { status, body } = await stuck;
  expect([status, body['state'], workflowOf({ body })]).toEqual([202, 'accepted', `trade/${String(body['id'])}`]);
  expect((await temporal.workflow.getHandle(`trade/${String(body['id'])}`).describe()).status.name).toBe('RUNNING');
  await session.query('drop trigger refuse_one on inventory.holds');
  expect(await api.closed(String(body['id']))).toMatchObject({ state: 'settled' });
});

test('more requests than may wait are told 429 and when to come again, and nothing of them is written', async () => {
  const count = 2_300;
  const blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('lock table trades.trades in exclusive mode');
  const pool = new Pool(api.url, { connections: count });
  const body = JSON.stringify(tradeBody('nobody', '1', 'somebody'));
  const headers = { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' };
  let isSentAway = false;
  const answers = Array.from({ length: count }, async (_, place) => {
    const answer = await pool.request({
      path: '/v1/trades',
      method: 'POST',
      headers: { ...headers, 'idempotency-key': `crowd-${place}` },
      body,
    });
    isSentAway ||= answer.statusCode === 429;
    return {
      status: answer.statusCode,
      retryAfter: answer.headers['retry-after'],
      type: ((await answer.body.json()) as { type?: string }).type,
    };
  });
  const waiting = Promise.all(answers);
  await until('somebody is sent away', () => Promise.resolve(isSentAway));
  await blocker.query('rollback');
  await blocker.end();
  const told = await waiting;
  await pool.close();
  const sentAway = told.filter(({ status }) => status === 429);
  // A machine that takes ten seconds for so many has told some that the table is held.
  const heldUp = told.filter(({ type }) => type === '/docs/errors#row-held');
  expect(told.filter(({ status }) => status === 202)).toHaveLength(count - sentAway.length - heldUp.length);
  expect(sentAway.every(({ retryAfter, type }) => retryAfter === '1' && type === '/docs/errors#overloaded')).toBe(true);
  const { rows } = await session.query<{ count: number }>(
    `select count(*)::int as count from trades.trades where key like 'crowd-%'`,
  );
  expect(rows[0]?.count).toBe(count - sentAway.length - heldUp.length);
  await until(
    'all that was accepted is closed',
    async () => (await session.query('select from trades.open limit 1')).rowCount === 0,
    60_000,
  );
});
