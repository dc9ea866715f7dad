import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem, openApi, rowCounts, type Answer, type Api } from '../http/api.js';

/* Reversals of a transfer in parts: several by key, and never above what was moved. */

let api: Api;
let key: string;

beforeAll(async () => {
  api = await openApi();
  key = await api.makeTitle('arena');
  const asset = { key, body: { name: 'Gold', kind: 'currency' } };
  expect(await api.send('PUT', '/v1/assets/gold', asset)).toMatchObject({ status: 201 });
});
afterAll(() => api.close());

let keys = 0;
const leg = (from: string, to: string, amount: string): object => ({ from, to, asset: 'gold', amount });
const post = (path: string, body: object, idempotencyKey = `k-${++keys}`): Promise<Answer> =>
  api.send('POST', `/v1/transfers${path}`, { key, body, headers: { 'idempotency-key': idempotencyKey } });
const reverse = (id: string, part: object = {}, idempotencyKey?: string): Promise<Answer> =>
  post(`/${id}/reversal`, { reason: 'back', ...part }, idempotencyKey);

async function give(...legs: object[]): Promise<string> {
  const { status, body } = await post('', { legs, reason: 'gift' });
  expect(status).toBe(201);
  return (body as { id: string }).id;
}

async function balanceOf(player: string): Promise<string | undefined> {
  const { body } = await api.send('GET', `/v1/players/${player}/balances`, { key });
  return (body as { data: { posted: string }[] }).data[0]?.posted;
}

describe('a reversal', () => {
  it('of a part gives back so much, each by its key, and the last of all gives back what is left', async () => {
    const id = await give(leg('system:mint', 'player:ann', '100'));
    const first = await reverse(id, { amount: '30' }, 'part-1');
    expect(first).toMatchObject({
      status: 201,
      body: { reverses: id, legs: [leg('player:ann', 'system:mint', '30')] },
    });
    expect((await reverse(id, { amount: '30' }, 'part-1')).body).toEqual(first.body);
    expectProblem(await reverse(id, { amount: '31' }, 'part-1'), 422, 'idempotency-key-reused');
    expectProblem(await reverse(id, { amount: '71' }), 409, 'reversal-too-large');
    expect((await reverse(id, { legs: [{ leg: 0, amount: '20' }] })).status).toBe(201);
    const rest = await reverse(id, {}, 'rest');
    expect(rest).toMatchObject({ status: 201, body: { legs: [leg('player:ann', 'system:mint', '50')] } });
    expect((await reverse(id, {}, 'rest')).body).toEqual(rest.body);
    for (const part of [{}, { amount: '1' }]) expectProblem(await reverse(id, part), 409, 'already-reversed');
    expect(await balanceOf('ann')).toBe('0');
  });

  it('of some legs leaves the others, of which the rest is given back later', async () => {
    const id = await give(leg('system:mint', 'player:bob', '10'), leg('system:mint', 'player:cid', '20'));
    const some = await reverse(id, { legs: [{ leg: 1, amount: '20' }] });
    expect(some.body).toMatchObject({ legs: [leg('player:cid', 'system:mint', '20')] });
    expectProblem(
      await reverse(id, {
        legs: [
          { leg: 0, amount: '10' },
          { leg: 1, amount: '1' },
        ],
      }),
      409,
      'already-reversed',
    );
    expect(await balanceOf('bob')).toBe('10');
    expect((await reverse(id)).body).toMatchObject({ legs: [leg('player:bob', 'system:mint', '10')] });
  });

  it('in 64 parts at once comes to what was moved, and not to more', async () => {
    const id = await give(leg('system:mint', 'player:dan', '100'));
    const answers = await Promise.all(Array.from({ length: 64 }, () => reverse(id, { amount: '7' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(14);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expectProblem(answer, 409, 'reversal-too-large');
    expect(await balanceOf('dan')).toBe('2');
  });

  it('of what the transfer does not have is refused before anything is written', async () => {
    const id = await give(leg('system:mint', 'player:eve', '5'), leg('system:mint', 'player:fay', '5'));
    const before = await rowCounts(api.session);
    for (const [part, pointer] of [
      [{ amount: '5' }, '/amount'],
      [{ legs: [{ leg: 2, amount: '5' }] }, '/legs/0/leg'],
      [{ amount: '5', legs: [{ leg: 0, amount: '5' }] }, '/amount'],
      [{ legs: [1, 1].map((place) => ({ leg: place, amount: '1' })) }, '/legs/1/leg'],
    ] as const)
      expect(expectProblem(await reverse(id, part), 400, 'validation-failed').errors).toMatchObject([{ pointer }]);
    expect(await rowCounts(api.session)).toEqual(before);
  });

  it('of a reversal of a part is refused', async () => {
    const id = await give(leg('system:mint', 'player:gus', '5'));
    const { body } = await reverse(id, { amount: '2' });
    expectProblem(await reverse((body as { id: string }).id, { amount: '1' }), 409, 'not-reversible');
  });
});

describe('the database refuses', () => {
  it.each([
    ['a piece that begins where one has begun', 'reversed_before', '23505'],
    ['a piece above the leg', 'leg_amount', '23514'],
  ])('%s', async (_, before, code) => {
    await reverse(await give(leg('system:mint', 'player:hal', '9')), { amount: '4' });
    const sql = `insert into ledger.reversed_legs
      select reverses, leg, ${before}, 1, leg_amount, transfer_id from ledger.reversed_legs where amount = 4`;
    await expect(api.session.query(sql)).rejects.toMatchObject({ code });
  });

  it.each(['update ledger.reversed_legs set amount = 1', 'delete from ledger.reversed_legs'])('to %s', async (sql) => {
    await expect(api.session.query(sql)).rejects.toMatchObject({ code: '23001' });
  });
});
