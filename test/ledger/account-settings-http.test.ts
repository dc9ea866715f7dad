import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import { expectProblem, type Answer, type Api } from '../http/api.js';
import { openLedgerApi, type LedgerApi } from './ledger-api.js';

let ledger: LedgerApi;
let api: Api;
let key: string;

beforeAll(async () => {
  ledger = await openLedgerApi();
  ({ api, key } = ledger);
});
afterAll(() => api.close());

const path = '/v1/players/ann/balances/gold';
const put = (what: string, body: object, as = ledger.key): Promise<Answer> =>
  api.send('PUT', `${path}/${what}`, { key: as, body: { operator: 'olga', reason: 'The card was stolen.', ...body } });

it('the state and the debt limit are set, shown with the balance, and listed with by whom and why', async () => {
  const now = { asset: 'gold', posted: '0', held: '0', available: '0', version: 0, state: 'open', debtLimit: '250' };
  expect(await put('debt-limit', { debtLimit: '250' })).toMatchObject({ status: 200, body: now });
  expect((await put('state', { state: 'frozen' })).body).toEqual({ ...now, state: 'frozen' });
  expect((await put('state', { state: 'frozen', reason: 'again' })).body).toEqual({ ...now, state: 'frozen' });
  expect((await put('debt-limit', { debtLimit: '0', reason: 'back' })).body).toMatchObject({ debtLimit: '0' });
  expect((await api.send('GET', '/v1/players/ann/balances', { key })).body).toEqual({
    data: [{ ...now, state: 'frozen', debtLimit: '0' }],
  });
  const by = { operator: 'olga', reason: 'The card was stolen.', createdAt: expect.any(String) };
  expect((await api.send('GET', `${path}/changes`, { key })).body).toEqual({
    data: [
      { setting: 'debtLimit', from: '250', to: '0', ...by, reason: 'back' },
      { setting: 'state', from: 'open', to: 'frozen', ...by },
      { setting: 'debtLimit', from: '0', to: '250', ...by },
    ],
    next: null,
  });
});

it('a transfer from a frozen account is refused, and one to a closed account too', async () => {
  const book = (from: string, to: string): Promise<Answer> =>
    api.send('POST', '/v1/transfers', {
      key,
      body: { legs: [{ from, to, asset: 'gold', amount: '5' }], reason: 'x' },
      headers: { 'idempotency-key': `${from} to ${to}`.replaceAll(' ', '-') },
    });
  expect((await put('state', { state: 'frozen' })).status).toBe(200);
  expectProblem(await book('player:ann', 'player:bob'), 409, 'account-frozen');
  expect((await put('state', { state: 'closed' })).status).toBe(200);
  expectProblem(await book('system:mint', 'player:ann'), 409, 'account-closed');
  expect((await put('state', { state: 'open' })).status).toBe(200);
  expect((await book('system:fees', 'player:ann')).status).toBe(409);
  const given = await api.send('POST', '/v1/transfers', {
    key,
    body: { legs: [{ from: 'system:mint', to: 'player:ann', asset: 'gold', amount: '5' }], reason: 'x' },
    headers: { 'idempotency-key': 'given' },
  });
  expect(given.status).toBe(201);
  expectProblem(await put('state', { state: 'closed' }), 409, 'account-not-empty');
});

it('a key without the scope sets nothing', async () => {
  const other = await ledger.keyWith('transfers:write', 'players:read');
  expectProblem(await put('state', { state: 'open' }, other), 403, 'forbidden');
  expectProblem(await put('debt-limit', { debtLimit: '5' }, other), 403, 'forbidden');
});

it('what a player owes of real money is set and listed by the code of its currency', async () => {
  const legs = [{ from: 'player:ann', to: 'system:mint', asset: 'EUR', amount: 7n }];
  const taken = { title: 'arena', key: 'exchange/euros', kind: 'paid', legs, reason: 'x' } as const;
  await api.app.get(LedgerService, { strict: false }).transfer([{ ...taken, debit: { policy: 'freeze' } }]);
  const of = '/v1/players/ann/balances/EUR';
  const body = { operator: 'olga', reason: 'paid by hand', state: 'open' };
  expect(await api.send('PUT', `${of}/state`, { key, body })).toMatchObject({
    status: 200,
    body: { posted: '-7', state: 'open' },
  });
  expect(await ledger.read(`${of}/changes`)).toMatchObject({ data: [{ operator: 'olga' }, { operator: 'veltrix' }] });
  expect(await ledger.read(`${of}/debt-payments`)).toEqual({ data: [], next: null });
  expect(await ledger.read('/v1/players/ann/debts')).toMatchObject({
    data: [{ asset: 'EUR', amount: '7', paid: '0' }],
  });
});
