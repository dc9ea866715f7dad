import { describe, expect, it } from '@jest/globals';
import type { ProviderAnswer } from '../provider.types.js';
import { answerOf } from './stripe-answers.rules.js';

const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  status: 'succeeded',
  amount: 1999,
  amount_capturable: 0,
  amount_received: 1999,
  currency: 'eur',
  livemode: true,
  created: 1_795_000_000,
  metadata: { title: 'arena', purchase: 'pur_1' },
  client_secret: 'pi_1_secret_abc',
  cancellation_reason: null,
  last_payment_error: null,
  latest_charge: 'ch_1',
};
const now = Date.UTC(2026, 10, 29, 12);

function judged(
  status: number,
  body: unknown,
  { headers = {}, random = 0, reference = 'pi_1' as string | null } = {},
): ProviderAnswer {
  return answerOf({ status, headers, body }, { reference, now, random });
}
const refused = (status: number, error: Record<string, unknown>, more = {}) =>
  judged(status, { error: { type: 'invalid_request_error', message: 'No.', ...error } }, more);

describe('an intent', () => {
  it('is told in the words of the port', () => {
    expect(judged(200, intent)).toMatchObject({
      result: 'intent',
      intent: {
        reference: 'pi_1',
        status: 'succeeded',
        amount: 1999n,
        currency: 'EUR',
        capturable: 0n,
        received: 1999n,
        mode: 'live',
        title: 'arena',
        purchase: 'pur_1',
        clientSecret: 'pi_1_secret_abc',
        captureBefore: null,
        cancellation: null,
        declined: null,
        createdAt: new Date(1_795_000_000_000),
      },
    });
  });

  it.each(['requires_source', 'constructor', '__proto__', 'SUCCEEDED'])('of a status %s is of another', (status) => {
    expect(judged(200, { ...intent, status })).toMatchObject({ result: 'intent', intent: { status: 'other' } });
  });

  it.each([
    'id',
    'object',
    'status',
    'amount',
    'amount_capturable',
    'amount_received',
    'currency',
    'livemode',
    'created',
  ] as const)('without %s is unknown', (field) => {
    for (const value of [undefined, null, {}, -1.5]) {
      expect(judged(200, { ...intent, [field]: value }).result).toBe('unknown');
    }
  });

  it('of an amount that is no safe integer is unknown', () => {
    expect(judged(200, { ...intent, amount: 2 ** 53 }).result).toBe('unknown');
    expect(judged(200, { ...intent, amount: -1 }).result).toBe('unknown');
    expect(judged(200, { ...intent, amount: '1999' }).result).toBe('unknown');
  });

  it('of another application has no title and no purchase', () => {
    for (const metadata of [undefined, null, {}, { order: '7' }]) {
      expect(judged(200, { ...intent, metadata })).toMatchObject({ intent: { title: null, purchase: null } });
    }
    expect(judged(200, { ...intent, metadata: 'none' }).result).toBe('unknown');
  });

  it('is read without what only explains it', () => {
    const strange = { client_secret: 5, cancellation_reason: {}, last_payment_error: 'no', latest_charge: 7 };
    expect(judged(200, { ...intent, ...strange })).toMatchObject({
      intent: { clientSecret: null, cancellation: null, declined: null, captureBefore: null },
    });
  });

  it.each(['card', 'klarna'])('can be captured until its charge says, by whatever method: %s', (type) => {
    const details = { type, [type]: { capture_before: 1_795_600_000 } };
    const charge = { id: 'ch_1', payment_method_details: details };
    const answer = judged(200, { ...intent, latest_charge: charge });
    expect(answer).toMatchObject({ intent: { captureBefore: new Date(1_795_600_000_000) } });
    expect(answer.evidence['charge']).toBe('ch_1');
  });

  it.each([null, { type: 'card' }, { type: 'card', card: {} }, { type: 'card', card: { capture_before: 'soon' } }, 7])(
    'is read where its charge does not say until when: %j',
    (details) => {
      const charge = { id: 'ch_1', payment_method_details: details };
      expect(judged(200, { ...intent, latest_charge: charge })).toMatchObject({ intent: { captureBefore: null } });
    },
  );

  it("says why it was declined, by the bank's code where there is one", () => {
    const error = { code: 'card_declined', decline_code: 'lost_card', message: 'Your card was declined.' };
    const declined = (last_payment_error: unknown) => judged(200, { ...intent, last_payment_error });
    expect(declined(error)).toMatchObject({
      intent: { declined: { code: 'lost_card', detail: 'Your card was declined.' } },
    });
    expect(declined({ code: 'expired_card' })).toMatchObject({ intent: { declined: { code: 'expired_card' } } });
    expect(declined({})).toMatchObject({ intent: { declined: { code: 'unknown', detail: '' } } });
  });
});

