import { describe, expect, test } from '@jest/globals';
import { aPayment, anOperation, madeAt } from '../../test/payments/payment-samples.js';
import { decide, reached, type Attempt, type Goal } from './payment-steps.rules.js';
import { turnedBackFor } from './payments.rules.js';
import type { StoredPayment } from './payments.types.js';

const hour = 3_600_000;
const authorize: Goal = { step: 'authorize' };
const capture: Goal = { step: 'capture' };
const cause = { code: 'purchase-cancelled', detail: 'By the buyer.' };
const voided: Goal = { step: 'void', cause };

function attempt(change: Partial<Attempt> = {}, later = 60_000): Attempt {
  return { now: new Date(madeAt.getTime() + later), windowHours: 24, looked: false, ...change };
}

const nextOf = (goal: Goal, payment: StoredPayment, change: Partial<Attempt> = {}, later = 60_000): unknown =>
  decide(goal, payment, attempt(change, later)).next;

describe('to authorise', () => {
  const fresh = aPayment({ reference: null });

  test('an intent is created, then confirmed with the method, never both in one call', () => {
    expect(nextOf(authorize, fresh)).toEqual({ do: 'call', kind: 'create', seq: 1 });
    expect(nextOf(authorize, aPayment({ state: 'authorizing' }), { looked: true })).toEqual({
      do: 'call',
      kind: 'confirm',
      seq: 1,
    });
  });

  test('a create that is unknown is sent again with its key for 23 hours, and then it is searched for', () => {
    const create = anOperation('create', { state: 'unknown' });
    const unknown = aPayment({
      reference: null,
      deadline: new Date(madeAt.getTime() + 48 * hour),
      operations: { create },
    });
    expect(nextOf(authorize, unknown, {}, 22.9 * hour)).toEqual({ do: 'call', kind: 'create', seq: 1 });
    expect(nextOf(authorize, unknown, {}, 23.1 * hour)).toEqual({ do: 'search' });
  });

  test('a create that answers an error for ever is searched for, and made anew where it is proved to be none', () => {
    const stored = anOperation('create', { state: 'unknown', storedError: true });
    expect(nextOf(authorize, aPayment({ reference: null, operations: { create: stored } }))).toEqual({ do: 'search' });
    const failed = anOperation('create', { state: 'failed' });
    expect(nextOf(authorize, aPayment({ reference: null, operations: { create: failed } }))).toEqual({
      do: 'call',
      kind: 'create',
      seq: 2,
    });
  });

  test('no intent is created after the deadline', () => {
    expect(decide(authorize, fresh, attempt({}, 1_800_000))).toMatchObject({
      payment: { state: 'voiding', turnedBack: { code: 'payment-expired' } },
      next: { answer: { outcome: 'turned-back' } },
    });
  });

  test.each(['sent', 'unknown'] as const)(
    'a confirmation that is %s is looked for before it is sent again',
    (state) => {
      const confirming = aPayment({ state: 'authorizing', operations: { confirm: anOperation('confirm', { state }) } });
      expect(nextOf(authorize, confirming)).toEqual({ do: 'look' });
      expect(nextOf(authorize, confirming, { looked: true })).toEqual({ do: 'call', kind: 'confirm', seq: 1 });
    },
  );

  test('a confirmation whose error is stored has another key after a look', () => {
    const confirm = anOperation('confirm', { state: 'unknown', storedError: true });
    expect(nextOf(authorize, aPayment({ state: 'authorizing', operations: { confirm } }), { looked: true })).toEqual({
      do: 'call',
      kind: 'confirm',
      seq: 2,
    });
  });

  test('nothing is confirmed any more after the deadline, and what was sent is looked at first', () => {
    const late = 1_800_000;
    expect(decide(authorize, aPayment({ state: 'authorizing' }), attempt({ looked: true }, late))).toMatchObject({
      payment: { turnedBack: { code: 'payment-expired' } },
    });
    const confirm = anOperation('confirm', { state: 'unknown' });
    const sent = aPayment({ state: 'authorizing', operations: { confirm } });
    expect(nextOf(authorize, sent, {}, late)).toEqual({ do: 'look' });
    expect(decide(authorize, sent, attempt({ looked: true }, late))).toMatchObject({
      payment: { turnedBack: { code: 'payment-expired' } },
      next: { answer: { outcome: 'turned-back' } },
    });
  });

  test('a buyer is waited for, more and more seldom, until the deadline and no longer', () => {
    const waiting = aPayment({ state: 'requires_action', method: null });
    expect(nextOf(authorize, waiting)).toEqual({ do: 'look' });
    const until = (later: number): number =>
      (nextOf(authorize, waiting, { looked: true }, later) as { answer: { until: Date } }).answer.until.getTime() -
      madeAt.getTime() -
      later;
    expect(until(2_000)).toBe(5_000);
    expect(until(60_000)).toBe(30_000);
    expect(until(1_700_000)).toBe(100_000);
    expect(decide(authorize, waiting, attempt({ looked: true }, 1_800_000))).toMatchObject({
      payment: { state: 'voiding', turnedBack: { code: 'payment-expired' } },
      next: { answer: { outcome: 'turned-back' } },
    });
  });

  test('a bank is waited for past the deadline, and a person is asked for after 14 days', () => {
    const processing = aPayment({ state: 'processing' });
    expect(nextOf(authorize, processing, { looked: true }, 2 * 24 * hour)).toMatchObject({
      answer: { outcome: 'waits', for: 'provider' },
    });
    expect(nextOf(authorize, processing, { looked: true }, 15 * 24 * hour)).toMatchObject({ do: 'fail' });
  });

  test('what is parked is looked at anew, and fails while it is parked', () => {
    const parked = aPayment({ state: 'authorizing', parked: { code: 'payment-mismatch', detail: 'Too little.' } });
    expect(nextOf(authorize, parked)).toEqual({ do: 'look' });
    expect(nextOf(authorize, parked, { looked: true })).toEqual({ do: 'fail', why: 'Too little.' });
  });
});

