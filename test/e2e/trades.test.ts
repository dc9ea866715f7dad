import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import pg from 'pg';
import { v7 } from 'uuid';
import { openConnection } from '../../src/temporal/open-connection.js';
import { createDatabase } from '../harness/database.js';
import { countDeadlocks } from '../harness/deadlocks.js';
import { Api, startProcess, tradeBody, until, type Running } from './processes.js';

let database: { url: string; drop(): Promise<void> };
let session: pg.Client;
let temporal: Client;
let apis: Running[];
let worker: Running;
let api: Api;
let twin: Api;

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
  apis = await Promise.all([startProcess('main', env), startProcess('main', env)]);
  worker = await startProcess('worker', env);
  api = await Api.forNewTitle(apis[0]?.url ?? '', 'arena');
  twin = new Api(apis[1]?.url ?? '', api.key);
  await api.defineGoldAndSword();
});

afterAll(async () => {
  expect(await Promise.all([...apis, worker].map((running) => running.stop()))).toEqual([0, 0, 0]);
  await temporal.connection.close();
  const deadlocks = await countDeadlocks(session);
  await session.end();
  await database.drop();
  expect(deadlocks).toBe(0);
});

test('a trade settles while its caller waits', async () => {
  await api.grant('ann', '100');
  const sword = await api.mint('ben');
  const { status, headers, body } = await api.post('/v1/trades', 'first', tradeBody('ann', '60', 'ben', [sword]), {
    prefer: 'wait=20',
  });
  expect(status).toBe(200);
  expect(headers.get('preference-applied')).toBe('wait=20');
  expect(body).toMatchObject({ state: 'settled', workflow: { id: `trade/${body['id'] as string}` } });
  expect(headers.get('location')).toBe(`/v1/trades/${body['id'] as string}`);
  expect([await api.posted('ann'), await api.posted('ben')]).toEqual(['40', '60']);
  expect(await api.must(200, api.send('GET', `/v1/item-instances/${sword}`))).toMatchObject({
    owner: 'player:ann',
    state: 'owned',
  });
});

test('a closed trade is neither changed nor removed by anybody', async () => {
  await api.grant('kim', '5');
  const { body } = await api.post('/v1/trades', 'closed', tradeBody('kim', '5', 'lou'), { prefer: 'wait=20' });
  const uuid = (body['id'] as string).slice(4);
  for (const sql of [
    `update trades.trades set state = 'refused' where id = $1`,
    'update trades.trades set closed_at = null where id = $1',
    'delete from trades.trades where id = $1',
  ]) {
    await expect(session.query(sql, [uuid])).rejects.toMatchObject({ code: '23001' });
  }
});

test('without the preference it is accepted at once, and its address tells the end', async () => {
  await api.grant('cat', '5');
  const { status, headers, body } = await api.post('/v1/trades', 'second', tradeBody('cat', '5', 'dan'));
  expect(status).toBe(202);
  expect(headers.get('retry-after')).toBe('1');
  expect(body).toMatchObject({ state: 'accepted' });
  expect(await api.closed(body['id'] as string)).toMatchObject({ state: 'settled' });
});

test('the same key fifty times at once, across two processes, is one trade', async () => {
  await api.grant('eve', '100');
  const body = tradeBody('eve', '10', 'fay');
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? api : twin).post('/v1/trades', 'fifty', body)),
  );
  expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(49);
  await api.closed(answers[0]?.body['id'] as string);
  expect([await api.posted('eve'), await api.posted('fay')]).toEqual(['90', '10']);
  const again = await twin.post('/v1/trades', 'fifty', body);
  expect(again.body).toMatchObject({ id: answers[0]?.body['id'], state: 'settled' });
  const other = await twin.post('/v1/trades', 'fifty', tradeBody('eve', '11', 'fay'));
  expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
});

test('another title sees nothing of it', async () => {
  const stranger = await Api.forNewTitle(apis[0]?.url ?? '', 'stranger');
  await api.grant('gus', '5');
  const { body } = await api.post('/v1/trades', 'private', tradeBody('gus', '5', 'hal'), { prefer: 'wait=20' });
  const sword = await api.mint('gus');
  for (const path of [
    `/v1/trades/${body['id'] as string}`,
    `/v1/item-instances/${sword}`,
    `/v1/item-instances/${sword}/movements`,
    '/v1/assets/gold',
    '/v1/items/sword',
  ]) {
    expect(await stranger.send('GET', path)).toMatchObject({ status: 404, body: { code: 'not-found' } });
  }
  await stranger.defineGoldAndSword();
  const taken = await stranger.post('/v1/trades', 'theft', tradeBody('x', undefined, 'gus', [sword]), {
    prefer: 'wait=20',
  });
  expect(taken.body).toMatchObject({ state: 'refused', reason: { code: 'item-not-found' } });
});

