import { describe, expect, test } from '@jest/globals';
import { aPayment, answerOf, anIntent, anOperation } from '../../test/payments/payment-samples.js';
import { next, turnedBackFor, withAnswer, withFound, withIntent, type PaymentEvent } from './payments.rules.js';
import { paymentStates, type PaymentState } from './payments.types.js';
import type { ProviderIntent } from './provider.types.js';

const events: PaymentEvent[] = [
  'begin',
  'ask buyer',
  'ask provider',
  'authorize',
  'capture',
  'captured',
  'turn back',
  'cancelled',
];

describe('the table of states', () => {
  // Every pair that is not here leaves the state as it is.
  const moves: [PaymentState, PaymentEvent, PaymentState | 'contradiction'][] = [
    ['accepted', 'begin', 'authorizing'],
    ...(['accepted', 'authorizing', 'processing'] as const).map((from): [PaymentState, PaymentEvent, PaymentState] => [
      from,
      'ask buyer',
      'requires_action',
    ]),
    ...(['accepted', 'authorizing', 'requires_action'] as const).map(
      (from): [PaymentState, PaymentEvent, PaymentState] => [from, 'ask provider', 'processing'],
    ),
    ...(['accepted', 'authorizing', 'requires_action', 'processing'] as const).map(
      (from): [PaymentState, PaymentEvent, PaymentState] => [from, 'authorize', 'authorized'],
    ),
    ['authorized', 'capture', 'capturing'],
    ...paymentStates
      .filter((from) => from !== 'captured' && from !== 'cancelled')
      .flatMap((from): [PaymentState, PaymentEvent, PaymentState][] => [
        [from, 'captured', 'captured'],
        [from, 'turn back', 'voiding'],
        [from, 'cancelled', 'cancelled'],
      ]),
    ['captured', 'cancelled', 'contradiction'],
    ['cancelled', 'captured', 'contradiction'],
  ];

  test.each(paymentStates.flatMap((from) => events.map((event) => [from, event] as const)))(
    'says what becomes of %s by: %s',
    (from, event) => {
      const move = moves.find(([state, what]) => state === from && what === event);
      expect(next(from, event)).toBe(move?.[2] ?? from);
    },
  );
});

describe('an intent', () => {
  test.each([
    ['requires-action', 'requires_action'],
    ['processing', 'processing'],
    ['requires-capture', 'authorized'],
    ['succeeded', 'captured'],
    ['requires-confirmation', 'authorizing'],
  ] as const)('that is %s makes the payment %s', (status, state) => {
    const payment = withIntent(aPayment({ state: 'authorizing' }), anIntent({ status }), {});
    expect(payment).toMatchObject({ state, parked: null });
  });

  test.each([
    ['amount', { amount: 500n }],
    ['currency', { currency: 'USD' }],
    ['mode', { mode: 'live' as const }],
    ['purchase', { purchase: 'pur_2' }],
    ['title', { title: 'other' }],
    ['amount that was captured', { status: 'succeeded' as const, received: 498n }],
    ['amount that can be captured', { status: 'requires-capture' as const, capturable: 498n }],
  ])('of another %s parks the payment and moves it nowhere', (_, change) => {
    const payment = aPayment({ state: 'authorizing' });
    expect(withIntent(payment, anIntent({ status: 'succeeded', ...change }), {})).toMatchObject({
      state: 'authorizing',
      parked: { code: 'payment-mismatch' },
    });
  });

  test('of a status that nobody knows parks the payment', () => {
    expect(withIntent(aPayment({ state: 'authorizing' }), anIntent({ status: 'other' }), {})).toMatchObject({
      state: 'authorizing',
      parked: { code: 'payment-status-unknown' },
    });
  });

  test('that is right again ends what it was parked for', () => {
    const parked = withIntent(aPayment({ state: 'authorizing' }), anIntent({ amount: 1n }), {});
    expect(withIntent(parked, anIntent({ status: 'requires-capture' }), {})).toMatchObject({
      state: 'authorized',
      parked: null,
    });
  });

  test('whose authorisation has expired cancels the payment as expired', () => {
    const intent = anIntent({ status: 'canceled', cancellation: 'expired' });
    expect(withIntent(aPayment({ state: 'authorized' }), intent, {})).toMatchObject({
      state: 'cancelled',
      turnedBack: { code: 'payment-expired' },
    });
  });

  test('that is canceled for a payment that is turned back keeps the first cause', () => {
    const cause = { code: 'purchase-cancelled', detail: 'By the buyer.' };
    const voiding = turnedBackFor(aPayment({ state: 'authorized' }), cause);
    const later = turnedBackFor(voiding, { code: 'payment-expired', detail: 'Too late.' });
    expect(withIntent(later, anIntent({ status: 'canceled', cancellation: 'abandoned' }), {})).toMatchObject({
      state: 'cancelled',
      turnedBack: cause,
    });
  });

  test('that says captured of a cancelled payment is a contradiction for a person', () => {
    const cancelled = withIntent(aPayment({ state: 'authorizing' }), anIntent({ status: 'canceled' }), {});
    expect(withIntent(cancelled, anIntent({ status: 'succeeded' }), {})).toMatchObject({
      state: 'cancelled',
      parked: { code: 'payment-contradiction' },
    });
  });

  test('that was declined turns back a payment with a method, and lets the buyer try again in their page', () => {
    const declined = anIntent({
      status: 'requires-payment-method',
      declined: { code: 'insufficient_funds', detail: 'Not enough.' },
    });
    expect(withIntent(aPayment({ state: 'requires_action' }), declined, {})).toMatchObject({
      state: 'voiding',
      turnedBack: { code: 'payment-declined' },
    });
    expect(withIntent(aPayment({ state: 'requires_action', method: null }), declined, {})).toMatchObject({
      state: 'requires_action',
      turnedBack: null,
    });
  });
});

