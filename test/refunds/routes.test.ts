import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import { PaymentsReads } from '../../src/payments/payments.reads.js';
import type { RefundState } from '../../src/payments/refunds.types.js';
import { PURCHASES_SERVICE } from '../../src/purchases/purchases.tokens.js';
import { REFUNDS_SERVICE } from '../../src/refunds/refunds.tokens.js';
import { expectProblem, openApi, type Answer, type Api } from '../http/api.js';
import { closingOf } from './till.js';

/* Refunds over HTTP. No run settles anything: what a saga would write, a test does. */

let api: Api;
let key: string;
/** What providers have told of refunds. */
const told = new Map<string, RefundState>();

beforeAll(async () => {
  api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  const nothing = { reference: null, reason: null, unknown: false, parked: null };
  api.app.get(PaymentsReads, { strict: false }).refundViews = (_title, ids) =>
    Promise.resolve(
      new Map(
        ids.flatMap((id) =>
          [...told].filter(([one]) => one === id).map(([, state]) => [id, { id, state, ...nothing }]),
        ),
      ),
    );
  key = await api.makeTitle('arena');
  const must = async (method: string, path: string, body?: unknown): Promise<void> => {
    const { status } = await api.send(method, path, { key, body });
    expect([path, status < 300]).toEqual([path, true]);
  };
  await must('PUT', '/v1/assets/gold', { name: 'Gold', kind: 'currency' });
  await must('PUT', '/v1/items/sword', { name: 'Sword' });
  await must('PUT', '/v1/products/pack', {
    name: 'Pack',
    content: { amounts: [{ asset: 'gold', amount: '5' }], items: [{ item: 'sword', count: 1 }] },
    prices: { virtual: [{ asset: 'gold', amount: '10' }], money: [{ currency: 'EUR', amount: '499' }] },
  });
  await must('POST', '/v1/products/pack/publish');
  await must('PUT', '/v1/payment-accounts/stripe', {
    secretKey: 'sk_test_ofTheRefundsTest',
    settlementCurrency: 'EUR',
    spentGoods: 'freeze',
  });
});
afterAll(() => api.close());

const gold = { asset: 'gold', amount: '10' };
const euros = { currency: 'EUR', amount: '499', provider: 'stripe' };
let sent = 0;
const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  api.send('POST', path, { key, body, headers: { 'idempotency-key': `key-${++sent}`, ...headers } });
const get = async (path: string): Promise<Record<string, unknown>> => {
  const { status, body } = await api.send('GET', path, { key });
  expect([path, status]).toEqual([path, 200]);
  return body as Record<string, unknown>;
};
const idOf = ({ body }: Answer): string => (body as { id: string }).id;
const service = (token: symbol): DealsService<never> => api.app.get<DealsService<never>>(token, { strict: false });
const end = (id: string, how: Parameters<typeof closingOf>[1]): Promise<unknown> =>
  service(REFUNDS_SERVICE).close([closingOf(id, how)]);

async function purchaseOf(pay: object = gold): Promise<string> {
  const id = idOf(await post('/v1/purchases', { player: 'ann', product: 'pack', pay }));
  await service(PURCHASES_SERVICE).close([{ id, state: 'settled' }]);
  return id;
}

