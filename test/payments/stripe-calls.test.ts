import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lookThrough } from '../../src/payments/created-search.js';
import type { ProviderAnswer } from '../../src/payments/provider.types.js';
import { pageOfList } from '../../src/payments/stripe/stripe-lists.rules.js';
import { listedRefundOf } from '../../src/payments/stripe/stripe-refund.rules.js';
import { Provider } from '../simulator/provider.js';
import { Payer } from './stripe-account.js';

let provider: Provider;

beforeAll(async () => {
  provider = await Provider.start();
});
afterAll(() => provider.close());

const statusOf = (answer: ProviderAnswer): string =>
  answer.result === 'intent' ? answer.intent.status : answer.result;

describe('a payment', () => {
  test('is made, confirmed, captured and looked at, and the books say the same', async () => {
    const payer = new Payer(provider, { method: 'pm_card_visa' });
    const { id: purchase } = payer.terms;
    const created = await payer.call('create', null);
    expect(created).toMatchObject({
      result: 'intent',
      intent: {
        status: 'requires-confirmation',
        amount: 1999n,
        currency: 'EUR',
        capturable: 0n,
        received: 0n,
        mode: 'test',
        title: 'arena',
        purchase,
        clientSecret: expect.stringContaining('_secret_'),
        captureBefore: null,
        cancellation: null,
        declined: null,
      },
    });
    const [reference] = (await payer.books()).map((intent) => intent['reference'] as string);
    expect(created.result === 'intent' && created.intent.reference).toBe(reference);

    const confirmed = await payer.call('confirm', reference ?? '');
    expect(confirmed).toMatchObject({ intent: { status: 'requires-capture', capturable: 1999n } });
    const until = confirmed.result === 'intent' ? confirmed.intent.captureBefore : null;
    expect((until?.getTime() ?? 0) - Date.now()).toBeGreaterThan(6 * 86_400_000);
    expect(await payer.fetch(reference ?? '')).toMatchObject({ intent: { captureBefore: until } });

    const captured = await payer.call('capture', reference ?? '');
    expect(captured).toMatchObject({ intent: { status: 'succeeded', capturable: 0n, received: 1999n } });
    expect(captured.evidence).toEqual({
      http: 200,
      requestId: expect.stringMatching(/^req_/),
      intent: reference,
      status: 'succeeded',
      amount: '1999',
      currency: 'EUR',
      capturable: '0',
      captured: '1999',
      mode: 'test',
      charge: expect.stringMatching(/^ch_/),
    });
    expect(await payer.effects()).toEqual(['created', 'authorized', 'captured']);
    expect(await payer.books()).toMatchObject([{ metadata: { title: 'arena', purchase }, captured: '1999' }]);
  });

  test("of the buyer's own page waits for a method, and is paid by it", async () => {
    const payer = new Payer(provider);
    const id = await payer.created();
    expect(statusOf(await payer.fetch(id))).toBe('requires-payment-method');
    await provider.act('buyer-confirms', id);
    expect(statusOf(await payer.fetch(id))).toBe('requires-capture');
  });

  test('is cancelled, and says so again under another key', async () => {
    const payer = new Payer(provider);
    const id = await payer.authorised();
    expect(await payer.call('cancel', id)).toMatchObject({ intent: { status: 'canceled', cancellation: null } });
    expect(await payer.call('cancel', id)).toMatchObject({
      result: 'refused',
      code: 'payment_intent_unexpected_state',
      intent: { reference: id, status: 'canceled' },
    });
    expect(await payer.call('capture', id)).toMatchObject({ result: 'refused', intent: { status: 'canceled' } });
  });

  test('whose authorisation has expired says why it is cancelled', async () => {
    const payer = new Payer(provider);
    const id = await payer.authorised();
    await provider.act('expire', id);
    expect(await payer.fetch(id)).toMatchObject({ intent: { status: 'canceled', cancellation: 'expired' } });
  });

  test('that the account does not have is missing', async () => {
    const payer = new Payer(provider);
    const theirs = await new Payer(provider).created();
    for (const answer of [
      await payer.fetch(theirs),
      await payer.call('capture', theirs),
      await payer.fetch('pi_?/x'),
    ]) {
      expect(answer).toMatchObject({ result: 'missing', evidence: { http: 404, code: 'resource_missing' } });
    }
  });

  test('with a method that there is not is refused, and is not missing', async () => {
    const payer = new Payer(provider, { method: 'pm_nothing' });
    expect(await payer.call('create', null)).toMatchObject({
      result: 'refused',
      code: 'resource_missing',
      intent: null,
    });
  });

  test.each([
    ['pm_card_visa', 'requires-capture'],
    ['pm_card_mastercard', 'requires-capture'],
    ['pm_card_amex', 'requires-capture'],
    ['pm_card_authenticationRequired', 'requires-action'],
    ['pm_sepa_debit', 'processing'],
    ['pm_ideal', 'succeeded'],
  ])('by %s is %s once it is confirmed', async (method, status) => {
    const payer = new Payer(provider, { method });
    expect(statusOf(await payer.call('confirm', await payer.created()))).toBe(status);
  });

  test.each([
    ['pm_card_chargeDeclined', 'generic_decline'],
    ['pm_card_visa_chargeDeclined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_chargeDeclinedLostCard', 'lost_card'],
    ['pm_card_chargeDeclinedStolenCard', 'stolen_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error'],
  ])('by %s is declined as %s, which a look says as well', async (method, code) => {
    const payer = new Payer(provider, { method });
    const id = await payer.created();
    const declined = { code, detail: expect.any(String) };
    const intent = { reference: id, status: 'requires-payment-method', declined };
    expect(await payer.call('confirm', id)).toMatchObject({ result: 'declined', ...declined, intent });
    expect(await payer.fetch(id)).toMatchObject({ result: 'intent', intent });
  });

  test('in a currency that Stripe does not know is refused', async () => {
    const payer = new Payer(provider, { currency: 'XXX' });
    expect(await payer.call('create', null)).toMatchObject({ result: 'refused', intent: null });
  });
});

