import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { adminKey, expectProblem, openApi, rowCounts, type Api } from './api.js';

/*
 * A database that has become read only, as a primary does that is now a standby. It is an outage, and no fault of a
 * request.
 */

let database: TestDatabase;
let api: Api;
let key: string;
let session: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  const before = await openApi({ env: { DATABASE_URL: database.url } });
  key = await before.makeTitle('arena');
  await before.send('PUT', '/v1/assets/gold', { key, body: { name: 'Gold', kind: 'currency' } });
  await before.send('PUT', '/v1/items/sword', { key, body: { name: 'Sword' } });
  await before.send('PUT', '/v1/products/sold', { key, body: pack });
  expect((await before.send('POST', '/v1/products/sold/publish', { key })).status).toBe(200);
  await before.close();
  session = new pg.Client({ connectionString: database.url });
  await session.connect();
  await session.query(
    `alter database ${new URL(database.url).pathname.slice(1)} set default_transaction_read_only to on`,
  );
  api = await openApi({ env: { DATABASE_URL: database.url } });
});
afterAll(async () => {
  await session.end();
  await api.close();
  await database.drop();
});

const legs = [{ from: 'system:mint', to: 'player:a', asset: 'gold', amount: '1' }];
const pack = {
  name: 'Pack',
  content: { items: [{ item: 'sword', count: 1 }] },
  prices: { virtual: [{ asset: 'gold', amount: '1' }] },
};
const parties = [
  { player: 'a', gives: { amounts: [{ asset: 'gold', amount: '1' }] } },
  { player: 'b', gives: {} },
];

test.each<[method: string, path: string, body: unknown, as: 'title' | 'admin']>([
  ['POST', '/v1/titles', { id: 'other', name: 'Other' }, 'admin'],
  ['POST', '/v1/titles/arena/keys', { name: 'some', scopes: ['trades:read'] }, 'admin'],
  ['PUT', '/v1/assets/gems', { name: 'Gems', kind: 'currency' }, 'title'],
  ['PUT', '/v1/players/a/balances/gold/state', { state: 'frozen', operator: 'olga', reason: 'x' }, 'title'],
  ['PUT', '/v1/items/shield', { name: 'Shield' }, 'title'],
  ['PUT', '/v1/products/pack', pack, 'title'],
  ['POST', '/v1/transfers', { legs, reason: 'x' }, 'title'],
  ['POST', '/v1/item-instances', { item: 'sword', owner: 'player:a', reason: 'x' }, 'title'],
  ['POST', '/v1/trades', { parties }, 'title'],
  ['POST', '/v1/purchases', { player: 'a', product: 'sold', pay: { asset: 'gold', amount: '1' } }, 'title'],
])('%s %s is answered 503 and when to come again, and nothing is written', async (method, path, body, as) => {
  const before = await rowCounts(session);
  const answer = await api.send(method, path, {
    key: as === 'admin' ? adminKey : key,
    headers: { 'idempotency-key': 'one' },
    body,
  });
  expectProblem(answer, 503, 'unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await rowCounts(session)).toEqual(before);
});

test.each(['/v1/assets/gold', '/v1/products/sold/sales?player=a'])('what only reads is answered: %s', async (path) => {
  expect((await api.send('GET', path, { key })).status).toBe(200);
});