it('a refund is answered with what it gives and takes, and is read, listed, and seen as a saga', async () => {
  const purchase = await purchaseOf();
  const refunds = `/v1/purchases/${purchase}/refunds`;
  const answer = await post(refunds, { reason: 'asked for' });
  const id = idOf(answer);
  expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/refunds/${id}`]);
  const { content } = (await get(`/v1/purchases/${purchase}`)) as {
    content: { items: { instances: string[] }[] };
  };
  expect(answer.body).toEqual({
    id: expect.stringMatching(/^rfd_/),
    state: 'planned',
    purchase,
    player: 'ann',
    product: 'pack',
    amount: '10',
    pay: { asset: 'gold' },
    takes: {
      amounts: [{ asset: 'gold', amount: '5' }],
      items: [{ instance: content.items[0]?.instances[0], owed: '5' }],
    },
    spentGoods: 'debt',
    restock: false,
    grounds: 'asked for',
    workflow: { id: expect.any(String), url: expect.any(String) },
    createdAt: expect.any(String),
  });
  expect(await get(`/v1/refunds/${id}`)).toEqual(answer.body);
  for (const list of [refunds, '/v1/refunds', `/v1/refunds?purchase=${purchase}&state=accepted&player=ann`])
    expect(await get(list)).toEqual({ data: [answer.body], next: null });
  expect(await get(`/v1/sagas/${id}`)).toMatchObject({ id, kind: 'refund', deal: { url: `/v1/refunds/${id}` } });
  expect(await get('/v1/sagas?kind=refund')).toMatchObject({ data: [{ id, players: ['ann'] }] });
  await end(id, 'succeeded');
});

it('a purchase says how far it is refunded, also in the list', async () => {
  const purchase = await purchaseOf();
  const refunds = `/v1/purchases/${purchase}/refunds`;
  const shown = async (): Promise<unknown[]> => {
    const { state, refunded } = await get(`/v1/purchases/${purchase}`);
    const { data } = (await get('/v1/purchases?state=completed&limit=1')) as { data: Record<string, unknown>[] };
    expect([data[0]?.['state'], data[0]?.['refunded']]).toEqual([state, refunded]);
    return [state, refunded];
  };
  expect(await shown()).toEqual(['completed', undefined]);
  const first = idOf(await post(refunds, { amount: '4', reason: 'x' }));
  expect(await shown()).toEqual(['refunding', undefined]);
  await end(first, 'failed');
  expect(await shown()).toEqual(['completed', undefined]);
  await end(idOf(await post(refunds, { amount: '4', reason: 'x' })), 'succeeded');
  expect(await shown()).toEqual(['partially_refunded', '4']);
  const rest = idOf(await post(refunds, { reason: 'x' }));
  expect(await shown()).toEqual(['refunding', '4']);
  await end(rest, 'succeeded');
  expect(await shown()).toEqual(['refunded', '10']);
  expectProblem(await post(refunds, { reason: 'x' }), 409, 'already-refunded');
});

it('more than is left is refused with what is left, and a key answers for ever', async () => {
  const purchase = await purchaseOf(euros);
  const refunds = `/v1/purchases/${purchase}/refunds`;
  const answer = await post(refunds, { amount: '100', reason: 'x' }, { 'idempotency-key': 'once' });
  expect(answer.body).toMatchObject({ spentGoods: 'freeze', pay: { currency: 'EUR', provider: 'stripe' } });
  expect(expectProblem(await post(refunds, { amount: '400', reason: 'x' }), 409, 'refund-too-large')).toMatchObject({
    left: { currency: 'EUR', amount: '399' },
    errors: [{ pointer: '/amount' }],
  });
  const again = await post(refunds, { reason: 'x', amount: '100' }, { 'idempotency-key': 'once' });
  expect([again.headers.get('idempotency-replayed'), idOf(again)]).toEqual(['true', idOf(answer)]);
  for (const [path, body] of [
    [refunds, { amount: '101', reason: 'x' }],
    [`/v1/purchases/${await purchaseOf(euros)}/refunds`, { amount: '100', reason: 'x' }],
  ] as const)
    expectProblem(await post(path, body, { 'idempotency-key': 'once' }), 422, 'idempotency-key-reused');
});

it('a refund of real money says how far it is with its provider, and how it has ended', async () => {
  const purchase = await purchaseOf(euros);
  const id = idOf(await post(`/v1/purchases/${purchase}/refunds`, { amount: '9', reason: 'x', spentGoods: 'absorb' }));
  const state = async (): Promise<unknown> => (await get(`/v1/refunds/${id}`))['state'];
  expect(await state()).toBe('planned');
  told.set(id, 'sending');
  expect(await state()).toBe('sent');
  await service(REFUNDS_SERVICE).wait([{ id, for: 'provider', until: new Date(Date.now() + 60_000).toISOString() }]);
  expect(await state()).toBe('pending');
  told.set(id, 'requires_action');
  expect(await state()).toBe('requires_action');
  await end(id, 'canceled');
  expect(await get(`/v1/refunds/${id}`)).toMatchObject({ state: 'canceled', reason: { code: 'refund-canceled' } });
});

it('an answer that was waited for is the outcome', async () => {
  const purchase = await purchaseOf();
  const waiting = post(`/v1/purchases/${purchase}/refunds`, { reason: 'x' }, { prefer: 'wait=20' });
  setTimeout(() => {
    void get(`/v1/purchases/${purchase}/refunds`).then(({ data }) =>
      end((data as { id: string }[])[0]?.id ?? '', 'succeeded'),
    );
  }, 500);
  const { status, headers, body } = await waiting;
  expect([status, headers.get('preference-applied'), body]).toEqual([
    200,
    'wait=20',
    expect.objectContaining({ state: 'succeeded', closedAt: expect.any(String) }),
  ]);
});

it('a purchase in real money that is not paid is cancelled instead', async () => {
  const id = idOf(await post('/v1/purchases', { player: 'ann', product: 'pack', pay: euros }));
  expectProblem(await post(`/v1/purchases/${id}/refunds`, { reason: 'x' }), 409, 'purchase-not-paid');
  const cause = { code: 'purchase-cancelled', detail: 'The purchase was cancelled.' };
  await service(PURCHASES_SERVICE).close([{ id, state: 'compensated', cause }]);
  const answer = await post(`/v1/purchases/${id}/refunds`, { reason: 'x' });
  const { detail } = expectProblem(answer, 409, 'purchase-not-paid');
  expect(detail).toContain('It is cancelled.');
});
