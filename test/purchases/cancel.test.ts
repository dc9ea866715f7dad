import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import { PaymentsReads } from '../../src/payments/payments.reads.js';
import { PaymentsService } from '../../src/payments/payments.service.js';
import type { PaymentView } from '../../src/payments/payments.types.js';
import { PURCHASES_SERVICE } from '../../src/purchases/purchases.tokens.js';
import type { PurchaseTerms } from '../../src/purchases/purchases.types.js';
import { expectProblem, openApi, type Answer, type Api } from '../http/api.js';

/* Purchases in real money over HTTP. What becomes of the payments is what a test says. */

let api: Api;
let key: string;
/** What the payments say, by purchase. */
const views = new Map<string, PaymentView>();
/** How payments are turned back, and those that were. */
let becomes: 'turned-back' | 'captured' | 'processing';
let turnedBack: unknown[];

beforeAll(async () => {
  api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  const reads = api.app.get(PaymentsReads, { strict: false });
  reads.views = (_title, ids) =>
    Promise.resolve(new Map(ids.flatMap((id) => [views.get(id) ?? []].flat().map((view) => [id, view] as const))));
  const payments = api.app.get(PaymentsService, { strict: false });
  payments.turnBack = (...asked) => {
    turnedBack.push(asked);
    return Promise.resolve(becomes);
  };
  key = await api.makeTitle('arena');
  const must = async (method: string, path: string, body?: unknown): Promise<void> => {
    const { status } = await api.send(method, path, { key, body });
    expect([path, status < 300]).toEqual([path, true]);
  };
  await must('PUT', '/v1/assets/gold', { name: 'Gold', kind: 'currency' });
  await must('PUT', '/v1/products/pack', {
    name: 'Pack',
    content: { amounts: [{ asset: 'gold', amount: '5' }] },
    prices: { virtual: [{ asset: 'gold', amount: '1' }], money: [{ currency: 'EUR', amount: '499' }] },
  });
  await must('POST', '/v1/products/pack/publish');
  await must('PUT', '/v1/payment-accounts/stripe', {
    secretKey: 'sk_test_ofTheCancelTest',
    settlementCurrency: 'EUR',
    spentGoods: 'debt',
  });
});
afterAll(() => api.close());
beforeEach(() => {
  becomes = 'turned-back';
  turnedBack = [];
});

const euros = { currency: 'EUR', amount: '499', provider: 'stripe' };
let made = 0;

function order(pay: unknown = euros, name = `order-${++made}`): Promise<Answer> {
  const body = { player: 'ann', product: 'pack', pay };
  return api.send('POST', '/v1/purchases', { key, headers: { 'idempotency-key': name }, body });
}

async function idOf(answer: Promise<Answer>): Promise<string> {
  const { status, body } = await answer;
  expect(status).toBe(202);
  return (body as { id: string }).id;
}

const cancel = (id: string, headers: Record<string, string> = {}): Promise<Answer> =>
  api.send('POST', `/v1/purchases/${id}/cancel`, { key, headers });

const service = (): DealsService<PurchaseTerms> =>
  api.app.get<DealsService<PurchaseTerms>>(PURCHASES_SERVICE, { strict: false });

const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