describe('to capture', () => {
  const capturing = (state: 'sent' | 'unknown' | 'failed', storedError = false): StoredPayment =>
    aPayment({ state: 'capturing', operations: { capture: anOperation('capture', { state, storedError }) } });

  test('one call goes out, and again only after a look', () => {
    expect(nextOf(capture, aPayment({ state: 'authorized' }))).toEqual({ do: 'call', kind: 'capture', seq: 1 });
    expect(nextOf(capture, capturing('unknown'))).toEqual({ do: 'look' });
    expect(nextOf(capture, capturing('unknown'), { looked: true })).toEqual({ do: 'call', kind: 'capture', seq: 1 });
    expect(nextOf(capture, capturing('unknown', true), { looked: true })).toEqual({
      do: 'call',
      kind: 'capture',
      seq: 2,
    });
  });

  test('what is refused is turned back after a look', () => {
    expect(nextOf(capture, capturing('failed'))).toEqual({ do: 'look' });
    expect(decide(capture, capturing('failed'), attempt({ looked: true }))).toMatchObject({
      payment: { state: 'voiding', turnedBack: { code: 'capture-refused' } },
      next: { answer: { outcome: 'turned-back' } },
    });
  });

  test('nothing is captured that is turned back or not authorised', () => {
    expect(nextOf(capture, turnedBackFor(aPayment({ state: 'authorized' }), cause))).toEqual({
      do: 'answer',
      answer: { outcome: 'turned-back', cause },
    });
    expect(nextOf(capture, aPayment({ state: 'requires_action' }))).toMatchObject({ do: 'fail' });
  });
});

describe('to pay', () => {
  const pay: Goal = { step: 'pay' };

  test('what is not authorised is as to authorise, and what is authorised as to capture', () => {
    for (const payment of [aPayment({ reference: null }), aPayment({ state: 'authorizing' })])
      expect(nextOf(pay, payment)).toEqual(nextOf(authorize, payment));
    for (const state of ['authorized', 'capturing'] as const)
      expect(nextOf(pay, aPayment({ state }))).toEqual(nextOf(capture, aPayment({ state })));
    expect(nextOf(pay, turnedBackFor(aPayment({ state: 'authorized' }), cause))).toMatchObject({
      answer: { outcome: 'turned-back' },
    });
  });

  test('what is authorised is answered so where it cannot be captured now, and nothing else is', () => {
    expect(reached(pay, aPayment({ state: 'capturing' }))).toEqual({ outcome: 'authorized' });
    expect(reached(capture, aPayment({ state: 'capturing' }))).toBeUndefined();
    expect(reached(pay, aPayment({ state: 'authorizing' }))).toBeUndefined();
    expect(reached(pay, turnedBackFor(aPayment({ state: 'capturing' }), cause))).toBeUndefined();
  });
});

describe('to void', () => {
  test('a payment without an intent is cancelled by our word, also while its create is unknown', () => {
    const create = anOperation('create', { state: 'unknown' });
    for (const payment of [aPayment({ reference: null }), aPayment({ reference: null, operations: { create } })])
      expect(decide(voided, payment, attempt())).toMatchObject({
        payment: { state: 'cancelled', turnedBack: cause },
        next: { answer: { outcome: 'cancelled', cause } },
      });
  });

  test('an intent is cancelled at the provider, and nothing is answered before that has answered', () => {
    expect(decide(voided, aPayment({ state: 'authorized' }), attempt())).toMatchObject({
      payment: { state: 'voiding', turnedBack: cause },
      next: { do: 'call', kind: 'cancel', seq: 1 },
    });
  });

  test('what is captured stays captured', () => {
    expect(decide(voided, aPayment({ state: 'captured' }), attempt())).toMatchObject({
      payment: { turnedBack: null },
      next: { answer: { outcome: 'captured' } },
    });
  });

  test('a cancel that was refused is looked at, and fails while the bank is at it', () => {
    const cancel = anOperation('cancel', { state: 'failed' });
    const voiding = turnedBackFor(aPayment({ state: 'authorized', operations: { cancel } }), cause);
    expect(nextOf(voided, voiding)).toEqual({ do: 'look' });
    expect(nextOf(voided, { ...voiding, seen: 'processing' }, { looked: true })).toMatchObject({ do: 'fail' });
    expect(nextOf(voided, { ...voiding, seen: 'requires-capture' }, { looked: true })).toEqual({
      do: 'call',
      kind: 'cancel',
      seq: 2,
    });
  });
});

test.each([authorize, capture])('what is captured answers every step: $step', (goal) => {
  expect(nextOf(goal, aPayment({ state: 'captured' }))).toEqual({ do: 'answer', answer: { outcome: 'captured' } });
});
