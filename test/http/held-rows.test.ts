import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { Registry } from 'prom-client';
import { adminKey, expectProblem, openApi, type Answer, type Api } from './api.js';
import { valuesOf } from './metric-values.js';

/*
 * A stranger's session holds a row that requests change. They wait for it by one connection, are told so, and nobody
 * else waits. The pool of the API has four connections.
 */

let api: Api;
let keys: { arena: string; other: string };
let stranger: pg.Client;
beforeAll(async () => {
  api = await openApi();
  keys = { arena: await api.makeTitle('arena'), other: await api.makeTitle('other') };
  stranger = new pg.Client({ connectionString: api.databaseUrl });
  await stranger.connect();
});
afterAll(async () => {
  await stranger.end();
  await api.close();
});

const put = (path: string, body: unknown): Promise<Answer> => api.send('PUT', `/v1/${path}`, { key: keys.arena, body });
const product = (name: string): unknown => ({
  name,
  content: { amounts: [{ asset: 'gold', amount: '1' }] },
  prices: { virtual: [{ asset: 'gold', amount: '1' }] },
});
const asset = (name: string): Promise<Answer> => put('assets/gold', { name, kind: 'currency' });
const draft = (name: string): Promise<Answer> => put('products/pack', product(name));
const states = ['open', 'frozen'];
const account = (name: string): unknown => ({
  secretKey: `sk_test_${name}`,
  settlementCurrency: 'EUR',
  spentGoods: 'debt',
});

/** What is changed, how one row of it is held, and the first request that makes it. */
const kinds: Record<string, { table: string; where: string; change: (name: string) => Promise<Answer> }> = {
  'an asset': { table: 'ledger.assets', where: `code = 'gold'`, change: asset },
  'an item': {
    table: 'inventory.items',
    where: `code = 'sword'`,
    change: (name) => put('items/sword', { name }),
  },
  'the draft of a product': { table: 'catalog.products', where: `code = 'pack'`, change: draft },
  'the account of a player': {
    table: 'ledger.accounts',
    where: `owner = 'player:ann'`,
    change: () =>
      put('players/ann/balances/gold/state', { state: states.reverse()[0], operator: 'olga', reason: 'test' }),
  },
  'a payment account': {
    table: 'payments.accounts',
    where: `title = 'arena'`,
    change: (name) => put('payment-accounts/stripe', account(name)),
  },
};

/** Runs `meanwhile` while a stranger holds a row. */
async function holding<T>(table: string, where: string, meanwhile: () => Promise<T>): Promise<T> {
  await stranger.query('begin');
  try {
    expect((await stranger.query(`select from ${table} where ${where} for update`)).rowCount).toBe(1);
    return await meanwhile();
  } finally {
    await stranger.query('rollback');
  }
}

/** How many of the API's sessions wait for a lock at most until something is over, with others served all the while. */
async function mostWaiting(over: Promise<unknown>): Promise<number> {
  let [isOver, most] = [false, 0];
  void over.finally(() => (isOver = true));
  do {
    const answers = await Promise.all([
      api.send('GET', '/health/ready'),
      api.send('GET', '/v1/assets', { key: keys.other }),
      api.send('PUT', '/v1/assets/gems', {
        key: keys.other,
        body: { name: `${performance.now()}`, kind: 'currency' },
      }),
    ]);
    for (const { status } of answers) expect([200, 201]).toContain(status);
    const { rows } = await api.session.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    most = Math.max(most, rows[0]?.waiting ?? 0);
  } while (!isOver);
  return most;
}

describe.each(Object.entries(kinds))('%s whose row is held', (_, { table, where, change }) => {
  test('is waited for by one connection, and all who would change it are told so', async () => {
    if (table !== 'ledger.assets') await asset('Gold');
    expect([200, 201]).toContain((await change('First')).status);
    const { answers, most } = await holding(table, where, async () => {
      const asked = Promise.all(Array.from({ length: 8 }, (__, place) => change(`Other ${place}`.replace(' ', ''))));
      return { most: await mostWaiting(asked), answers: await asked };
    });
    for (const answer of answers) {
      expectProblem(answer, 503, 'row-held');
      expect(answer.headers.get('retry-after')).toBe('2');
    }
    expect(most).toBeLessThanOrEqual(1);
    expect((await change('Last')).status).toBe(200);
  });
});

test('a key that is held is not revoked meanwhile, and is when it is free', async () => {
  const made = await api.send('POST', '/v1/titles/arena/keys', {
    key: adminKey,
    body: { name: 'some', scopes: ['assets:read'] },
  });
  const path = `/v1/titles/arena/keys/${(made.body as { id: string }).id}`;
  const revoke = (): Promise<Answer> => api.send('DELETE', path, { key: adminKey });
  await holding('titles.keys', `id = '${path.slice(-36)}'`, async () => expectProblem(await revoke(), 503, 'row-held'));
  expect((await revoke()).status).toBe(204);
});

const ofApi = (): Registry => api.app.get<Registry>(Registry, { strict: false });
const waiting = async (): Promise<number> => (await valuesOf(ofApi(), 'veltrix_requests_set_aside'))[''] ?? -1;

const give = (player: string, key: string): Promise<Answer> =>
  api.send('POST', '/v1/transfers', {
    key: keys.arena,
    headers: { 'idempotency-key': key },
    body: { legs: [{ from: 'system:mint', to: `player:${player}`, asset: 'gold', amount: '1' }], reason: 'test' },
  });

test('the requests that wait for held rows are counted for as long as they wait', async () => {
  await asset('Gold');
  expect((await give('bea', 'first')).status).toBe(201);
  const answers = await holding('ledger.accounts', `owner = 'player:bea'`, async () => {
    const asked = ['a', 'b', 'c'].map((key) => give('bea', key));
    for (let tries = 0; (await waiting()) < 3 && tries < 300; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await waiting()).toBe(3);
    return { asked };
  });
  expect((await Promise.all(answers.asked)).map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(await waiting()).toBe(0);
});

test('a row that is held again and again for a moment fails nobody', async () => {
  await asset('Gold');
  expect((await give('hot', 'hot-first')).status).toBe(201);
  let isOver = false;
  const bursts = (async (): Promise<void> => {
    for (; !isOver; await new Promise((resolve) => setTimeout(resolve, 100)))
      await holding(
        'ledger.accounts',
        `owner = 'player:hot'`,
        () => new Promise((resolve) => setTimeout(resolve, 300)),
      );
  })();
  const answers: Promise<Answer>[] = [];
  for (let round = 0; round < 10; round++) {
    for (let one = 0; one < 20; one++) answers.push(give(one % 5 === 0 ? 'hot' : `cold-${one}`, `hot-${round}-${one}`));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  isOver = true;
  await bursts;
  expect(statuses).toEqual(Array(200).fill(201));
  expect(await waiting()).toBe(0);
});
