import { expect, test } from '@jest/globals';
import { anIntent } from '../../test/payments/payment-samples.js';
import { afterLook } from './orphans.rules.js';
import type { Orphan } from './orphans.types.js';

test('an orphan whose refund is on its way is neither given back again nor taken for returned by its intent', () => {
  const now = new Date();
  const orphan: Orphan = {
    id: '1',
    payment: 'pur_1',
    title: 'arena',
    provider: 'stripe',
    reference: 'pi_1',
    state: 'refunding',
    looks: 0,
    dueAt: null,
    currency: 'EUR',
    captured: 499n,
    refunded: 0n,
    refund: 're_1',
    fee: null,
    booked: [],
    parked: null,
    evidence: null,
    createdAt: now,
    calls: {},
  };
  const lastSeq = { 'orphan-cancel': 0, 'orphan-refund': 1 };
  const owner = {
    state: 'cancelled' as const,
    reference: 'pi_1',
    isTurnedBack: true,
    amount: 499n,
    mode: 'test' as const,
    created: null,
    lastSeq,
  };
  for (const refunded of [0n, 499n]) {
    const intent = anIntent({ status: 'succeeded', refunded });
    const next = afterLook(orphan, { result: 'intent', intent, evidence: {} }, { owner, now, windowHours: 24 });
    expect(next.call).toBeUndefined();
    expect(next.orphan).toMatchObject({ state: 'refunding', refunded: 0n });
  }
});
