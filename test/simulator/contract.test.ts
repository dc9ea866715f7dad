import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { asked, errorOf, Provider } from './provider.js';

let provider: Provider;
let account: string;
let stripe: Stripe;

beforeAll(async () => {
  provider = await Provider.start();
  account = provider.newKey();
  stripe = provider.client(account);
});
afterAll(() => provider.close());

/** An intent that a good card has authorised. */
async function authorised(more: Partial<Stripe.PaymentIntentCreateParams> = {}): Promise<Stripe.PaymentIntent> {
  const { id } = await stripe.paymentIntents.create({ ...asked, ...more });
  return stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
}

async function booksOf(reference: string): Promise<unknown> {
  return (await provider.effects({ reference })).intents[0];
}

describe('a payment', () => {
  test('is created, confirmed, captured and given back, and the books say each', async () => {
    const metadata = { purchase: 'pur_1', title: 'demo' };
    const created = await stripe.paymentIntents.create({ ...asked, metadata }, { idempotencyKey: 'pur_1:create:1' });
    expect(created).toMatchObject({ status: 'requires_payment_method', amount: 1999, amount_capturable: 0, metadata });
    expect(created.client_secret).toContain(`${created.id}_secret_`);
    expect(created).not.toHaveProperty('charges');
    expect(created.livemode).toBe(false);

    const confirmed = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' });
    expect(confirmed).toMatchObject({ status: 'requires_capture', amount_capturable: 1999, amount_received: 0 });
    const charge = await stripe.charges.retrieve(confirmed.latest_charge as string);
    expect(charge).toMatchObject({ captured: false, amount_captured: 0, balance_transaction: null });
    expect(charge.payment_method_details?.card?.capture_before).toBe(charge.created + 7 * 86_400);

    const captured = await stripe.paymentIntents.capture(created.id);
    expect(captured).toMatchObject({ status: 'succeeded', amount_capturable: 0, amount_received: 1999 });

    const part = await stripe.refunds.create({ payment_intent: created.id, amount: 500 });
    expect(part).toMatchObject({ status: 'succeeded', amount: 500, charge: charge.id, payment_intent: created.id });
    await stripe.refunds.create({ payment_intent: created.id });
    expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ refunded: true, amount_refunded: 1999 });
    const again = await errorOf(stripe.refunds.create({ payment_intent: created.id }));
    expect(again).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' });

    expect(await provider.effects({ reference: created.id })).toMatchObject({
      intents: [
        {
          reference: created.id,
          status: 'succeeded',
          amount: '1999',
          currency: 'eur',
          captured: '1999',
          refunded: '1999',
          disputed: '0',
          metadata,
        },
      ],
      calls: [
        { method: 'POST', path: '/v1/payment_intents', key: 'pur_1:create:1', effect: 'created' },
        { method: 'POST', path: `/v1/payment_intents/${created.id}/confirm`, effect: 'authorized' },
        { method: 'GET', path: `/v1/charges/${charge.id}`, effect: 'none' },
        { method: 'POST', path: `/v1/payment_intents/${created.id}/capture`, effect: 'captured' },
        { method: 'POST', path: '/v1/refunds', effect: 'refunded' },
        { method: 'POST', path: '/v1/refunds', effect: 'refunded' },
        { method: 'GET', path: `/v1/charges/${charge.id}`, effect: 'none' },
        { method: 'POST', path: '/v1/refunds', effect: 'none' },
      ],
    });
  });

  test('is captured at its confirmation where the intent or the method says so', async () => {
    const automatic = await stripe.paymentIntents.create({
      ...asked,
      capture_method: 'automatic',
      payment_method: 'pm_card_mastercard',
      confirm: true,
    });
    expect(automatic).toMatchObject({ status: 'succeeded', amount_received: 1999 });
    const ideal = await stripe.paymentIntents.create({ ...asked, payment_method: 'pm_ideal', confirm: true });
    expect(ideal).toMatchObject({ status: 'succeeded', amount_received: 1999, capture_method: 'manual' });
  });

  test('is captured in part, and the rest is released without a refund', async () => {
    const { id, latest_charge: charge } = await authorised();
    const captured = await stripe.paymentIntents.capture(id, { amount_to_capture: 1200 });
    expect(captured).toMatchObject({ status: 'succeeded', amount: 1999, amount_received: 1200, amount_capturable: 0 });
    const refunds = await stripe.refunds.list({ payment_intent: id });
    expect(refunds.data).toEqual([]);
    expect(await stripe.charges.retrieve(charge as string)).toMatchObject({
      amount_captured: 1200,
      amount_refunded: 0,
    });
    const above = await errorOf(stripe.refunds.create({ payment_intent: id, amount: 1201 }));
    expect(above).toMatchObject({ statusCode: 400, param: 'amount' });
    expect(await booksOf(id)).toMatchObject({ captured: '1200', refunded: '0' });
  });

  test('is not captured above what was authorised', async () => {
    const { id } = await authorised();
    const error = await errorOf(stripe.paymentIntents.capture(id, { amount_to_capture: 2000 }));
    expect(error).toMatchObject({ statusCode: 400, code: 'amount_too_large', param: 'amount_to_capture' });
    expect(await booksOf(id)).toMatchObject({ status: 'requires_capture', captured: '0' });
  });

  test('is voided, with the reason, and then refuses everything with the intent in the error', async () => {
    const { id } = await authorised();
    const canceled = await stripe.paymentIntents.cancel(id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned', amount_capturable: 0 });
    expect(canceled.canceled_at).toBeGreaterThan(0);
    for (const call of [
      stripe.paymentIntents.capture(id),
      stripe.paymentIntents.cancel(id),
      stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }),
    ]) {
      const error = await errorOf(call);
      expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
      expect(error.payment_intent).toMatchObject({ id, status: 'canceled' });
    }
    expect((await stripe.refunds.list({ payment_intent: id })).data).toEqual([]);
  });

  test.each([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', ''],
  ])('with %s is declined with %s and %s, and may be tried again', async (method, code, declineCode) => {
    const { id } = await stripe.paymentIntents.create(asked);
    const error = await errorOf(stripe.paymentIntents.confirm(id, { payment_method: method }));
    expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code });
    expect(error.decline_code).toBe(declineCode);
    expect(error.payment_intent).toMatchObject({ id, status: 'requires_payment_method' });
    const intent = await stripe.paymentIntents.retrieve(id);
    expect(intent).toMatchObject({ last_payment_error: { code }, payment_method: null });
    const confirmed = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    expect(confirmed).toMatchObject({ status: 'requires_capture', last_payment_error: null });
  });

  test('is declined whatever of it was to be expanded', async () => {
    const { id } = await stripe.paymentIntents.create(asked);
    const params = { payment_method: 'pm_card_chargeDeclined', expand: ['latest_charge'] };
    expect(await errorOf(stripe.paymentIntents.confirm(id, params))).toMatchObject({ statusCode: 402 });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ last_payment_error: { code: 'card_declined' } });
  });

  test('waits for its buyer, who completes it or does not', async () => {
    const ask = () =>
      stripe.paymentIntents.create({ ...asked, payment_method: 'pm_card_authenticationRequired', confirm: true });
    const first = await ask();
    expect(first).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
    expect(await provider.act('buyer-confirms', first.id)).toMatchObject({ status: 'requires_capture' });
    const second = await ask();
    await provider.act('buyer-fails', second.id);
    expect(await stripe.paymentIntents.retrieve(second.id)).toMatchObject({
      status: 'requires_payment_method',
      next_action: null,
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
  });

  test('by debit is processed, cannot be cancelled then, and is paid in the end', async () => {
    const { id } = await stripe.paymentIntents.create({ ...asked, payment_method: 'pm_sepa_debit', confirm: true });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: 'processing' });
    expect(await errorOf(stripe.paymentIntents.cancel(id))).toMatchObject({ code: 'payment_intent_unexpected_state' });
    await provider.act('buyer-confirms', id);
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: 'succeeded', amount_received: 1999 });
  });

  test('has metadata that is merged, and a description', async () => {
    const { id } = await stripe.paymentIntents.create({ ...asked, metadata: { a: '1', b: '2' } });
    const updated = await stripe.paymentIntents.update(id, { metadata: { b: '', c: '3' }, description: 'A crown' });
    expect(updated).toMatchObject({ metadata: { a: '1', c: '3' }, description: 'A crown' });
    expect(updated.metadata).not.toHaveProperty('b');
  });
});

