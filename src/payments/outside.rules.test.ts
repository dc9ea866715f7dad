import { describe, expect, test } from '@jest/globals';
import { nextDisputeState } from './disputes.rules.js';
import type { ProviderDispute, ProviderTransaction } from './outside-port.types.js';
import { afterOutsideLook, nextLookAt } from './outside.rules.js';
import type { OutsideOwner } from './outside.types.js';
import type { ListedRefund } from './provider.types.js';

const at = new Date('2026-11-01T12:00:00Z');

function anOwner(change: Partial<OutsideOwner> = {}): OutsideOwner {
  return {
    payment: 'pur_1',
    title: 'arena',
    provider: 'stripe',
    intent: 'pi_1',
    mode: 'test',
    currency: 'EUR',
    captured: 499n,
    returned: 0n,
    is: 'payment',
    movements: [],
    disputes: [],
    ...change,
  };
}

function aRefund(change: Partial<ListedRefund> = {}): ListedRefund {
  const own = { title: null, purchase: null, refund: null };
  return {
    reference: 're_1',
    status: 'succeeded',
    amount: 100n,
    currency: 'EUR',
    reason: null,
    ...own,
    createdAt: at,
    ...change,
  };
}

function aTransaction(change: Partial<ProviderTransaction> = {}): ProviderTransaction {
  return { reference: 'txn_1', amount: -499n, fee: 1500n, currency: 'EUR', createdAt: at, ...change };
}

function aDispute(change: Partial<ProviderDispute> = {}): ProviderDispute {
  return {
    reference: 'dp_1',
    status: 'needs_response',
    said: 'needs_response',
    amount: 499n,
    currency: 'EUR',
    reason: 'fraudulent',
    mode: 'test',
    dueBy: null,
    hasEvidence: false,
    openedAt: at,
    transactions: [],
    ...change,
  };
}

const shown = (owner: OutsideOwner, told: { refunds?: ListedRefund[]; disputes?: ProviderDispute[] }) => {
  const found = afterOutsideLook(owner, { refunds: [], disputes: [], ...told });
  const movements = found.movements.map(
    ({ kind, amount, currency, counted }) => `${kind} ${amount} ${currency} ${counted}`,
  );
  return { movements, returned: found.returned, trouble: found.trouble };
};

describe('the sum of what has gone back', () => {
  test('is never more than was captured, though all of the money is booked', () => {
    const disputes = [aDispute({ transactions: [aTransaction({ fee: 0n })] })];
    expect(shown(anOwner(), { refunds: [aRefund()], disputes })).toMatchObject({
      movements: ['outside-refund 100 EUR 100', 'dispute 499 EUR 399'],
      returned: 499n,
    });
  });

  test('that is won makes room for a refund that is told in the same look, and a refund that has failed for it', () => {
    const back = aTransaction({ reference: 'txn_2', amount: 499n, fee: 0n });
    const dispute = { kind: 'dispute' as const, reference: 'txn_1', dispute: 'dp_1', counted: 499n };
    const fee = { ...dispute, kind: 'dispute-fee' as const, counted: 0n };
    const refunds = [aRefund({ amount: 499n })];
    expect(
      shown(anOwner({ returned: 499n, movements: [dispute, fee] }), {
        refunds,
        disputes: [aDispute({ status: 'won', transactions: [aTransaction(), back] })],
      }),
    ).toMatchObject({ movements: ['dispute-reinstated 499 EUR -499', 'outside-refund 499 EUR 499'], returned: 499n });
    const refund = { kind: 'outside-refund' as const, reference: 're_1', dispute: null, counted: 499n };
    expect(
      shown(anOwner({ returned: 499n, movements: [refund] }), {
        refunds: [aRefund({ amount: 499n, status: 'failed' })],
        disputes: [aDispute({ transactions: [aTransaction({ fee: 0n })] })],
      }),
    ).toMatchObject({ movements: ['outside-refund-failed 499 EUR -499', 'dispute 499 EUR 499'], returned: 499n });
  });

  test('is taken and comes back in whichever order they are told', () => {
    const later = new Date(at.getTime() + 1_000);
    for (const createdAt of [at, later]) {
      const back = aTransaction({ reference: 'txn_2', amount: 499n, fee: 0n, createdAt });
      for (const transactions of [
        [aTransaction(), back],
        [back, aTransaction()],
      ])
        expect(shown(anOwner(), { disputes: [aDispute({ status: 'won', transactions })] })).toMatchObject({
          movements: ['dispute 499 EUR 499', expect.stringContaining('dispute-fee'), 'dispute-reinstated 499 EUR -499'],
          returned: 0n,
        });
    }
  });

  test('comes back by no more than it has gone by the same dispute', () => {
    const back = aTransaction({ reference: 'txn_2', amount: 499n, fee: 0n });
    const known = { kind: 'dispute' as const, reference: 'txn_1', dispute: 'dp_1', counted: 399n };
    const disputes = [aDispute({ status: 'won', transactions: [aTransaction(), back] })];
    const owner = anOwner({ returned: 499n, movements: [known, { ...known, kind: 'dispute-fee', counted: 0n }] });
    expect(shown(owner, { disputes })).toMatchObject({
      movements: ['dispute-reinstated 499 EUR -399'],
      returned: 100n,
    });
  });
});

