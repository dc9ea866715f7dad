import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase } from '../harness/database.js';
import { Api, startProcess, type Answer, type Running } from './processes.js';

/* Refunds of purchases in virtual currency from the outside: an API and a worker, as they run. */

let database: { url: string; drop(): Promise<void> };
let session: pg.Client;
let api: Api;
const running: Running[] = [];

beforeAll(async () => {
  database = await createDatabase();
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '',
    TASK_QUEUE: `refunds-${randomUUID()}`,
  };
  const main = await startProcess('main', env);
  running.push(main);
  running.push(await startProcess('worker', env));
  api = await Api.forNewTitle(main.url, 'arena');
  await api.defineGoldAndSword();
  await api.must(201, api.send('PUT', '/v1/assets/gem', { name: 'Gem', kind: 'currency' }));
  const content = { amounts: [{ asset: 'gem', amount: '10' }], items: [{ item: 'sword', count: 2 }] };
  const product = { name: 'Pack', content, prices: { virtual: [{ asset: 'gold', amount: '90' }] } };
  await api.must(201, api.send('PUT', '/v1/products/pack', product));
  await api.must(200, api.send('POST', '/v1/products/pack/publish'));
}, 120_000);
afterAll(async () => {
  const { rows } = await session.query<{ sum: string; held: number }>(
    `select (select coalesce(sum(credits_posted - debits_posted), 0) from ledger.accounts)::text as sum,
       (select count(*)::int from inventory.holds where state = 'held') as held`,
  );
  await Promise.all(running.map((one) => one.stop()));
  await session.end();
  await database.drop();
  expect(rows).toEqual([{ sum: '0', held: 0 }]);
});

let sent = 0;
const post = (path: string, body: unknown): Promise<Answer> =>
  api.post(path, `e2e-refunds-${++sent}`, body, { prefer: 'wait=20' });

/** Has a player buy a pack with all of their gold. @returns the purchase and its swords */
async function bought(player: string): Promise<{ id: string; swords: string[] }> {
  await api.grant(player, '90');
  const { body } = await post('/v1/purchases', { player, product: 'pack', pay: { asset: 'gold', amount: '90' } });
  expect(body).toMatchObject({ state: 'completed' });
  const { items } = body['content'] as { items: { instances: string[] }[] };
  return { id: body['id'] as string, swords: items[0]?.instances ?? [] };
}

const refund = (purchase: string, body: object = {}): Promise<Answer> =>
  post(`/v1/purchases/${purchase}/refunds`, { reason: 'asked for', ...body });

/** Has a player give swords away. */
async function giveAway(from: string, to: string, items: string[]): Promise<void> {
  const parties = [
    { player: from, gives: { items } },
    { player: to, gives: {} },
  ];
  expect((await post('/v1/trades', { parties })).body).toMatchObject({ state: 'settled' });
}

/** What a player has: gold, gems and how many swords. */
async function holdings(player: string): Promise<[gold: string, gem: string, swords: number]> {
  const { data } = (await api.must(200, api.send('GET', `/v1/players/${player}/balances`))) as {
    data: { asset: string; posted: string }[];
  };
  const of = (asset: string): string => data.find((one) => one.asset === asset)?.posted ?? '0';
  const { data: items } = (await api.must(200, api.send('GET', `/v1/players/${player}/item-instances`))) as {
    data: unknown[];
  };
  return [of('gold'), of('gem'), items.length];
}

test('a whole purchase goes back, and the player has their gold again', async () => {
  const { id, swords } = await bought('ann');
  expect(await refund(id)).toMatchObject({ status: 200, body: { state: 'succeeded', amount: '90' } });
  expect(await holdings('ann')).toEqual(['90', '0', 0]);
  expect((await api.send('GET', `/v1/purchases/${id}`)).body).toMatchObject({ state: 'refunded', refunded: '90' });
  expect((await api.send('GET', `/v1/item-instances/${swords[0]}`)).body).toMatchObject({ owner: 'system:store' });
  expect((await refund(id)).body).toMatchObject({ code: 'already-refunded' });
});

test('a part gives back its share, and the rest the rest', async () => {
  const { id, swords } = await bought('bea');
  expect((await refund(id, { amount: '45' })).body).toMatchObject({ state: 'succeeded' });
  expect(await holdings('bea')).toEqual(['45', '5', 1]);
  expect((await api.send('GET', `/v1/item-instances/${swords[0]}`)).body).toMatchObject({ owner: 'system:store' });
  expect((await api.send('GET', `/v1/purchases/${id}`)).body).toMatchObject({ state: 'partially_refunded' });
  expect((await refund(id, { amount: '46' })).body).toMatchObject({ code: 'refund-too-large' });
  expect((await refund(id)).body).toMatchObject({ state: 'succeeded', amount: '45' });
  expect(await holdings('bea')).toEqual(['90', '0', 0]);
});

test('what was given away is a debt by its price, and what was spent is one', async () => {
  const { id, swords } = await bought('cyd');
  await giveAway('cyd', 'dan', swords.slice(0, 1));
  const spent = [{ from: 'player:cyd', to: 'system:store', asset: 'gem', amount: '10' }];
  await api.must(201, post('/v1/transfers', { legs: spent, reason: 'spent' }));
  expect((await refund(id)).body).toMatchObject({ state: 'succeeded', spentGoods: 'debt' });
  // 90 gold came back, and 30 of them pay the sword that is dan's now.
  expect(await holdings('cyd')).toEqual(['60', '-10', 0]);
  expect(await holdings('dan')).toEqual(['0', '0', 1]);
  const { body } = await api.send('GET', '/v1/players/cyd/debts');
  expect(body).toMatchObject({ data: [{ asset: 'gem', amount: '10', state: 'open' }] });
});

test('what was given away is written off where the title absorbs it', async () => {
  const { id, swords } = await bought('eva');
  await giveAway('eva', 'fay', swords);
  const spent = [{ from: 'player:eva', to: 'system:store', asset: 'gem', amount: '4' }];
  await api.must(201, post('/v1/transfers', { legs: spent, reason: 'spent' }));
  expect((await refund(id, { spentGoods: 'absorb' })).body).toMatchObject({ state: 'succeeded' });
  expect(await holdings('eva')).toEqual(['90', '0', 0]);
  expect(await holdings('fay')).toEqual(['0', '0', 2]);
});

test('a player who comes short is frozen where the title says so', async () => {
  const { id } = await bought('gus');
  const spent = [{ from: 'player:gus', to: 'system:store', asset: 'gem', amount: '10' }];
  await api.must(201, post('/v1/transfers', { legs: spent, reason: 'spent' }));
  expect((await refund(id, { spentGoods: 'freeze' })).body).toMatchObject({ state: 'succeeded' });
  expect(await holdings('gus')).toEqual(['90', '-10', 0]);
  const { body } = await api.send('GET', '/v1/players/gus/balances/gem/changes');
  expect(body).toMatchObject({ data: [{ setting: 'state', to: 'frozen', operator: 'veltrix' }] });
});
