import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { expectProblem, openApi, rowCounts, type Answer, type Api } from '../http/api.js';

let api: Api;
let key: string;
let stranger: string;

beforeAll(async () => {
  api = await openApi();
  key = await api.makeTitle('arena');
  stranger = await api.makeTitle('other');
  expect((await put({ name: 'Gold', kind: 'currency' })).status).toBe(201);
});
afterAll(() => api.close());

function put(body: object, headers: Record<string, string> = {}): Promise<Answer> {
  return api.send('PUT', '/v1/assets/gold', { key, body, headers });
}

function post(idempotencyKey: string, body: object, path = '/v1/transfers', as = key): Promise<Answer> {
  return api.send('POST', path, { key: as, body, headers: { 'idempotency-key': idempotencyKey } });
}

function leg(from: string, to: string, amount: string, asset = 'gold'): object {
  return { from, to, asset, amount };
}

/** Books a gift and answers the id of the transfer. */
async function give(idempotencyKey: string, to: string, amount: string): Promise<string> {
  const { status, body } = await post(idempotencyKey, { legs: [leg('system:mint', to, amount)], reason: 'gift' });
  expect(status).toBe(201);
  return (body as { id: string }).id;
}

const reversalOf = (id: string): string => `/v1/transfers/${id}/reversal`;

it('an asset keeps its kind and its scale, and changes only from the version that was read', async () => {
  const current = String((await api.send('GET', '/v1/assets/gold', { key })).headers.get('etag'));
  const changed = await put({ name: 'Golden coins', kind: 'currency' }, { 'if-match': current });
  expect(changed).toMatchObject({
    status: 200,
    body: { code: 'gold', name: 'Golden coins', scale: 0, tradeable: true },
  });
  expect(changed.headers.get('etag')).not.toBe(current);
  expectProblem(await put({ name: 'Gold', kind: 'currency' }, { 'if-match': current }), 412, 'precondition-failed');
  expectProblem(await put({ name: 'Gold', kind: 'stackable' }), 409, 'asset-kind-fixed');
  expectProblem(await put({ name: 'Gold', kind: 'currency', scale: 2 }), 409, 'asset-kind-fixed');
});

it('two requests with one key at once book once and get one answer; another body does not', async () => {
  const body = {
    legs: [leg('system:mint', 'player:ann', '100'), leg('player:ann', 'player:bob', '30')],
    reason: 'start',
  };
  const answers = await Promise.all([post('once', body), post('once', body)]);
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  expect(answers[1].body).toEqual(answers[0].body);
  expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(1);
  expect(answers[0].body).toMatchObject({
    balances: [
      { owner: 'system:mint', asset: 'gold', posted: '-100', available: '-100' },
      { owner: 'player:ann', asset: 'gold', posted: '70', available: '70' },
      { owner: 'player:bob', asset: 'gold', posted: '30', available: '30' },
    ],
  });
  expectProblem(await post('once', { ...body, reason: 'end' }), 422, 'idempotency-key-reused');
});

it('a refusal is answered to its key for ever, also when it could be done later', async () => {
  const body = { legs: [leg('player:cyd', 'player:ann', '10')], reason: 'debt' };
  const first = expectProblem(await post('poor', body), 409, 'insufficient-funds');
  await give('rich', 'player:cyd', '50');
  const again = await post('poor', body);
  expect(expectProblem(again, 409, 'insufficient-funds').detail).toBe(first.detail);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
});

it('a request that is wrong by itself says where, writes nothing and leaves its key free', async () => {
  const before = await rowCounts(api.session);
  expectProblem(
    await post('free', { legs: [leg('system:mint', 'player:ann', '5', 'silver')], reason: 'gift' }),
    400,
    'unknown-asset',
  );
  const legs = [
    leg('system:mint', 'player:ann', '5'),
    leg('system:mint', 'player:ann', '6'),
    leg('player:ann', 'player:ann', '1'),
  ];
  const { errors } = expectProblem(await post('free', { legs, reason: 'gift' }), 400, 'validation-failed');
  expect(errors?.map(({ pointer }) => pointer)).toEqual(['/legs/1', '/legs/2/to']);
  expect(await rowCounts(api.session)).toEqual(before);
  await give('free', 'player:ann', '5');
});

it('a transfer is reversed once, and a reversal never', async () => {
  const id = await give('mistake', 'player:dan', '25');
  const reversal = await post('reverse', { reason: 'mistake' }, reversalOf(id));
  expect(reversal).toMatchObject({
    status: 201,
    body: { kind: 'reversal', reverses: id, legs: [leg('player:dan', 'system:mint', '25')] },
  });
  expect((await post('reverse', { reason: 'mistake' }, reversalOf(id))).body).toEqual(reversal.body);
  expectProblem(await post('reverse', { reason: 'other' }, reversalOf(id)), 422, 'idempotency-key-reused');
  expectProblem(await post('reverse-again', { reason: 'mistake' }, reversalOf(id)), 409, 'already-reversed');
  expectProblem(
    await post('reverse-back', { reason: 'mistake' }, reversalOf((reversal.body as { id: string }).id)),
    409,
    'not-reversible',
  );
});

it('what another title has is not there', async () => {
  const id = await give('secret', 'player:eve', '5');
  expectProblem(await api.send('GET', `/v1/transfers/${id}`, { key: stranger }), 404, 'not-found');
  expectProblem(await post('steal', { reason: 'mine' }, reversalOf(id), stranger), 404, 'not-found');
  expectProblem(await api.send('GET', '/v1/assets/gold', { key: stranger }), 404, 'not-found');
  expect((await api.send('GET', '/v1/players/eve/balances', { key: stranger })).body).toEqual({ data: [] });
  expect((await api.send('GET', '/v1/players/eve/balances', { key })).body).toEqual({
    data: [{ asset: 'gold', posted: '5', held: '0', available: '5', version: 1, state: 'open', debtLimit: '0' }],
  });
});
