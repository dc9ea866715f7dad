import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lookThrough } from '../../src/payments/created-search.js';
import type { OperationKind, ProviderAccount, ProviderAnswer } from '../../src/payments/provider.types.js';
import { StripeProvider } from '../../src/payments/stripe/stripe.provider.js';
import { errorOf } from './provider.js';
import { openSimulator, openStatefulMock, openStripe, type Target } from './targets.js';

/*
 * One contract, held by everybody who speaks as Stripe does, so that what the other tests learn of the simulator is
 * true of Stripe. It runs on the simulator, on stripe-stateful-mock as far as that goes, and on Stripe's own test mode
 * where STRIPE_TEST_KEY is a secret key of it.
 */

const stripeKey = process.env['STRIPE_TEST_KEY'];
if (stripeKey === undefined)
  process.stderr.write("\nNOT RUN: nothing was held to Stripe's own test mode, since STRIPE_TEST_KEY is not set.\n");
else if (!/^[rs]k_test_/.test(stripeKey)) throw new Error('STRIPE_TEST_KEY is no key of the test mode.');

const real: [string, () => Promise<Target>][] =
  stripeKey === undefined ? [] : [['Stripe', () => openStripe(stripeKey)]];
const withIntents: [string, () => Promise<Target>][] = [['the simulator', openSimulator], ...real];

let target: Target;

describe.each([...withIntents, ['stripe-stateful-mock', openStatefulMock] as const])(
  'a charge of %s',
  (_name, open) => {
    beforeAll(async () => {
      target = await open();
    });
    afterAll(() => target.close());

    const captured = async (amount = 1999): Promise<string> => {
      const { charge, capture } = await target.authorize(amount, 'good');
      await capture();
      return charge;
    };

    test('is authorised, and captured later', async () => {
      const { charge, capture } = await target.authorize(1999, 'good');
      const own = { id: charge, object: 'charge', amount: 1999, currency: 'eur', livemode: false };
      const authorised = { ...own, captured: false, amount_captured: 0, amount_refunded: 0 };
      expect(await target.client().charges.retrieve(charge)).toMatchObject({
        ...authorised,
        balance_transaction: null,
      });
      await capture();
      const after = { ...own, captured: true, amount_captured: 1999, amount_refunded: 0, refunded: false };
      expect(await target.client().charges.retrieve(charge)).toMatchObject(after);
    });

    test('is declined as a card error', async () => {
      expect(await errorOf(target.authorize(1999, 'declined'))).toMatchObject({
        type: 'StripeCardError',
        statusCode: 402,
        code: 'card_declined',
        decline_code: 'generic_decline',
      });
    });

    test('of too little is refused', async () => {
      expect(await errorOf(target.authorize(10, 'good'))).toMatchObject({
        type: 'StripeInvalidRequestError',
        statusCode: 400,
        code: 'amount_too_small',
      });
    });

    test('is given back in parts, and never more than was captured', async () => {
      const { refunds, charges } = target.client();
      const charge = await captured();
      const part = await refunds.create({ charge, amount: 500 });
      expect(part).toMatchObject({ object: 'refund', amount: 500, currency: 'eur', charge, status: 'succeeded' });
      expect(await refunds.retrieve(part.id)).toMatchObject({ id: part.id, amount: 500, charge });
      expect(await charges.retrieve(charge)).toMatchObject({ amount_refunded: 500, refunded: false });
      expect(await errorOf(refunds.create({ charge, amount: 1500 }))).toMatchObject({
        statusCode: 400,
        param: 'amount',
      });
      const rest = await refunds.create({ charge });
      expect(rest).toMatchObject({ amount: 1499, status: 'succeeded' });
      expect(await charges.retrieve(charge)).toMatchObject({ amount_refunded: 1999, refunded: true });
      expect(await errorOf(refunds.create({ charge }))).toMatchObject({
        statusCode: 400,
        code: 'charge_already_refunded',
      });
      const ids = (await refunds.list({ charge })).data.map(({ id }) => id);
      expect(ids.sort()).toEqual([part.id, rest.id].sort());
    });

    test('is given back once by one key, which is of no use for anything else', async () => {
      const { refunds, charges } = target.client();
      const charge = await captured();
      const idempotencyKey = randomUUID();
      const first = await refunds.create({ charge, amount: 500 }, { idempotencyKey });
      const again = await refunds.create({ charge, amount: 500 }, { idempotencyKey });
      expect(again.id).toBe(first.id);
      expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
      expect(first.lastResponse.headers).not.toHaveProperty('idempotent-replayed');
      expect(await errorOf(refunds.create({ charge, amount: 600 }, { idempotencyKey }))).toMatchObject({
        type: 'StripeIdempotencyError',
        statusCode: 400,
      });
      expect(await charges.retrieve(charge)).toMatchObject({ amount_refunded: 500 });
    });

    test('that there is not is missing, and a key that there is not is told', async () => {
      const missing = { statusCode: 404, code: 'resource_missing' };
      expect(await errorOf(target.client().charges.retrieve('ch_of_nobody'))).toMatchObject(missing);
      expect(await errorOf(target.client('sk_prod_of_nobody').charges.list())).toMatchObject({
        type: 'StripeAuthenticationError',
        statusCode: 401,
      });
    });
  },
);

