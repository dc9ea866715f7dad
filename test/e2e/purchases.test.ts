import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase } from '../harness/database.js';
import { Api, startProcess, until, type Answer, type Running } from './processes.js';

/* Purchases from the outside: two APIs and a worker, as they run, and what a buyer is told. */

let database: { url: string; drop(): Promise<void> };
let session: pg.Client;
let env: Record<string, string>;
let apis: [Api, Api];
let second: Running;
let worker: Running;
const running: Running[] = [];

beforeAll(async () => {
  database = await createDatabase();
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    TASK_QUEUE: `purchases-${randomUUID()}`,
  };
  const main = await startProcess('main', env);
  running.push(main);
  const first = await Api.forNewTitle(main.url, 'arena');
  apis = [first, await startSecondApi(first.key)];
  await startWorker();
  await first.defineGoldAndSword();
  await first.must(201, first.send('PUT', '/v1/assets/gem', { name: 'Gem', kind: 'currency' }));
  await first.must(201, first.send('PUT', '/v1/items/crown', { name: 'Crown', limit: 3 }));
}, 120_000);
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await session.end();
  await database.drop();
});

async function startSecondApi(key: string): Promise<Api> {
  second = await startProcess('main', env);
  running.push(second);
  return new Api(second.url, key);
}

async function startWorker(): Promise<void> {
  worker = await startProcess('worker', env);
  running.push(worker);
}

interface Product {
  amounts?: { asset: string; amount: string }[];
  items?: { item: string; count: number }[];
  price?: string;
  more?: Record<string, unknown>;
}

/** Puts a product on sale, for gold. */
async function sell(code: string, { amounts = [], items = [], price = '10', more = {} }: Product): Promise<void> {
  const [api] = apis;
  const { status } = await api.send('PUT', `/v1/products/${code}`, {
    name: code,
    content: { amounts, items },
    prices: { virtual: [{ asset: 'gold', amount: price }] },
    ...more,
  });
  expect([200, 201]).toContain(status);
  await api.must(200, api.send('POST', `/v1/products/${code}/publish`));
}

let orders = 0;
function buy(player: string, product: string, more: Record<string, unknown> = {}, api = apis[0]): Promise<Answer> {
  const body = { player, product, pay: { asset: 'gold', amount: '10' }, ...more };
  return api.post('/v1/purchases', `order-${++orders}`, body, { prefer: 'wait=20' });
}

async function grantAll(players: readonly string[], amount: string): Promise<void> {
  await Promise.all(players.map((player) => apis[0].grant(player, amount)));
}

/** What a player has: gold, gems and instances. */
async function holdings(player: string): Promise<{ gold: string; gem: string; items: string[] }> {
  const [api] = apis;
  const { data } = (await api.must(200, api.send('GET', `/v1/players/${player}/balances`))) as {
    data: { asset: string; posted: string }[];
  };
  const of = (asset: string): string => data.find((one) => one.asset === asset)?.posted ?? '0';
  const { data: items } = (await api.must(200, api.send('GET', `/v1/players/${player}/item-instances`))) as {
    data: { item: string; serial?: number }[];
  };
  return {
    gold: of('gold'),
    gem: of('gem'),
    items: items.map(({ item, serial }) => (serial === undefined ? item : `${item} ${serial}`)).sort(),
  };
}

test('a product of amounts and items is paid for and delivered, with the version that was bought', async () => {
  await sell('pack', { amounts: [{ asset: 'gem', amount: '50' }], items: [{ item: 'sword', count: 2 }] });
  await apis[0].grant('ann', '100');
  const { status, body } = await buy('ann', 'pack', { quantity: 2, pay: { asset: 'gold', amount: '20' } });
  expect([status, body]).toMatchObject([
    200,
    {
      state: 'completed',
      version: 1,
      quantity: 2,
      content: { amounts: [{ asset: 'gem', amount: '100' }], items: [{ item: 'sword', count: 4 }] },
    },
  ]);
  await sell('pack', { amounts: [{ asset: 'gem', amount: '1' }], price: '99' });
  expect(await apis[1].send('GET', `/v1/purchases/${body['id'] as string}`)).toMatchObject({ status: 200, body });
  expect(await holdings('ann')).toEqual({ gold: '80', gem: '100', items: ['sword', 'sword', 'sword', 'sword'] });
});

test('a free product is delivered, be it of amounts or of items alone', async () => {
  await sell('gift', { amounts: [{ asset: 'gem', amount: '5' }], price: '0' });
  await sell('souvenir', { items: [{ item: 'sword', count: 1 }], price: '0' });
  for (const product of ['gift', 'souvenir'])
    expect(await buy('bea', product, { pay: { asset: 'gold', amount: '0' } })).toMatchObject({
      status: 200,
      body: { state: 'completed' },
    });
  expect(await holdings('bea')).toEqual({ gold: '0', gem: '5', items: ['sword'] });
});

test('a buyer who cannot pay is refused, and stock, limits and the limited item are given back', async () => {
  await sell('crown', { items: [{ item: 'crown', count: 1 }], more: { stock: 1, limits: { perPlayer: 1 } } });
  const { body } = await buy('cyd', 'crown');
  expect(body).toMatchObject({ state: 'refused', reason: { code: 'insufficient-funds' } });
  await grantAll(['cyd'], '10');
  expect((await buy('cyd', 'crown')).body).toMatchObject({ state: 'completed' });
  expect(await buy('cyd', 'crown')).toMatchObject({ status: 409, body: { code: 'out-of-stock' } });
  expect(await holdings('cyd')).toEqual({ gold: '0', gem: '0', items: ['crown 1'] });
  const { body: saga } = await apis[0].send('GET', `/v1/sagas/${body['id'] as string}`);
  expect(saga).toMatchObject({ kind: 'purchase', state: 'ended', deal: { state: 'refused' } });
});