describe('a refusal is an outcome with its reason', () => {
  const absent = 'ins_0198c0de-7a11-7000-8000-000000000001';
  const gives = (asset: string, amount: string): unknown => ({
    parties: [
      { player: 'rich', gives: { amounts: [{ asset, amount }] } },
      { player: 'ben', gives: {} },
    ],
  });
  const setState = (account: string, state: string) =>
    api.must(
      200,
      api.send('PUT', `/v1/players/${account}/balances/gold/state`, { state, operator: 'olga', reason: 'test' }),
    );

  beforeAll(async () => {
    await api.must(201, api.send('PUT', '/v1/assets/token', { name: 'Token', kind: 'currency', maxBalance: '100' }));
    await api.must(201, api.send('PUT', '/v1/assets/badge', { name: 'Badge', kind: 'stackable', tradeable: false }));
    await api.must(201, api.send('PUT', '/v1/items/relic', { name: 'Relic', tradeable: false }));
    const legs = [
      ['token', 'rich', '60'],
      ['token', 'ben', '60'],
      ['badge', 'rich', '5'],
      ['gold', 'icy', '5'],
    ].map(([asset, player, amount]) => ({ from: 'system:mint', to: `player:${player}`, asset, amount }));
    await api.must(201, api.post('/v1/transfers', 'refusals', { legs, reason: 'test' }));
    await setState('icy', 'frozen');
    await setState('gone', 'closed');
  });

  async function burned(): Promise<string> {
    const id = await api.mint('poor', 'mint-burned');
    await api.must(200, api.post(`/v1/item-instances/${id}/burn`, 'burn', { reason: 'test' }));
    return id;
  }

  async function held(): Promise<string> {
    const id = await api.mint('poor', 'mint-held');
    await session.query(
      `update inventory.instances
       set state = 'held', hold_exchange = 'trd_' || gen_random_uuid(), version = version + 1
       where id = $1`,
      [id.slice(4)],
    );
    return id;
  }

  async function relic(): Promise<string> {
    return (
      await api.must(
        201,
        api.post('/v1/item-instances', 'mint-relic', { item: 'relic', owner: 'player:poor', reason: 'test' }),
      )
    )['id'] as string;
  }

  test.each<[string, () => unknown]>([
    ['insufficient-funds', () => tradeBody('poor', '1', 'ben')],
    ['unknown-asset', () => gives('unobtainium', '1')],
    ['asset-not-tradeable', () => gives('badge', '1')],
    ['balance-limit-exceeded', () => gives('token', '50')],
    ['account-frozen', () => tradeBody('icy', '1', 'ben')],
    ['account-closed', () => tradeBody('gone', '1', 'ben')],
    ['item-not-owned', async () => tradeBody('poor', undefined, 'thief', [await api.mint('ida')])],
    ['item-not-found', () => tradeBody('poor', undefined, 'ben', [absent])],
    ['item-burned', async () => tradeBody('ben', undefined, 'poor', [await burned()])],
    ['item-held', async () => tradeBody('ben', undefined, 'poor', [await held()])],
    ['item-not-tradeable', async () => tradeBody('ben', undefined, 'poor', [await relic()])],
  ])('%s', async (code, make) => {
    const { status, body } = await api.post('/v1/trades', `refused-${code}`, await make(), { prefer: 'wait=20' });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { state: 'refused', reason: { code, detail: expect.any(String) } },
    });
    const again = await twin.post('/v1/trades', `refused-${code}`, await make(), { prefer: 'wait=20' });
    expect(again.body).toEqual(body);
  });
});