describe.each(withIntents)('a payment by the adapter at %s', (_name, open) => {
  const options = { timeoutMs: 20_000 };
  const terms = { title: 'arena', currency: 'EUR', amount: 1999n };
  let account: ProviderAccount;
  beforeAll(async () => {
    target = await open();
    account = new StripeProvider(target.url).account({ secretKey: target.key, webhookSecrets: [] });
  });
  afterAll(() => target.close());

  /** A purchase by a method, and its calls. */
  function purchase(method: string | null) {
    const id = `pur_${randomUUID()}`;
    const call = (kind: OperationKind, reference: string | null, seq = 1): Promise<ProviderAnswer> =>
      account.call(
        { kind, reference, key: `${id}:${kind}:${seq}`, body: account.bodyOf(kind, { ...terms, id, method }) },
        options,
      );
    const create = async (): Promise<string> => {
      const answer = await call('create', null);
      if (answer.result !== 'intent') throw new Error(JSON.stringify(answer.evidence));
      return answer.intent.reference;
    };
    return { id, call, create };
  }

  test('is made, authorised, captured and found', async () => {
    const { id, call, create } = purchase('pm_card_visa');
    const from = new Date(Date.now() - 600_000);
    const reference = await create();
    const told = { reference, amount: 1999n, currency: 'EUR', mode: 'test', title: 'arena', purchase: id };
    const seen = (intent: object) => ({ result: 'intent', intent: { ...told, ...intent } });
    expect(await account.fetch(reference, options)).toMatchObject(
      seen({ status: 'requires-confirmation', clientSecret: expect.stringContaining('_secret_'), received: 0n }),
    );
    expect(await call('confirm', reference)).toMatchObject(
      seen({ status: 'requires-capture', capturable: 1999n, captureBefore: expect.any(Date) }),
    );
    expect(await call('capture', reference)).toMatchObject(seen({ status: 'succeeded', received: 1999n }));
    const again = await call('capture', reference);
    expect(again).toMatchObject({ ...seen({ status: 'succeeded' }), evidence: { replayed: true } });
    expect(await call('capture', reference, 2)).toMatchObject({
      result: 'refused',
      code: 'payment_intent_unexpected_state',
      intent: { ...told, status: 'succeeded' },
    });
    const window = { from, to: new Date(Date.now() + 600_000), purchase: id };
    expect(await lookThrough((after) => account.listCreated(window, after, options))).toMatchObject({
      complete: true,
      intents: [told],
    });
  });

  test('is cancelled, and can be neither confirmed nor captured then', async () => {
    const { call, create } = purchase('pm_card_visa');
    const reference = await create();
    expect(await call('cancel', reference)).toMatchObject({ result: 'intent', intent: { status: 'canceled' } });
    for (const kind of ['confirm', 'capture', 'cancel'] as const)
      expect(await call(kind, reference, 2)).toMatchObject({
        result: 'refused',
        code: 'payment_intent_unexpected_state',
        intent: { reference, status: 'canceled' },
      });
  });

  test("of the buyer's own page waits for a method, and declines one that is bad", async () => {
    const reference = await purchase(null).create();
    expect(await account.fetch(reference, options)).toMatchObject({ intent: { status: 'requires-payment-method' } });
    const bad = purchase('pm_card_chargeDeclined');
    expect(await bad.call('confirm', await bad.create())).toMatchObject({
      result: 'declined',
      code: 'generic_decline',
      intent: { status: 'requires-payment-method' },
    });
  });

  test('that asks for another amount under the same key misuses it, and one that there is not is missing', async () => {
    const { id, call } = purchase('pm_card_visa');
    await call('create', null);
    const body = account.bodyOf('create', { ...terms, id, method: 'pm_card_visa', amount: 2000n });
    expect(await account.call({ kind: 'create', reference: null, key: `${id}:create:1`, body }, options)).toMatchObject(
      { result: 'key-misused', evidence: { http: 400, errorType: 'idempotency_error' } },
    );
    expect(await account.fetch('pi_of_nobody', options)).toMatchObject({ result: 'missing' });
  });

  test('by a key that there is not is denied', async () => {
    const denied = new StripeProvider(target.url).account({ secretKey: 'sk_prod_of_nobody', webhookSecrets: [] });
    expect(await denied.fetch('pi_1', options)).toMatchObject({ result: 'denied', evidence: { http: 401 } });
  });
});