test('a limited item that is sold out refuses, and the money stays', async () => {
  await sell('diadem', { items: [{ item: 'crown', count: 3 }] });
  await grantAll(['dan'], '10');
  expect((await buy('dan', 'diadem')).body).toMatchObject({ state: 'refused', reason: { code: 'item-sold-out' } });
  expect(await holdings('dan')).toEqual({ gold: '10', gem: '0', items: [] });
});

test('what cannot be sold as it is asked for is told at once, with the price of now', async () => {
  await sell('scroll', { amounts: [{ asset: 'gem', amount: '1' }], price: '12' });
  expect(await buy('eva', 'scroll')).toMatchObject({
    status: 409,
    body: { code: 'price-changed', errors: [{ pointer: '/pay/amount' }], prices: [{ asset: 'gold', amount: '12' }] },
  });
  expect(await buy('eva', 'no-such-product')).toMatchObject({ status: 400, body: { code: 'unknown-product' } });
  await apis[0].must(200, apis[0].send('POST', '/v1/products/scroll/withdraw'));
  expect(await buy('eva', 'scroll', { pay: { asset: 'gold', amount: '12' } })).toMatchObject({
    status: 409,
    body: { code: 'not-on-sale' },
  });
});

test('a limit of three a day holds for a buyer who asks two APIs at once', async () => {
  await sell('ration', {
    amounts: [{ asset: 'gem', amount: '1' }],
    price: '0',
    more: { limits: { perPlayerAndDay: 3 } },
  });
  const free = { pay: { asset: 'gold', amount: '0' } };
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => buy('fay', 'ration', free, apis[n % 2 ? 1 : 0])),
  );
  expect(answers.filter(({ body }) => body['state'] === 'completed')).toHaveLength(3);
  expect(answers.filter(({ body }) => body['code'] === 'purchase-limit-reached')).toHaveLength(9);
  expect((await holdings('fay')).gem).toBe('3');
  expect(await apis[1].must(200, apis[1].send('GET', '/v1/products/ration/sales?player=fay'))).toMatchObject({
    sold: 3,
    limits: [{ period: 'day', limit: 3, bought: 3, left: 0 }],
  });
});

test('64 buyers at once get the last ten, though an API and the worker are killed, and the books balance', async () => {
  await sell('rush', {
    amounts: [{ asset: 'gem', amount: '7' }],
    items: [{ item: 'sword', count: 1 }],
    more: { stock: 10 },
  });
  const buyers = Array.from({ length: 64 }, (_, n) => `buyer-${n}`);
  await grantAll(buyers, '10');
  const body = (player: string) => ({ player, product: 'rush', pay: { asset: 'gold', amount: '10' } });
  const answers = Promise.all(
    buyers.map(async (buyer, n) => {
      const ask = (api: Api): Promise<Answer> =>
        api.post('/v1/purchases', `rush-${n}`, body(buyer), { prefer: 'wait=20' });
      // Whoever is not answered by the API that is killed asks the other for the same.
      return n % 2 === 0 ? ask(apis[0]) : ask(apis[1]).catch(() => ask(apis[0]));
    }),
  );
  await until('some are accepted', async () => {
    const { rows } = await session.query(`select from purchases.purchases where product = 'rush'`);
    return rows.length > 3;
  });
  second.child.kill('SIGKILL');
  worker.child.kill('SIGKILL');
  await startWorker();
  const bodies = await answers;
  apis[1] = await startSecondApi(apis[0].key);
  expect(bodies.filter(({ status }) => status === 409)).toHaveLength(54);
  for (const { status, body } of bodies) if (status === 409) expect(body).toMatchObject({ code: 'out-of-stock' });
  await until('all are closed', async () => {
    const { rows } = await session.query(`select from purchases.purchases where closed_at is null`);
    return rows.length === 0;
  });
  const { body: list } = await apis[1].send('GET', '/v1/purchases?product=rush&state=completed');
  expect(list['data']).toHaveLength(10);
  const all = await Promise.all(buyers.map(holdings));
  expect(all.filter(({ gem, items, gold }) => gem === '7' && items.length === 1 && gold === '0')).toHaveLength(10);
  expect(all.filter(({ gem, items, gold }) => gem === '0' && items.length === 0 && gold === '10')).toHaveLength(54);
  const { rows } = await session.query(
    `select (select sold::int from purchases.sales where product = 'rush') as sold,
       (select coalesce(sum(credits_posted - debits_posted), 0) from ledger.accounts)::text as sum,
       (select count(*)::int from inventory.holds where state = 'held') as held,
       (select issued || ' issued, ' || reserved || ' reserved' from inventory.items where code = 'crown') as crowns`,
  );
  expect(rows).toEqual([{ sold: 10, sum: '0', held: 0, crowns: '1 issued, 0 reserved' }]);
}, 120_000);

test('the worker acts on what an event names that nobody has acted on', async () => {
  await session.query(
    `insert into payments.hints (provider, title, event, refund, due_at)
     values ('stripe', 'arena', 'evt_left', 're_nobody', now())`,
  );
  await until('it is acted on', async () => (await session.query('select from payments.hints')).rowCount === 0, 30_000);
});