describe('a call that is made again', () => {
  test.each(['create', 'confirm', 'capture', 'cancel'] as const)(
    'by the body that is stored is the same call: %s',
    async (kind) => {
      const payer = new Payer(provider, { method: 'pm_card_visa' });
      const reference =
        kind === 'create' ? null : kind === 'capture' ? await payer.authorised() : await payer.created();
      const call = { kind, reference, key: `${kind}:1`, body: payer.account.bodyOf(kind, payer.terms) };
      const first = await payer.account.call(call, { timeoutMs: 20_000 });
      const stored = Object.fromEntries(Object.entries(call.body).reverse());
      const again = await payer.account.call({ ...call, body: stored }, { timeoutMs: 20_000 });
      expect(again).toMatchObject({ result: 'intent', intent: first.result === 'intent' && first.intent });
      expect([first.evidence['replayed'], again.evidence['replayed']]).toEqual([undefined, true]);
      expect((await payer.effects()).at(-1)).toBe('replayed');
    },
  );

  test('with another body misuses the key', async () => {
    const payer = new Payer(provider);
    await payer.call('create', null, { key: 'k1' });
    expect(await payer.call('create', null, { key: 'k1', body: { amount: '2000' } })).toMatchObject({
      result: 'key-misused',
      evidence: { http: 400, errorType: 'idempotency_error' },
    });
    expect(await payer.books()).toHaveLength(1);
  });

  test('sends exactly the parameters of the body', async () => {
    const payer = new Payer(provider);
    expect(await payer.call('create', null, { body: { nonsense: '1' } })).toMatchObject({
      result: 'refused',
      code: 'parameter_unknown',
    });
  });
});

