import { expect, test } from '@jest/globals';
import { decideRefund } from './refund-steps.rules.js';
import { withAnswer } from './refunds.rules.js';
import type { StoredRefund } from './refunds.types.js';

const hourMs = 3_600_000;
const now = new Date('2026-12-01T12:00:00Z');

/** A refund that the bank is at, and that was made so long ago. */
function pending(ageMs: number): StoredRefund {
  return {
    id: 'rfd_1',
    title: 'arena',
    provider: 'stripe',
    purchase: 'pur_1',
    currency: 'EUR',
    amount: 499n,
    state: 'pending',
    reference: 're_1',
    reason: null,
    turnedBack: null,
    parked: null,
    evidence: null,
    looks: 0,
    dueAt: null,
    createdAt: new Date(now.getTime() - ageMs),
    payment: { reference: 'pi_1', currency: 'EUR', captured: 499n, returned: 0n },
    call: undefined,
  };
}

test.each([
  [1, 5],
  [60, 30],
  [24 * 3_600, 3_600],
  [10 * 24 * 3_600, 10 * 3_600],
  [25 * 24 * 3_600, 24 * 3_600],
  [29.5 * 24 * 3_600, 12 * 3_600],
])('a refund that waits for %s s is looked at again after %s s, and at its deadline', (age, pause) => {
  const { next } = decideRefund({ step: 'refund' }, pending(age * 1_000), { now, windowHours: 24, lookedAt: now });
  const until = new Date(now.getTime() + pause * 1_000);
  expect(next).toEqual({ do: 'answer', answer: { outcome: 'waits', for: 'provider', until } });
});

test('a refund whose call went out is under another key only by a look after what is known of the call', () => {
  const call = {
    kind: 'refund' as const,
    seq: 1,
    key: 'rfd_1:refund:1',
    body: {},
    state: 'unknown' as const,
    attempts: 1,
    storedError: true,
    evidence: null,
    firstSentAt: new Date(now.getTime() - hourMs),
    changedAt: now,
  };
  const refund: StoredRefund = { ...pending(hourMs), state: 'sending', reference: null, call };
  for (const step of [{ step: 'refund' }, { step: 'cancel', cause: { code: 'x', detail: '' } }] as const) {
    const older = { now, windowHours: 24, lookedAt: now };
    expect(decideRefund(step, refund, older).next).toEqual({ do: 'look' });
  }
  const newer = { now, windowHours: 24, lookedAt: new Date(now.getTime() + 1) };
  expect(decideRefund({ step: 'refund' }, refund, newer).next).toEqual({ do: 'call', seq: 2 });
});

test('a call that was held back is taken off once, also where the same answer is taken twice', () => {
  const call = {
    kind: 'refund' as const,
    seq: 1,
    key: 'rfd_1:refund:1',
    body: {},
    state: 'sent' as const,
    attempts: 2,
    storedError: false,
    evidence: null,
    firstSentAt: now,
    changedAt: now,
  };
  let refund: StoredRefund = { ...pending(hourMs), state: 'sending', reference: null, call };
  for (let times = 0; times < 2; times++)
    refund = withAnswer(refund, call, { result: 'throttled', retryAfterMs: 0, evidence: {} }, now);
  expect([refund.state, refund.call?.attempts]).toEqual(['sending', 1]);
});
