import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openApi, type Api } from '../http/api.js';

interface Listed {
  data: { id?: string; version?: number; asset?: string }[];
  next: string | null;
}

let api: Api;
let key: string;

/** Gives zoe two assets in twelve transfers, of which eight touch both accounts and one of them twice. */
beforeAll(async () => {
  api = await openApi();
  key = await api.makeTitle('arena');
  for (const code of ['gold', 'gem'])
    await api.send('PUT', `/v1/assets/${code}`, { key, body: { name: code, kind: 'currency' } });
  const gift = (asset: string, amount: string) => ({ from: 'system:mint', to: 'player:zoe', asset, amount });
  const fee = { from: 'player:zoe', to: 'system:fees', asset: 'gold', amount: '1' };
  for (let i = 0; i < 12; i++) {
    const legs = i % 3 === 0 ? [gift('gold', '5')] : [gift('gold', '5'), gift('gem', '2'), fee];
    const body = { legs, reason: 'test', ...(i % 2 === 1 && { reference: 'odd' }) };
    const { status } = await api.send('POST', '/v1/transfers', {
      key,
      body,
      headers: { 'idempotency-key': `gift-${i}` },
    });
    expect(status).toBe(201);
  }
  // Somebody else's transfers are in none of zoe's lists.
  const body = { legs: [{ ...gift('gold', '5'), to: 'player:yan' }], reason: 'test', reference: 'odd' };
  await api.send('POST', '/v1/transfers', { key, body, headers: { 'idempotency-key': 'gift-yan' } });
});
afterAll(() => api.close());

async function everyPage(path: string, limit: number): Promise<Listed['data']> {
  const seen: Listed['data'] = [];
  let cursor = '';
  do {
    const { status, body } = await api.send('GET', `${path}limit=${limit}${cursor}`, { key });
    expect(status).toBe(200);
    const { data, next } = body as Listed;
    expect(data.length).toBeLessThanOrEqual(limit);
    seen.push(...data);
    cursor = next === null ? '' : `&cursor=${next}`;
  } while (cursor !== '');
  return seen;
}

it.each([
  ['entries of every asset', '/v1/players/zoe/entries?', 28],
  ['entries of one asset', '/v1/players/zoe/entries?asset=gold&', 20],
  ['transfers of a player', '/v1/transfers?player=zoe&', 12],
  ['transfers of a player with a reference', '/v1/transfers?player=zoe&reference=odd&', 6],
  ['transfers of a title', '/v1/transfers?', 13],
  ['transfers of nobody', '/v1/transfers?player=nobody&', 0],
])('the list of %s is the same whatever the size of its pages', async (_list, path, length) => {
  const whole = await everyPage(path, 100);
  expect(whole).toHaveLength(length);
  expect(new Set(whole.map((row) => row.id ?? `${row.asset} ${row.version}`)).size).toBe(length);
  for (const limit of [1, 2, 3, 5, 7]) expect(await everyPage(path, limit)).toEqual(whole);
});

it('entries are newest first, and none is missing', async () => {
  const versions = (await everyPage('/v1/players/zoe/entries?asset=gold&', 7)).map(({ version }) => version);
  expect(versions).toEqual(Array.from({ length: 20 }, (_, i) => 20 - i));
});