describe('the list of what was made for a purchase', () => {
  const window = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };

  /** Makes intents for others, and one for the purchase first and in between. */
  async function crowd(payer: Payer, others: number): Promise<string[]> {
    const own = [await payer.created()];
    for (let made = 0; made < others; made += 40) {
      const body = { 'metadata[purchase]': 'pur_other' };
      await Promise.all(Array.from({ length: 40 }, () => payer.call('create', null, { body })));
    }
    return [await payer.created(), ...own];
  }

  test('is found on all of its pages', async () => {
    const payer = new Payer(provider);
    const own = await crowd(payer, 240);
    const listed = await lookThrough((after) =>
      payer.account.listCreated({ ...window, purchase: payer.terms.id }, after, { timeoutMs: 20_000 }),
    );
    expect(listed.intents.map(({ reference }) => reference)).toEqual(own);
    expect(listed).toMatchObject({ complete: true, evidence: { complete: true, pages: 3, seen: 242, own: 2 } });
  });

  test.each(['hang', 'drop-before', 'status', 'truncate', 'garbage'])(
    'is not complete where a later page is struck by %s',
    async (fault) => {
      const payer = new Payer(provider);
      const [last] = await crowd(payer, 120);
      const on = { method: 'GET', path: '/v1/payment_intents' };
      await provider.fault({ on, fault: 'delay', ms: 1, times: 1, account: payer.secretKey });
      await payer.strike(fault, { on, times: undefined });
      const listed = await lookThrough((after) =>
        payer.account.listCreated({ ...window, purchase: payer.terms.id }, after, { timeoutMs: 1500 }),
      );
      expect(listed).toMatchObject({ complete: false, evidence: { complete: false, pages: 2 } });
      expect(listed.intents.map(({ reference }) => reference)).toEqual([last]);
    },
  );

  test('is empty and complete where nothing was made within the time', async () => {
    const payer = new Payer(provider);
    await payer.created();
    const before = { from: new Date(Date.now() - 7_200_000), to: new Date(Date.now() - 3_600_000) };
    const listed = await lookThrough((after) =>
      payer.account.listCreated({ ...before, purchase: payer.terms.id }, after, { timeoutMs: 20_000 }),
    );
    expect(listed).toMatchObject({ complete: true, intents: [] });
  });
});

describe('the refunds of an intent', () => {
  const captured = async (payer: Payer): Promise<string> => {
    const reference = await payer.authorised();
    await payer.call('capture', reference);
    return reference;
  };
  const made = (payer: Payer, reference: string, refund: string | null, key: string) => {
    const body = payer.account.refundBodyOf({
      title: 'arena',
      purchase: payer.terms.id,
      reference,
      amount: 1n,
      refund,
    });
    return payer.account.refund({ key, body }, { timeoutMs: 20_000 });
  };

  test('are listed over all pages, each with what Veltrix has said of it, and none of another intent', async () => {
    const payer = new Payer(provider);
    const [reference, other] = [await captured(payer), await captured(payer)];
    await made(payer, other, 'rfd_other', 'other');
    expect(await made(payer, reference, null, 'orphan')).toMatchObject({ refund: { refund: null, amount: 1n } });
    for (let place = 1; place <= 100; place++) await made(payer, reference, `rfd_${place}`, `rfd_${place}`);
    const answer = await payer.account.listRefunds(reference, { timeoutMs: 20_000 });
    const refunds = answer.result === 'refunds' ? answer.refunds.map(({ refund }) => refund) : [];
    const ours = Array.from({ length: 100 }, (_, place) => `rfd_${place + 1}`);
    expect(refunds).toEqual([null, ...ours]);
  });

  test('are unknown where the list breaks off, or where one of them cannot be read', async () => {
    const payer = new Payer(provider);
    const reference = await captured(payer);
    await made(payer, reference, 'rfd_1', 'rfd_1');
    await payer.strike('truncate', { on: { method: 'GET', path: '/v1/refunds' } });
    expect(await payer.account.listRefunds(reference, { timeoutMs: 20_000 })).toMatchObject({ result: 'unknown' });
    const page = { object: 'list', has_more: false, data: [{ id: 're_1', object: 'refund', amount: 'much' }] };
    expect(pageOfList(page, listedRefundOf)).toBeUndefined();
    expect(pageOfList({ ...page, data: [], has_more: true }, listedRefundOf)).toBeUndefined();
    expect(pageOfList({ ...page, data: [] }, listedRefundOf)).toEqual({ all: [], next: undefined });
  });
});