test('an account that is settled in another currency has the principal booked in that of the payment', () => {
  const disputes = [aDispute({ transactions: [aTransaction({ amount: -540n, fee: 2000n, currency: 'USD' })] })];
  expect(shown(anOwner(), { disputes }).movements).toEqual(['dispute 499 EUR 499', 'dispute-fee 2000 USD 0']);
});

test('a fee that is given back is booked back', () => {
  const back = aTransaction({ reference: 'txn_2', amount: 499n, fee: -1500n });
  const disputes = [aDispute({ status: 'won', transactions: [back] })];
  expect(shown(anOwner(), { disputes }).movements).toEqual([
    'dispute-reinstated 499 EUR 0',
    'dispute-fee-returned 1500 EUR 0',
  ]);
});

test.each([
  ['a refund in another currency', { refunds: [aRefund({ currency: 'USD' })] }],
  ['a refund of a status that nobody knows', { refunds: [aRefund({ status: 'other' })] }],
  ['a dispute in another currency', { disputes: [aDispute({ currency: 'USD', transactions: [aTransaction()] })] }],
  ['a dispute in another mode', { disputes: [aDispute({ mode: 'live', transactions: [aTransaction()] })] }],
])('%s is not booked, and waits for a person', (_, told) => {
  expect(shown(anOwner(), told)).toEqual({ movements: [], returned: 0n, trouble: expect.any(String) });
});

test('the money of a dispute in a status that nobody knows is booked all the same', () => {
  const disputes = [aDispute({ status: 'other', transactions: [aTransaction()] })];
  expect(shown(anOwner(), { disputes })).toMatchObject({
    movements: ['dispute 499 EUR 499', 'dispute-fee 1500 EUR 0'],
    trouble: expect.stringContaining('not known'),
  });
});

test('a refund of an orphan is booked by its own look, and its disputes here', () => {
  const disputes = [aDispute({ transactions: [aTransaction()] })];
  expect(shown(anOwner({ is: 'orphan', captured: 0n }), { refunds: [aRefund()], disputes }).movements).toEqual([
    'dispute 499 EUR 0',
    'dispute-fee 1500 EUR 0',
  ]);
});

test.each([
  ['under_review', 'needs_response', 'under_review'],
  ['won', 'lost', 'won'],
  ['won', 'needs_response', 'won'],
  ['lost', 'under_review', 'lost'],
  ['lost', 'appealed', 'appealed'],
  ['appealed', 'lost', 'lost'],
  ['inquiry_closed', 'inquiry', 'inquiry_closed'],
  ['inquiry_closed', 'needs_response', 'needs_response'],
  ['lost', 'other', 'lost'],
] as const)('a dispute that is %s and is told to be %s is %s', (state, told, after) => {
  expect(nextDisputeState(state, told)).toBe(after);
});

test('what goes on by itself is looked at again after half its age, from half a minute to an hour', () => {
  const after = (ms: number, isParked = false): number =>
    nextLookAt(at, new Date(at.getTime() + ms), isParked).getTime() - at.getTime() - ms;
  expect([after(0), after(120_000), after(86_400_000), after(0, true)]).toEqual([30_000, 60_000, 3_600_000, 3_600_000]);
});
