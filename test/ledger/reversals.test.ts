import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem, rowCounts, type Answer, type Api } from '../http/api.js';
import { goldLeg, openLedgerApi, type LedgerApi } from './ledger-api.js';

/* Reversals of a transfer in parts: several by key, and never above what was moved. */

let ledger: LedgerApi;
let api: Api;

beforeAll(async () => {
  ledger = await openLedgerApi();
  api = ledger.api;
});
afterAll(() => api.close());

const reverse = (id: string, part: object = {}, idempotencyKey?: string, as?: string): Promise<Answer> =>
  ledger.post(
    { reason: 'back', ...part },
    { path: `/${id}/reversal`, ...(idempotencyKey && { idempotencyKey }), ...(as && { as }) },
  );

async function give(...legs: object[]): Promise<string> {
  const { status, body } = await ledger.post({ legs, reason: 'gift' });
  expect(status).toBe(201);
  return (body as { id: string }).id;
}

async function balanceOf(player: string): Promise<string | undefined> {
  const body = await ledger.read(`/v1/players/${player}/balances`);
  return (body as { data: { posted: string }[] }).data[0]?.posted;
}

describe('a reversal', () => {
  it('of a part gives back so much, each by its key, and the last of all gives back what is left', async () => {
    const id = await give(goldLeg('system:mint', 'player:ann', '100'));
    const first = await reverse(id, { amount: '30' }, 'part-1');
    expect(first).toMatchObject({
      status: 201,
      body: { reverses: id, legs: [goldLeg('player:ann', 'system:mint', '30')] },
    });
    expect((await reverse(id, { amount: '30' }, 'part-1')).body).toEqual(first.body);
    expectProblem(await reverse(id, { amount: '31' }, 'part-1'), 422, 'idempotency-key-reused');
    expectProblem(await reverse(id, { amount: '71' }), 409, 'reversal-too-large');
    expect((await reverse(id, { legs: [{ leg: 0, amount: '20' }] })).status).toBe(201);
    const rest = await reverse(id, {}, 'rest');
    expect(rest).toMatchObject({ status: 201, body: { legs: [goldLeg('player:ann', 'system:mint', '50')] } });
    expect((await reverse(id, {}, 'rest')).body).toEqual(rest.body);
    for (const part of [{}, { amount: '1' }]) expectProblem(await reverse(id, part), 409, 'already-reversed');
    expect(await balanceOf('ann')).toBe('0');
  });

  it('of some legs leaves the others, of which the rest is given back later', async () => {
    const id = await give(goldLeg('system:mint', 'player:bob', '10'), goldLeg('system:mint', 'player:cid', '20'));
    const some = await reverse(id, { legs: [{ leg: 1, amount: '20' }] });
    expect(some.body).toMatchObject({ legs: [goldLeg('player:cid', 'system:mint', '20')] });
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
    expect((await reverse(id)).body).toMatchObject({ legs: [goldLeg('player:bob', 'system:mint', '10')] });
  });

  it('in 64 parts at once comes to what was moved, and not to more', async () => {
    const id = await give(goldLeg('system:mint', 'player:dan', '100'));
    const answers = await Promise.all(Array.from({ length: 64 }, () => reverse(id, { amount: '7' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(14);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expectProblem(answer, 409, 'reversal-too-large');
    expect(await balanceOf('dan')).toBe('2');
  });

  it('of what the transfer does not have is refused before anything is written', async () => {
    const id = await give(goldLeg('system:mint', 'player:eve', '5'), goldLeg('system:mint', 'player:fay', '5'));
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
    const id = await give(goldLeg('system:mint', 'player:gus', '5'));
    const { body } = await reverse(id, { amount: '2' });
    expectProblem(await reverse((body as { id: string }).id, { amount: '1' }), 409, 'not-reversible');
  });
});

describe('a transfer', () => {
  const taken = (policy: object): object => ({
    legs: [goldLeg('player:ira', 'system:store', '6')],
    reason: 'chargeback',
    debit: policy,
  });

  it('says how much of each leg is reversed, and its reversal which part of which leg it has given back', async () => {
    const id = await give(goldLeg('system:mint', 'player:jan', '10'), goldLeg('system:mint', 'player:kim', '20'));
    await reverse(id, { legs: [{ leg: 1, amount: '5' }] });
    const { body } = await reverse(id, { legs: [{ leg: 1, amount: '7' }] });
    const { id: second } = body as { id: string };
    const { data } = (await ledger.read(`/v1/transfers?limit=3`)) as { data: { id: string; legs: object[] }[] };
    const legs = [
      goldLeg('system:mint', 'player:jan', '10'),
      { ...goldLeg('system:mint', 'player:kim', '20'), reversed: '12' },
    ];
    expect(await ledger.read(`/v1/transfers/${id}`)).toMatchObject({ legs });
    expect(data.find((one) => one.id === id)?.legs).toEqual(legs);
    expect(data.find((one) => one.id === second)?.legs).toEqual([goldLeg('player:kim', 'system:mint', '7')]);
    const { rows } = await api.session.query<{ parts: unknown }>(
      `select data->'parts' as parts from ledger.facts where subject = any($1) order by id`,
      [[id, second]],
    );
    expect(rows).toEqual([{ parts: null }, { parts: [{ leg: 1, amount: '7', reversed: '12' }] }]);
  });

  it.each([{ policy: 'debt' }, { policy: 'freeze' }, { policy: 'available', writeOff: 'system:mint' }])(
    'that was forced by %j says so, and is reversed by who may force alone',
    async (policy) => {
      const { status, body } = await ledger.post(taken(policy));
      expect({ status, body }).toMatchObject({ status: 201, body: { forced: policy.policy } });
      const { id } = body as { id: string };
      expect(await ledger.read(`/v1/transfers/${id}`)).toMatchObject({ forced: policy.policy });
      const { rows } = await api.session.query<{ forced: string }>(
        `select data->>'forced' as forced from ledger.facts where type = 'transfer.posted' and subject = $1`,
        [id],
      );
      expect(rows).toEqual([{ forced: policy.policy }]);
      const other = await ledger.keyWith('transfers:write', 'transfers:read');
      const before = await rowCounts(api.session);
      expectProblem(await reverse(id, {}, 'forced', other), 403, 'forbidden');
      expect(await rowCounts(api.session)).toEqual(before);
      expect((await reverse(id, {}, `forced-${id}`)).status).toBe(201);
    },
  );

  it('that was not forced says nothing of it, and is reversed by who may transfer', async () => {
    const id = await give(goldLeg('system:mint', 'player:lou', '1'));
    expect(await ledger.read(`/v1/transfers/${id}`)).not.toHaveProperty('forced');
    const other = await ledger.keyWith('transfers:write', 'transfers:read');
    expect((await reverse(id, {}, 'by-another', other)).status).toBe(201);
  });

  it('gives back also to who has come to hold as much as a player can', async () => {
    const body = { name: 'Dust', kind: 'currency', maxBalance: '10' };
    expect((await api.send('PUT', '/v1/assets/dust', { key: ledger.key, body })).status).toBe(201);
    const dust = (from: string, to: string): object => ({ ...goldLeg(from, to, '10'), asset: 'dust' });
    await give(dust('system:mint', 'player:max'));
    const id = await give(dust('player:max', 'system:store'));
    await give(dust('system:mint', 'player:max'));
    expect((await reverse(id)).status).toBe(201);
    expect(await balanceOf('max')).toBe('20');
  });
});

describe('the database refuses', () => {
  it.each([
    ['a piece that begins where one has begun', 'reversed_before', '23505'],
    ['a piece above the leg', 'leg_amount', '23514'],
  ])('%s', async (_, before, code) => {
    await reverse(await give(goldLeg('system:mint', 'player:hal', '9')), { amount: '4' });
    const sql = `insert into ledger.reversed_legs
      select reverses, leg, ${before}, 1, leg_amount, transfer_id from ledger.reversed_legs where amount = 4`;
    await expect(api.session.query(sql)).rejects.toMatchObject({ code });
  });

  it.each(['update ledger.reversed_legs set amount = 1', 'delete from ledger.reversed_legs'])('to %s', async (sql) => {
    await expect(api.session.query(sql)).rejects.toMatchObject({ code: '23001' });
  });
});
