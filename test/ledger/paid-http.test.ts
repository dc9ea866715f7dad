import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ledgerActivities } from '../../activities/ledger.activities.js';
import { asset, transfer, transferPage } from '../../src/ledger/ledger.shapes.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import { expectProblem, openApi, rowCounts, type Api } from '../http/api.js';

/* What a title sees of money that was paid in, and that it can do nothing with it. */

let api: Api;
let key: string;
const id = 'pur_0198c0de-7a11-7000-8000-000000000001';

beforeAll(async () => {
  api = await openApi();
  key = await api.makeTitle('arena');
  await api.send('PUT', '/v1/assets/gold', { key, body: { name: 'Gold', kind: 'currency' } });
  await grant();
});
afterAll(() => api.close());

/** The step that grants what is paid, as a run makes it. */
async function grant(): Promise<void> {
  const { steps } = ledgerActivities(api.app.get(LedgerService, { strict: false }));
  const answers = await steps.ledgerTransfer([
    {
      id,
      title: 'arena',
      legs: [
        { from: 'system:mint', to: 'system:clearing:stripe', asset: 'EUR', amount: '499' },
        { from: 'system:mint', to: 'player:ann', asset: 'gold', amount: '500' },
      ],
      paid: true,
    },
  ]);
  expect(answers).toEqual({ count: 1, common: { outcome: 'posted' }, exceptions: [] });
}

const get = async (path: string): Promise<unknown> => {
  const { status, body } = await api.send('GET', path, { key });
  expect({ status, body }).toMatchObject({ status: 200 });
  return body;
};
const post = (body: object) => api.send('POST', '/v1/transfers', { key, body, headers: { 'idempotency-key': 'k-1' } });

it('a step whose money is captured books a transfer of kind paid, which the title reads and lists', async () => {
  const page = transferPage.parse(await get(`/v1/transfers?reference=${id}`));
  expect(page.data).toMatchObject([
    {
      kind: 'paid',
      reference: id,
      legs: [
        { from: 'system:mint', to: 'system:clearing:stripe', asset: 'EUR', amount: '499' },
        { from: 'system:mint', to: 'player:ann', asset: 'gold', amount: '500' },
      ],
    },
  ]);
  const [booked] = page.data;
  expect(transfer.parse(await get(`/v1/transfers/${booked?.id}`))).toEqual(booked);
  expect(transferPage.parse(await get('/v1/transfers?player=ann')).data).toEqual([booked]);
});

it('a step that is made again grants nothing more, however often', async () => {
  const before = await rowCounts(api.session);
  await Promise.all([grant(), grant()]);
  await grant();
  expect(await rowCounts(api.session)).toEqual(before);
});

it('the currency is an asset that the title reads and cannot define', async () => {
  const read = asset.parse(await get('/v1/assets/EUR'));
  expect(read).toMatchObject({ code: 'EUR', name: 'EUR', kind: 'currency', scale: 2, tradeable: false });
  expect(await get('/v1/assets')).toMatchObject({ data: [read, { code: 'gold' }] });
  const before = await rowCounts(api.session);
  for (const code of ['EUR', 'USD']) {
    const answer = await api.send('PUT', `/v1/assets/${code}`, { key, body: { name: 'Euro', kind: 'currency' } });
    expectProblem(answer, 400, 'validation-failed');
  }
  expect(await rowCounts(api.session)).toEqual(before);
});

it('the player has what was bought, and nothing of the money', async () => {
  expect(await get('/v1/players/ann/balances')).toMatchObject({ data: [{ asset: 'gold', posted: '500' }] });
  expect(await get('/v1/players/ann/entries?asset=EUR')).toEqual({ data: [], next: null });
});

it.each([
  ['the currency', { from: 'system:mint', to: 'player:ann', asset: 'EUR', amount: '1' }],
  ['the clearing, to give to it', { from: 'player:ann', to: 'system:clearing:stripe', asset: 'gold', amount: '1' }],
  ['the clearing, to take from it', { from: 'system:clearing:stripe', to: 'player:ann', asset: 'EUR', amount: '1' }],
])('a transfer of the title names %s, and is refused', async (_, leg) => {
  const before = await rowCounts(api.session);
  expectProblem(await post({ legs: [leg], reason: 'x' }), 400, 'validation-failed');
  expect(await rowCounts(api.session)).toEqual(before);
});