describe('a purchase in money', () => {
  it('says what is paid and how, and how its payment is as soon as there is one', async () => {
    const { status, body } = await order({ ...euros, method: 'pm_card_visa' });
    expect([status, body]).toEqual([
      202,
      expect.objectContaining({
        state: 'accepted',
        pay: { ...euros, method: 'pm_card_visa' },
        payment: { provider: 'stripe' },
      }),
    ]);
    const { id } = body as { id: string };
    views.set(id, {
      ...{ id, provider: 'stripe', state: 'requires_action', unknown: false, parked: null },
      ...{ reference: 'pi_1', dispute: null, clientSecret: 'pi_1_secret', deadline: new Date() },
    });
    const shown = { state: 'requires_action', payment: { provider: 'stripe', reference: 'pi_1' } };
    const paying = { ...shown, payment: { ...shown.payment, clientSecret: 'pi_1_secret' } };
    expect((await api.send('GET', `/v1/purchases/${id}`, { key })).body).toMatchObject(paying);
    const { body: list } = await api.send('GET', '/v1/purchases?limit=1', { key });
    expect((list as { data: unknown[] }).data).toMatchObject([paying]);
    await service().close([{ id, state: 'settled' }]);
    const { body: closed } = await api.send('GET', `/v1/purchases/${id}`, { key });
    expect(closed).toMatchObject({ state: 'completed', payment: shown.payment });
    expect((closed as { payment: object }).payment).not.toHaveProperty('clientSecret');
  });

  it.each([
    [{ ...euros, currency: 'eur' }, '/pay/currency', 'invalid-format'],
    [{ ...euros, provider: 'paypal' }, '/pay/provider', 'invalid-value'],
    [{ ...euros, method: 'a b' }, '/pay/method', 'invalid-format'],
    [{ ...euros, token: 'x' }, '/pay/token', 'unknown-property'],
    [{ asset: 'GOLD', amount: '1' }, '/pay/asset', 'invalid-format'],
    [{ currency: 'EUR', amount: '499' }, '/pay/provider', 'invalid-value'],
  ])('that is asked for wrongly is told where: %j', async (pay, pointer, code) => {
    const { errors } = expectProblem(await order(pay), 400, 'validation-failed');
    expect(errors?.[0]).toMatchObject({ pointer, code });
    expect(errors?.filter((error) => error.pointer !== pointer)).toEqual([]);
  });
});

describe('a cancel', () => {
  it('turns the payment back, has the purchase go on at once, and may be done again', async () => {
    const id = await idOf(order());
    await service().wait([{ id, for: 'buyer', until: soon() }]);
    const { status, headers, body } = await cancel(id);
    expect([status, headers.get('location')]).toEqual([202, `/v1/purchases/${id}`]);
    expect(body).toMatchObject({ id, state: 'accepted' });
    const cause = { code: 'purchase-cancelled', detail: 'The purchase was cancelled.' };
    expect(turnedBack).toEqual([[{ id, title: 'arena', ...euros, amount: 499n, method: null }, cause]]);
    const { rows } = await api.session.query(
      'select from purchases.open where id = $1 and (waits_until is null or waits_until <= now())',
      [id.slice(4)],
    );
    expect(rows).toHaveLength(1);
    await service().close([{ id, state: 'compensated', cause }]);
    const again = await cancel(id);
    expect([again.status, again.body]).toEqual([200, expect.objectContaining({ state: 'cancelled', reason: cause })]);
    expect(turnedBack).toHaveLength(1);
  });

  it('that waits is answered with the end of the purchase', async () => {
    const id = await idOf(order());
    await service().wait([{ id, for: 'buyer', until: soon() }]);
    const waiting = cancel(id, { prefer: 'wait=20' });
    setTimeout(() => {
      const cause = { code: 'purchase-cancelled', detail: 'The purchase was cancelled.' };
      void service().close([{ id, state: 'compensated', cause }]);
    }, 500);
    const { status, headers, body } = await waiting;
    expect([status, headers.get('preference-applied'), body]).toEqual([
      200,
      'wait=20',
      expect.objectContaining({ state: 'cancelled' }),
    ]);
  });

  it('comes too late for money that is captured, and too early while a bank is at it', async () => {
    const id = await idOf(order());
    becomes = 'captured';
    expectProblem(await cancel(id), 409, 'purchase-not-cancellable');
    becomes = 'processing';
    expectProblem(await cancel(id), 409, 'payment-processing');
  });

  it('of a purchase that is completed, or paid in virtual currency, asks no provider', async () => {
    const id = await idOf(order());
    await service().close([{ id, state: 'settled' }]);
    expectProblem(await cancel(id), 409, 'purchase-not-cancellable');
    expectProblem(await cancel(await idOf(order({ asset: 'gold', amount: '1' }))), 409, 'purchase-not-cancellable');
    expect(turnedBack).toEqual([]);
  });
});

it('too many purchases of a player are refused with the time after which they may try again', async () => {
  let answer = await order();
  for (let tries = 0; answer.status === 202 && tries < 40; tries++) answer = await order();
  expectProblem(answer, 429, 'too-many-purchases');
  const seconds = Number(answer.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(3_600);
});