test('an intent that is not the recorded one changes nothing, whatever it says', () => {
  const payment = aPayment({ state: 'requires_action', parked: { code: 'payment-mismatch', detail: 'Too little.' } });
  for (const status of ['canceled', 'succeeded', 'processing', 'other'] as const)
    expect(withIntent(payment, anIntent({ reference: 'pi_other', status }), {})).toBe(payment);
});

describe('an answer', () => {
  const confirm = anOperation('confirm');
  const confirming = aPayment({ state: 'authorizing', operations: { confirm } });

  test.each(['unknown', 'stored-error', 'denied', 'missing', 'key-misused'] as const)(
    '%s leaves the call unknown and never declines',
    (result) => {
      const payment = withAnswer(confirming, confirm, answerOf(result));
      expect(payment.operations.confirm).toMatchObject({ state: 'unknown', storedError: result === 'stored-error' });
      expect(payment).toMatchObject({ state: 'authorizing', turnedBack: null });
    },
  );

  test('throttled does not count as an attempt', () => {
    expect(withAnswer(confirming, confirm, answerOf('throttled')).operations.confirm).toMatchObject({
      state: 'sent',
      attempts: 0,
    });
  });

  test('declined turns the payment back', () => {
    const answer = { ...answerOf('declined'), code: 'insufficient_funds', detail: 'Not enough.' };
    expect(withAnswer(confirming, confirm, answer as never)).toMatchObject({
      state: 'voiding',
      turnedBack: { code: 'payment-declined', detail: 'insufficient_funds: Not enough.' },
    });
  });

  test('that refuses a capture compensates the purchase and does not decline it', () => {
    const capture = anOperation('capture');
    const capturing = aPayment({ state: 'capturing', operations: { capture } });
    expect(withAnswer(capturing, capture, answerOf('refused'))).toMatchObject({
      state: 'voiding',
      turnedBack: { code: 'capture-refused' },
    });
  });

  test('that the intent is in another state decides nothing: it is looked up', () => {
    const answer = { ...answerOf('refused'), code: 'payment_intent_unexpected_state' } as never;
    expect(withAnswer(confirming, confirm, answer)).toMatchObject({ state: 'authorizing', turnedBack: null });
  });

  test('that comes late leaves what another run was told', () => {
    const told = withAnswer(confirming, confirm, answerOf('intent', anIntent({ status: 'requires-capture' })));
    expect(withAnswer(told, confirm, answerOf('unknown'))).toEqual(told);
  });

  test('to a call under an earlier key leaves the later call the one that counts', () => {
    const later = anOperation('confirm', { seq: 2, key: 'pur_1:confirm:2' });
    for (const result of ['stored-error', 'intent'] as const) {
      const payment = withAnswer(aPayment({ operations: { confirm: later } }), confirm, answerOf(result));
      expect(payment.operations.confirm).toEqual(later);
    }
  });

  test('that declines an earlier call turns back nothing that a later one has brought about', () => {
    const later = anOperation('confirm', { seq: 2, state: 'succeeded' });
    const authorized = aPayment({ state: 'authorized', operations: { confirm: later } });
    for (const result of ['declined', 'refused'] as const)
      expect(withAnswer(authorized, confirm, answerOf(result))).toBe(authorized);
    const settled = aPayment({ state: 'authorized', operations: { confirm: { ...confirm, state: 'resolved' } } });
    expect(withAnswer(settled, confirm, answerOf('declined'))).toBe(settled);
  });

  test('that a key was misused stays for a person while the payment stands where it is, and no longer', () => {
    const parked = withAnswer(confirming, confirm, answerOf('key-misused'));
    const looked = (status: 'requires-confirmation' | 'requires-capture') =>
      withAnswer(parked, 'look', answerOf('intent', anIntent({ status }))).parked;
    expect(looked('requires-confirmation')).toMatchObject({ code: 'payment-key-misused' });
    expect(looked('requires-capture')).toBeNull();
  });

  test('of a create is recorded once, and never where the payment is turned back', () => {
    const create = anOperation('create');
    const creating = aPayment({ state: 'authorizing', reference: null, operations: { create } });
    const answer = answerOf('intent', anIntent({ reference: 'pi_new', status: 'requires-confirmation' }));
    expect(withAnswer(creating, create, answer)).toMatchObject({ reference: 'pi_new' });
    expect(withAnswer(aPayment({ reference: 'pi_first', operations: { create } }), create, answer)).toMatchObject({
      reference: 'pi_first',
    });
    const voiding = turnedBackFor(creating, { code: 'purchase-cancelled', detail: 'By the buyer.' });
    expect(withAnswer(voiding, create, answer)).toMatchObject({ reference: null, state: 'voiding' });
  });

  test('that shows the effect of an unknown call resolves it', () => {
    const unknown = withAnswer(confirming, confirm, answerOf('unknown'));
    const looked = withAnswer(unknown, 'look', answerOf('intent', anIntent({ status: 'requires-capture' })));
    expect(looked.operations.confirm?.state).toBe('resolved');
    const unmoved = withAnswer(unknown, 'look', answerOf('intent', anIntent({ status: 'requires-confirmation' })));
    expect(unmoved.operations.confirm?.state).toBe('unknown');
  });
});

describe('a search for what was created', () => {
  const create = anOperation('create', { state: 'unknown' });
  const creating = aPayment({ state: 'authorizing', reference: null, operations: { create } });

  const intent = anIntent({ reference: 'pi_found', status: 'requires-confirmation' });
  const searched = (found: ProviderIntent[]) => ({ seq: create.seq, found, evidence: {} });

  test('that finds the intent records it', () => {
    const found = withFound(creating, searched([intent]));
    expect(found).toMatchObject({ reference: 'pi_found', operations: { create: { state: 'resolved' } } });
  });

  test('that finds none proves that the create was not done', () => {
    expect(withFound(creating, searched([]))).toMatchObject({
      reference: null,
      operations: { create: { state: 'failed' } },
    });
  });

  test('says nothing of a create that another run has made meanwhile, or of an intent that is recorded', () => {
    const later = { ...creating, operations: { create: { ...create, seq: create.seq + 1 } } };
    const known = { ...creating, reference: 'pi_1' };
    for (const payment of [later, known])
      for (const found of [[], [intent]]) expect(withFound(payment, searched(found))).toBe(payment);
  });
});