describe('a method', () => {
  test('is put on an intent, which then waits for its confirmation', async () => {
    const { id } = await stripe.paymentIntents.create(asked);
    const attached = await stripe.paymentIntents.update(id, { payment_method: 'pm_card_visa' });
    expect(attached).toMatchObject({ status: 'requires_confirmation', payment_method: 'pm_card_visa' });
    expect(await stripe.paymentIntents.confirm(id)).toMatchObject({ status: 'requires_capture' });
  });
});

describe('what is asked wrongly', () => {
  test.each<[string, Partial<Stripe.PaymentIntentCreateParams>, string, string]>([
    ['an amount below the minimum', { amount: 49 }, 'amount_too_small', 'amount'],
    ['an amount that is no integer', { amount: 10.5 }, 'parameter_invalid_integer', 'amount'],
    ['a currency that there is not', { currency: 'zzz' }, 'parameter_invalid_string', 'currency'],
    ['a method that nobody knows', { payment_method: 'pm_nobody' }, 'resource_missing', 'payment_method'],
    ['a confirmation without a method', { confirm: true }, 'parameter_missing', 'payment_method'],
    ['a name that there is not', { nonsense: '1' } as object, 'parameter_unknown', 'nonsense'],
  ])('%s is refused and makes nothing', async (_name, wrong, code, param) => {
    const key = provider.newKey();
    const error = await errorOf(provider.client(key).paymentIntents.create({ ...asked, ...wrong }));
    expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, code, param });
    expect(error.requestId).toMatch(/^req_/);
    expect((await provider.effects({ account: key })).intents).toEqual([]);
  });

  test.each(['confirmation_method', 'payment_method_types[0]'])(
    'automatic methods beside %s are refused',
    async (name) => {
      const body = { ...asked, 'automatic_payment_methods[enabled]': 'true', [name]: 'automatic' };
      const error = await errorOf(stripe.rawRequest('POST', '/v1/payment_intents', body));
      expect(error).toMatchObject({ statusCode: 400, param: 'automatic_payment_methods' });
      expect(error.message).toContain('You may only specify one of these parameters');
    },
  );

  test('an object of another account is missing', async () => {
    const { id } = await stripe.paymentIntents.create(asked);
    const error = await errorOf(provider.client(provider.newKey()).paymentIntents.retrieve(id));
    expect(error).toMatchObject({ statusCode: 404, code: 'resource_missing' });
  });

  test.each(['pk_test_1', 'whatever', 'sk_prod_1'])('the key %s is no secret key', async (key) => {
    const error = await errorOf(provider.client(key).paymentIntents.create(asked));
    expect(error).toMatchObject({ type: 'StripeAuthenticationError', statusCode: 401 });
  });

  test('a restricted key and a live one are accounts of their own, and a live one says so', async () => {
    const live = await provider.client(provider.newKey().replace('sk_test', 'rk_live')).paymentIntents.create(asked);
    expect(live.livemode).toBe(true);
    expect(await errorOf(stripe.paymentIntents.retrieve(live.id))).toMatchObject({ code: 'resource_missing' });
    const names = [stripe, provider.client(provider.newKey())].map((client) => client.accounts.retrieveCurrent());
    const [first, second] = await Promise.all(names);
    expect([first?.object, first?.id === second?.id]).toEqual(['account', false]);
  });

  test('a URL that there is not is told', async () => {
    expect(await errorOf(stripe.rawRequest('GET', '/v1/nothing'))).toMatchObject({ statusCode: 404 });
  });
});

