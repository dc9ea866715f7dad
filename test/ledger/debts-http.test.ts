import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { expectProblem, rowCounts, type Answer, type Api } from '../http/api.js';
import { goldLeg, openLedgerApi, type LedgerApi } from './ledger-api.js';

let ledger: LedgerApi;
let api: Api;

beforeAll(async () => {
  ledger = await openLedgerApi();
  api = ledger.api;
});
afterAll(() => api.close());

const legs = (from: string, to: string, amount: string): object[] => [goldLeg(from, to, amount)];
const post = (body: object, as?: string, idempotencyKey?: string): Promise<Answer> =>
  ledger.post(body, { ...(as && { as }), ...(idempotencyKey && { idempotencyKey }) });
const read = (path: string): Promise<unknown> => ledger.read(`/v1/players/${path}`);

it('a key without the scope transfers:force forces nothing, and may say that it does not', async () => {
  const other = await ledger.keyWith('transfers:write');
  const before = await rowCounts(api.session);
  const sent = { legs: legs('player:ann', 'system:store', '5'), reason: 'x' };
  for (const debit of [{ policy: 'debt' }, { policy: 'freeze' }, { policy: 'available', writeOff: 'system:mint' }])
    expectProblem(await post({ ...sent, debit }, other), 403, 'forbidden');
  expect(await rowCounts(api.session)).toEqual(before);
  expectProblem(await post({ ...sent, debit: { policy: 'refuse' } }, other), 409, 'insufficient-funds');
});

it('what is owed is listed with why, and paid by what the player is given', async () => {
  const forced = { legs: legs('player:bob', 'system:store', '30'), reason: 'chargeback', reference: 'pur-7' };
  const { status, body } = await post({ ...forced, debit: { policy: 'debt' } });
  expect({ status, body }).toMatchObject({
    status: 201,
    body: { balances: [{ owner: 'player:bob', posted: '-30', available: '-30' }, {}] },
  });
  const { id: made } = body as { id: string };
  const given = (await post({ legs: legs('system:mint', 'player:bob', '12'), reason: 'quest' })).body as { id: string };
  const createdAt = expect.any(String);
  expect(await read('bob/debts')).toEqual({
    data: [
      {
        asset: 'gold',
        transfer: made,
        reason: 'chargeback',
        reference: 'pur-7',
        amount: '30',
        paid: '12',
        state: 'open',
        createdAt,
      },
    ],
    next: null,
  });
  const payments = { data: [{ debt: made, transfer: given.id, amount: '12', createdAt }], next: null };
  expect(await read('bob/balances/gold/debt-payments')).toEqual(payments);
  await post({ legs: legs('system:mint', 'player:bob', '20'), reason: 'quest' });
  expect(await read('bob/debts?state=open')).toEqual({ data: [], next: null });
  expect(await read('bob/debts?state=paid&asset=gold')).toMatchObject({ data: [{ paid: '30', state: 'paid' }] });
});

it('a debit of what is available answers and lists the legs that were booked', async () => {
  await post({ legs: legs('system:mint', 'player:cid', '10'), reason: 'quest' });
  const debit = { policy: 'available', writeOff: 'system:mint' };
  const sent = { legs: legs('player:cid', 'system:store', '25'), reason: 'chargeback', debit };
  const first = await post(sent, undefined, 'split');
  const booked = [...legs('player:cid', 'system:store', '10'), ...legs('system:mint', 'system:store', '15')];
  expect(first).toMatchObject({ status: 201, body: { legs: booked } });
  expect((await post(sent, undefined, 'split')).body).toEqual(first.body);
  const { id } = first.body as { id: string };
  expect(await ledger.read(`/v1/transfers/${id}`)).toMatchObject({ legs: booked });
  const other = { ...debit, writeOff: 'system:fees' };
  expectProblem(await post({ ...sent, debit: other }, undefined, 'split'), 422, 'idempotency-key-reused');
});

it('a debit that freezes is listed among the changes of the account that came short', async () => {
  const sent = { legs: legs('player:dan', 'system:store', '5'), reason: 'chargeback', reference: 'pur-8' };
  expect((await post({ ...sent, debit: { policy: 'freeze' } })).status).toBe(201);
  expect(await read('dan/balances')).toMatchObject({ data: [{ posted: '-5', state: 'frozen' }] });
  const reason: unknown = expect.stringMatching(/ of pur-8 has taken more/);
  expect(await read('dan/balances/gold/changes')).toMatchObject({
    data: [{ setting: 'state', from: 'open', to: 'frozen', operator: 'veltrix', reason }],
  });
});
