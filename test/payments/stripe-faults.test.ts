import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OperationKind, ProviderAnswer } from '../../src/payments/provider.types.js';
import { Provider } from '../simulator/provider.js';
import { Payer } from './stripe-account.js';

let provider: Provider;

beforeAll(async () => {
  provider = await Provider.start();
});
afterAll(() => provider.close());

const kinds = ['create', 'confirm', 'capture', 'cancel'] as const;
const done = { create: 'created', confirm: 'authorized', capture: 'captured', cancel: 'cancelled' } as const;
const statuses = {
  create: 'requires-confirmation',
  confirm: 'requires-capture',
  capture: 'succeeded',
  cancel: 'canceled',
} as const;

/** What a call of a kind is about: an intent that it can be done to. */
function about(payer: Payer, kind: OperationKind): Promise<string | null> {
  if (kind === 'create') return Promise.resolve(null);
  return kind === 'confirm' ? payer.created() : payer.authorised();
}

/** Makes a call that a fault strikes for ever, and again once it is over. */
async function struck(
  kind: OperationKind,
  fault: string,
  { more = {}, timeoutMs = 20_000 }: { more?: Record<string, unknown>; timeoutMs?: number } = {},
): Promise<{ payer: Payer; first: ProviderAnswer; effects: string[]; again: ProviderAnswer }> {
  const payer = new Payer(provider, { method: 'pm_card_visa' });
  const reference = await about(payer, kind);
  const before = (await payer.effects()).length;
  await payer.strike(fault, { times: undefined, ...more });
  const first = await payer.call(kind, reference, { key: 'k1', timeoutMs });
  const effects = (await payer.effects()).slice(before);
  await payer.endFaults();
  return { payer, first, effects, again: await payer.call(kind, reference, { key: 'k1' }) };
}

describe.each(kinds)('%s', (kind) => {
  const isDone = { result: 'intent', intent: { status: statuses[kind] } };

  test.each(['hang', 'drop-before'])('is unknown where nothing was done and nobody answers: %s', async (fault) => {
    const { first, effects, again } = await struck(kind, fault, { timeoutMs: 1500 });
    expect(first).toMatchObject({ result: 'unknown', evidence: { noAnswer: expect.any(String) } });
    expect(new Set(effects)).toEqual(new Set(['none']));
    expect(again).toMatchObject(isDone);
    expect(again.evidence).not.toHaveProperty('replayed');
  });

  test.each(['drop-after', 'truncate', 'garbage'])(
    'is unknown where it was done and the answer is lost: %s',
    async (fault) => {
      const { first, effects, again } = await struck(kind, fault);
      expect(first.result).toBe('unknown');
      expect(effects[0]).toBe(done[kind]);
      expect(again).toMatchObject({ ...isDone, evidence: { replayed: true } });
    },
  );

  test('is unknown where the answer comes too late, and the key is in use until then', async () => {
    const payer = new Payer(provider, { method: 'pm_card_visa' });
    const reference = await about(payer, kind);
    await payer.strike('delay', { ms: 4000 });
    const late = await payer.call(kind, reference, { key: 'k1', timeoutMs: 1000 });
    expect(late).toMatchObject({ result: 'unknown', why: 'no answer within 1000 ms' });
    expect(await payer.call(kind, reference, { key: 'k1' })).toMatchObject({
      result: 'unknown',
      evidence: { http: 409, code: 'idempotency_key_in_use' },
    });
    let again = await payer.call(kind, reference, { key: 'k1' });
    while (again.evidence['http'] === 409) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      again = await payer.call(kind, reference, { key: 'k1' });
    }
    expect(again).toMatchObject({ ...isDone, evidence: { replayed: true } });
  });

  test('waits for an answer that is slow, but comes in time', async () => {
    const payer = new Payer(provider, { method: 'pm_card_visa' });
    const reference = await about(payer, kind);
    await payer.strike('delay', { ms: 500 });
    expect(await payer.call(kind, reference)).toMatchObject(isDone);
  });

  test.each([500, 502, 503, 504])('is unknown where it is answered %i', async (status) => {
    const { first, again } = await struck(kind, 'status', { more: { status } });
    expect(first).toMatchObject({ result: 'unknown', evidence: { http: status, errorType: 'api_error' } });
    expect(again).toMatchObject(isDone);
  });

  test('is unknown where it is answered 409', async () => {
    const { first, again } = await struck(kind, 'status', { more: { status: 409 } });
    expect(first).toMatchObject({ result: 'unknown', evidence: { http: 409 } });
    expect(again).toMatchObject(isDone);
  });

  test('is told to wait where it is answered 429', async () => {
    const { first, again } = await struck(kind, 'status', { more: { status: 429, ms: 3000 } });
    expect(first).toMatchObject({ result: 'throttled', evidence: { http: 429, code: 'rate_limit' } });
    const { retryAfterMs } = first as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(3000);
    expect(retryAfterMs).toBeLessThanOrEqual(3750);
    expect(again).toMatchObject(isDone);
    expect(again.evidence).not.toHaveProperty('replayed');
  });

  test.each([401, 403])('is denied where it is answered %i', async (status) => {
    const { first, again } = await struck(kind, 'status', { more: { status } });
    expect(first).toMatchObject({ result: 'denied', evidence: { http: status } });
    expect(again).toMatchObject(isDone);
  });

  test('is a stored error only where the answer is kept under the key', async () => {
    const { payer, first, again } = await struck(kind, 'status-stored', { more: { times: 1 } });
    expect(first).toMatchObject({ result: 'unknown', evidence: { http: 500 } });
    expect(again).toMatchObject({ result: 'stored-error', evidence: { http: 500, replayed: true } });
    const [intent] = await payer.books();
    expect(await payer.call(kind, (intent?.['reference'] as string | undefined) ?? null)).toMatchObject(isDone);
  });
});

