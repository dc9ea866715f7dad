import type { Operation, StoredPayment } from '../../src/payments/payments.types.js';
import type { OperationKind, ProviderAnswer, ProviderIntent } from '../../src/payments/provider.types.js';

/** The moment at which the payments of these tests were made. */
export const madeAt = new Date('2026-11-01T12:00:00Z');

/** A payment of 4.99 EUR with a method, whose intent is recorded. */
export function aPayment(change: Partial<StoredPayment> = {}): StoredPayment {
  return {
    id: 'pur_1',
    title: 'arena',
    provider: 'stripe',
    currency: 'EUR',
    amount: 499n,
    method: 'pm_card_visa',
    mode: 'test',
    state: 'accepted',
    reference: 'pi_1',
    seen: null,
    clientSecret: null,
    turnedBack: null,
    parked: null,
    captureBefore: null,
    deadline: new Date(madeAt.getTime() + 1_800_000),
    createdAt: madeAt,
    evidence: null,
    orphans: [],
    operations: {},
    ...change,
  };
}

/** What the provider tells of the intent of `aPayment`. */
export function anIntent(change: Partial<ProviderIntent> = {}): ProviderIntent {
  return {
    reference: 'pi_1',
    status: 'requires-confirmation',
    amount: 499n,
    currency: 'EUR',
    capturable: change.status === 'requires-capture' ? 499n : 0n,
    received: change.status === 'succeeded' ? 499n : 0n,
    refunded: null,
    mode: 'test',
    title: 'arena',
    purchase: 'pur_1',
    clientSecret: 'pi_1_secret',
    captureBefore: null,
    cancellation: null,
    fee: null,
    declined: null,
    createdAt: madeAt,
    ...change,
  };
}

export function anOperation(kind: OperationKind, change: Partial<Operation> = {}): Operation {
  return {
    kind,
    seq: 1,
    key: `pur_1:${kind}:1`,
    body: {},
    state: 'sent',
    attempts: 1,
    storedError: false,
    evidence: null,
    firstSentAt: madeAt,
    ...change,
  };
}

/** An answer of a provider with that result. */
export function answerOf(result: ProviderAnswer['result'], intent: ProviderIntent = anIntent()): ProviderAnswer {
  const evidence = { result };
  switch (result) {
    case 'intent':
      return { result, intent, evidence };
    case 'declined':
    case 'refused':
      return { result, code: 'a_code', detail: 'A detail.', intent: null, evidence };
    case 'missing':
      return { result, evidence };
    case 'throttled':
      return { result, retryAfterMs: 1_000, evidence };
    default:
      return { result, why: 'It is so.', evidence };
  }
}
