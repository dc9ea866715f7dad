import { expect, test } from '@jest/globals';
import { paymentStates, type PaymentView } from '../payments/payments.types.js';
import { shownPayment, shownState, type ShownState } from './shown.rules.js';
import type { Purchase } from './purchases.types.js';

const pay = { asset: 'gold', amount: '10' };
const parked = { code: 'account-denied', detail: 'The key is not taken.' };

function view(over: Partial<PaymentView> = {}): PaymentView {
  return {
    id: 'pur_1',
    provider: 'stripe',
    state: 'authorizing',
    unknown: false,
    parked: null,
    reference: 'pi_1',
    dispute: null,
    clientSecret: 'pi_1_secret',
    deadline: new Date(0),
    ...over,
  };
}

const open: [Purchase['state'], PaymentView | undefined, ShownState][] = [
  ['accepted', undefined, 'accepted'],
  ['stuck', undefined, 'stuck'],
  ['requires_action', undefined, 'requires_action'],
  ['processing', undefined, 'processing'],
  ['accepted', view({ parked, unknown: true }), 'parked'],
  ['stuck', view({ parked }), 'parked'],
  ['accepted', view({ unknown: true }), 'unknown'],
  ['stuck', view({ unknown: true }), 'unknown'],
  ['stuck', view({ state: 'captured' }), 'stuck'],
  ['stuck', view({ state: 'voiding' }), 'stuck'],
  ['accepted', view({ state: 'voiding' }), 'voiding'],
  ['requires_action', view({ state: 'cancelled' }), 'voiding'],
  ...paymentStates
    .filter((state) => state !== 'voiding' && state !== 'cancelled')
    .map((state): [Purchase['state'], PaymentView, ShownState] => ['accepted', view({ state }), state]),
];

test.each(open)('an open purchase whose row says %s, with the payment %j, is shown as %s', (state, payment, shown) => {
  expect(shownState({ state, closedAt: null, pay }, payment)).toBe(shown);
});

test.each(['completed', 'refused', 'compensated', 'declined', 'cancelled', 'expired'] as const)(
  'a closed purchase is shown as %s, whatever its payment says',
  (state) => {
    const closedAt = new Date();
    for (const payment of [undefined, view(), view({ unknown: true }), view({ parked })])
      expect(shownState({ state, closedAt, pay }, payment)).toBe(state);
  },
);

test.each([
  [0n, 0n, 'completed'],
  [3n, 0n, 'refunding'],
  [3n, 7n, 'refunding'],
  [0n, 3n, 'partially_refunded'],
  [0n, 10n, 'refunded'],
] as const)(
  'a completed purchase of 10 of which %s are promised and %s refunded is %s',
  (promised, refunded, shown) => {
    const purchase = { state: 'completed', closedAt: new Date(), pay } as const;
    expect(shownState(purchase, undefined, { promised, refunded })).toBe(shown);
    expect(shownState({ ...purchase, state: 'refused' }, undefined, { promised, refunded })).toBe('refused');
  },
);

test.each([
  ['open', 3n, 7n, 'disputed'],
  ['open', 0n, 0n, 'disputed'],
  ['lost', 3n, 0n, 'refunding'],
  ['lost', 0n, 3n, 'charged_back'],
  ['lost', 0n, 10n, 'charged_back'],
  [null, 0n, 10n, 'refunded'],
] as const)(
  'a completed purchase of 10 with a dispute that is %s, of which %s are promised and %s refunded, is %s',
  (dispute, promised, refunded, shown) => {
    const purchase = { state: 'completed', closedAt: new Date(), pay } as const;
    const payment = view({ state: 'captured', dispute });
    expect(shownState(purchase, payment, { promised, refunded })).toBe(shown);
    if (refunded === 0n && promised === 0n) expect(shownState(purchase, payment)).toBe(shown);
    expect(shownState({ ...purchase, state: 'refused' }, payment, { promised, refunded })).toBe('refused');
  },
);

test('the secret by which a buyer pays is shown while the purchase is open, and never after', () => {
  expect(shownPayment('stripe', true, view())).toEqual({
    provider: 'stripe',
    reference: 'pi_1',
    clientSecret: 'pi_1_secret',
  });
  expect(shownPayment('stripe', false, view())).toEqual({ provider: 'stripe', reference: 'pi_1' });
  expect(shownPayment('stripe', true, view({ reference: null, clientSecret: null }))).toEqual({ provider: 'stripe' });
  expect(shownPayment('stripe', true, undefined)).toEqual({ provider: 'stripe' });
});