test('two hundred trades and transfers both ways at once all go through, and nothing is made or lost', async () => {
  await Promise.all([api.grant('tom', '1000'), api.grant('una', '1000')]);
  const trades = Array.from({ length: 100 }, (_, index) => {
    const [from, to] = index % 2 === 0 ? ['tom', 'una'] : ['una', 'tom'];
    return (index % 4 < 2 ? api : twin).post('/v1/trades', `both-${index}`, tradeBody(from, '3', to, [], '2'));
  });
  const transfers = Array.from({ length: 100 }, (_, index) => {
    const [from, to] = index % 2 === 0 ? ['tom', 'una'] : ['una', 'tom'];
    return (index % 4 < 2 ? api : twin).post('/v1/transfers', `way-${index}`, {
      legs: [{ from: `player:${from}`, to: `player:${to}`, asset: 'gold', amount: '1' }],
      reason: 'test',
    });
  });
  for (const { status } of await Promise.all(transfers)) expect(status).toBe(201);
  for (const { body } of await Promise.all(trades))
    expect(await api.closed(body['id'] as string)).toMatchObject({ state: 'settled' });
  expect(Number(await api.posted('tom')) + Number(await api.posted('una'))).toBe(2000);
  const { rows } = await session.query(
    'select asset from ledger.accounts group by title, asset having sum(credits_posted - debits_posted) <> 0',
  );
  expect(rows).toEqual([]);
});

describe('the sweep settles a trade that was accepted', () => {
  test.each<[what: string, run: 'none' | 'unknown' | 'terminated']>([
    ['and never started, as by a process that dies right after its COMMIT', 'none'],
    ['and noted as started, of whose run nothing is known', 'unknown'],
    ['and whose run was terminated', 'terminated'],
  ])('%s', async (_, run) => {
    await api.grant('vic', '10');
    const id = v7();
    const workflowId = `trade/trd_${id}`;
    if (run === 'terminated') {
      // Nobody works on this task queue.
      const handle = await temporal.workflow.start('exchangeSaga', { workflowId, taskQueue: 'deserted', args: [[]] });
      await handle.terminate();
    }
    await session.query(
      `with accepted as (
         insert into trades.trades (id, title, key, fingerprint, player_a, player_b, parties, workflow_id)
         values ($1, 'arena', $2, '\\x00', 'vic', 'wil', $3, $4) returning id, created_at, workflow_id)
       insert into trades.open (id, created_at, started_at)
       select id, created_at, case when workflow_id is not null then now() end from accepted`,
      [
        id,
        run,
        JSON.stringify([
          { player: 'vic', gives: { amounts: [{ asset: 'gold', amount: '1' }], items: [] } },
          { player: 'wil', gives: { amounts: [], items: [] } },
        ]),
        run === 'none' ? null : workflowId,
      ],
    );
    const before = BigInt(await api.posted('wil'));
    await until('the sweep settles it', async () => {
      const { rows: now } = await session.query<{ state: string }>('select state from trades.trades where id = $1', [
        id,
      ]);
      return now[0]?.state === 'settled';
    });
    expect(BigInt(await api.posted('wil'))).toBe(before + 1n);
  });
});

test('lists are pages, newest first, narrowed by player, state and reference', async () => {
  await api.grant('pia', '10');
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) {
    const sent = { ...(tradeBody('pia', '1', `guest-${index}`) as object), reference: 'tour' };
    ids.unshift((await api.post('/v1/trades', `page-${index}`, sent, { prefer: 'wait=20' })).body['id'] as string);
  }
  const seen: string[] = [];
  for (let path: string | null = '/v1/trades?player=pia&reference=tour&state=settled&limit=2'; path !== null;) {
    const page = await api.send('GET', path);
    const { data, next } = page.body as { data: { id: string }[]; next: string | null };
    seen.push(...data.map(({ id }) => id));
    expect(page.headers.get('link') === null).toBe(next === null);
    path = next === null ? null : `/v1/trades?player=pia&reference=tour&state=settled&limit=2&cursor=${next}`;
  }
  expect(seen).toEqual(ids);
});

test('the metrics of both processes tell of it', async () => {
  const ofWorker = await (await fetch(`${worker.url}/metrics`)).text();
  for (const name of [
    'veltrix_deal_outcomes_total{kind="trade",state="settled"',
    'veltrix_step_seconds_count{step="ledgerTransfer"',
    'veltrix_deal_seconds_count',
    'veltrix_outbox_depth{boundary="trades"}',
    'veltrix_oldest_open_deal_seconds',
    'temporal_',
  ]) {
    expect(ofWorker).toContain(name);
  }
  const ofApi = await (await fetch(`${api.url}/metrics`)).text();
  expect(ofApi).toContain('veltrix_pool_connections');
});