describe('an error', () => {
  it.each([
    [402, { type: 'card_error', code: 'card_declined', decline_code: 'lost_card' }, 'declined', 'lost_card'],
    [402, { type: 'card_error', code: 'expired_card' }, 'declined', 'expired_card'],
    [402, { code: 'payment_intent_authentication_failure' }, 'refused', 'payment_intent_authentication_failure'],
    [400, { code: 'payment_intent_unexpected_state' }, 'refused', 'payment_intent_unexpected_state'],
    [400, {}, 'refused', 'unknown'],
    [422, { code: 'new_code' }, 'refused', 'new_code'],
    [400, { code: 'resource_missing', param: 'payment_method' }, 'refused', 'resource_missing'],
    [404, { code: 'resource_missing', param: 'payment_method' }, 'refused', 'resource_missing'],
    [404, {}, 'refused', 'unknown'],
  ])('of %i with %j is %s: %s', (status, error, result, code) => {
    expect(refused(status, { ...error, payment_intent: intent })).toMatchObject({
      result,
      code,
      detail: 'No.',
      intent: { reference: 'pi_1', status: 'succeeded' },
    });
    expect(refused(status, error)).toMatchObject({ result, intent: null });
  });

  it.each([
    [404, { code: 'resource_missing', param: 'intent' }, 'missing'],
    [401, {}, 'denied'],
    [403, { code: 'more_permissions_required' }, 'denied'],
    [400, { type: 'idempotency_error' }, 'key-misused'],
    [409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }, 'unknown'],
    [409, { code: 'something_else' }, 'unknown'],
    [408, {}, 'unknown'],
    [424, {}, 'unknown'],
    [400, { type: 'api_error' }, 'unknown'],
    [500, { type: 'api_error' }, 'unknown'],
    [503, { type: 'card_error' }, 'unknown'],
    [599, {}, 'unknown'],
    [400, { code: 'rate_limit' }, 'throttled'],
    [429, { code: 'lock_timeout' }, 'throttled'],
  ])('of %i with %j is %s', (status, error, result) => {
    expect(refused(status, error).result).toBe(result);
  });

  it('of an intent that is made is never one that is missing', () => {
    expect(refused(404, { code: 'resource_missing' }, { reference: null }).result).toBe('refused');
  });

  it('has no intent where it tells of another', () => {
    const error = { code: 'payment_intent_unexpected_state', payment_intent: { ...intent, id: 'pi_2' } };
    expect(refused(400, error)).toMatchObject({ intent: null, evidence: { intent: 'pi_2' } });
  });

  it.each([500, 503, 429])('of %i that was given before is kept for ever', (status) => {
    const headers = { 'idempotent-replayed': 'true' };
    expect(refused(status, {}, { headers })).toMatchObject({ result: 'stored-error', evidence: { replayed: true } });
  });

  it('of 503 is unknown although it says when to come again', () => {
    expect(refused(503, {}, { headers: { 'retry-after': '1' } }).result).toBe('unknown');
  });
});

describe('the wait of 429', () => {
  it.each([
    ['3', 0, 3000],
    ['3', 0.999_999, 3750],
    ['2.5', 0, 2500],
    ['0', 0, 1000],
    ['600', 0.5, 60_000],
    ['59', 0.9, 60_000],
    ['Sun, 29 Nov 2026 12:00:05 GMT', 0, 5000],
    ['Sun, 29 Nov 2026 11:00:00 GMT', 0, 1000],
    ['soon', 0, 1000],
    ['-5', 0, 1000],
    ['', 0, 1000],
    [undefined, 0.5, 1125],
  ])('that says %s, at %s, is %i ms', (header, random, retryAfterMs) => {
    const headers = { 'retry-after': header };
    expect(judged(429, undefined, { headers, random })).toMatchObject({ result: 'throttled', retryAfterMs });
  });
});

describe('what is kept', () => {
  it('is a few fields by name, and no secret that is told in them', () => {
    const error = {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'sk_live_51abc',
      message: 'Card 4242 4242 4242 4242, whsec_abc, rk_test_abc and pi_1_secret_abc were seen.',
      payment_method: { id: 'pm_1', card: { last4: '4242' } },
      charge: 'ch_1',
      payment_intent: intent,
    };
    const answer = judged(402, { error }, { headers: { 'request-id': 'req_1', 'set-cookie': ['a=b'] } });
    expect(answer).toMatchObject({ code: '…', detail: 'Card …, … … and pi_1_… were seen.' });
    expect(answer.evidence).toEqual({
      http: 402,
      requestId: 'req_1',
      errorType: 'card_error',
      code: 'card_declined',
      declineCode: '…',
      intent: 'pi_1',
      status: 'succeeded',
      amount: '1999',
      currency: 'EUR',
      capturable: '0',
      captured: '1999',
      mode: 'live',
      charge: 'ch_1',
    });
  });

  it('is why there was no answer', () => {
    expect(answerOf({ noAnswer: 'no answer within 5 ms' }, { reference: null, now, random: 0 })).toEqual({
      result: 'unknown',
      why: 'no answer within 5 ms',
      evidence: { noAnswer: 'no answer within 5 ms' },
    });
  });
});