describe('lists', () => {
  test('are read page by page, in both directions, within the created window', async () => {
    const client = provider.client(provider.newKey());
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.unshift((await client.paymentIntents.create(asked)).id);
    const first = await client.paymentIntents.list({ limit: 3 });
    expect([first.data.map(({ id }) => id), first.has_more]).toEqual([ids.slice(0, 3), true]);
    const second = await client.paymentIntents.list({ limit: 3, ending_before: ids[6] ?? '' });
    expect([second.data.map(({ id }) => id), second.has_more]).toEqual([ids.slice(3, 6), true]);
    const all: string[] = [];
    for await (const { id } of client.paymentIntents.list({ limit: 2 })) all.push(id);
    expect(all).toEqual(ids);
    const { created } = await client.paymentIntents.retrieve(ids[6] ?? '');
    expect((await client.paymentIntents.list({ created: { gte: created } })).data).toHaveLength(7);
    expect((await client.paymentIntents.list({ created: { lt: created } })).data).toEqual([]);
  });

  test('of charges, refunds, disputes and events are of what is asked for', async () => {
    const { id, latest_charge: charge } = await authorised();
    await stripe.paymentIntents.capture(id);
    const refund = await stripe.refunds.create({ charge: charge as string, amount: 100 });
    const { id: dispute } = await provider.act<{ id: string }>('dispute-inquiry', id);
    expect((await stripe.charges.list({ payment_intent: id })).data.map((one) => one.id)).toEqual([charge]);
    expect((await stripe.refunds.list({ charge: charge as string })).data.map((one) => one.id)).toEqual([refund.id]);
    expect((await stripe.disputes.list({ payment_intent: id })).data.map((one) => one.id)).toEqual([dispute]);
    const events = await stripe.events.list({ type: 'payment_intent.succeeded', limit: 100 });
    expect(events.data.map(({ data }) => (data.object as { id: string }).id)).toContain(id);
    expect(new Set(events.data.map(({ type }) => type))).toEqual(new Set(['payment_intent.succeeded']));
    const [event] = events.data;
    expect(await stripe.events.retrieve(event?.id ?? '')).toEqual(event);
  });

  test('and single objects have what is expanded', async () => {
    const { id } = await authorised();
    await stripe.paymentIntents.capture(id);
    await provider.act('settle', id);
    const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.balance_transaction'] });
    expect(intent.latest_charge).toMatchObject({ object: 'charge', balance_transaction: { amount: 1999, fee: 55 } });
  });
});