describe('a look', () => {
  test.each(['hang', 'drop-before', 'truncate', 'garbage', 'status'])('is unknown under %s', async (fault) => {
    const payer = new Payer(provider);
    const id = await payer.created();
    await payer.strike(fault, { on: { method: 'GET' }, times: undefined });
    expect((await payer.fetch(id, 1500)).result).toBe('unknown');
  });

  test('says what the provider says, though it is wrong', async () => {
    const payer = new Payer(provider);
    const id = await payer.created();
    await payer.strike('wrong-amount', { on: { method: 'GET' } });
    expect(await payer.fetch(id)).toMatchObject({ result: 'intent', intent: { amount: 2000n } });
  });
});

describe('what a call does', () => {
  test('is a decline of a good card, and the intent that can still be paid', async () => {
    const { first, again } = await struck('confirm', 'decline');
    const declined = { result: 'declined', code: 'generic_decline', intent: { status: 'requires-payment-method' } };
    expect(first).toMatchObject({ ...declined, evidence: { http: 402, declineCode: 'generic_decline' } });
    expect(again).toMatchObject({ ...declined, evidence: { replayed: true } });
  });

  test('is a capture that is declined, and the intent that is still authorised', async () => {
    const { first } = await struck('capture', 'decline');
    expect(first).toMatchObject({
      result: 'declined',
      code: 'do_not_honor',
      intent: { status: 'requires-capture', capturable: 1999n },
    });
  });

  test.each(['requires-action', 'processing'])('is a confirmation that is %s', async (fault) => {
    const { first } = await struck('confirm', fault);
    expect(first).toMatchObject({ result: 'intent', intent: { status: fault, capturable: 0n } });
  });

  test.each([
    ['create', { amount: 2000n, received: 0n }],
    ['confirm', { amount: 2000n, capturable: 2000n }],
    ['capture', { amount: 1999n, received: 1998n }],
  ] as const)('is of another amount, and is told as it is: %s', async (kind, amounts) => {
    const { first } = await struck(kind, 'wrong-amount');
    expect(first).toMatchObject({ result: 'intent', intent: amounts });
  });

  test('is refused for what somebody else has done, with the intent as it is', async () => {
    const { first } = await struck('capture', 'already-captured');
    expect(first).toMatchObject({
      result: 'refused',
      code: 'payment_intent_unexpected_state',
      intent: { status: 'succeeded', received: 1999n },
      evidence: { http: 400, status: 'succeeded', captured: '1999' },
    });
  });
});
