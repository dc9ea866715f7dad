import type { CaptureMethod, FaultName, PaymentFailure } from '../books/records.js';
import type { IntentMove } from './intent.rules.js';

/** A payment method of the test mode. */
export interface PaymentMethod {
  id: string;
  type: 'card' | 'sepa_debit' | 'ideal';
  brand: string;
  last4: string;
  /** What a confirmation with it comes to. */
  at: 'authorize' | 'pay' | 'process' | 'challenge' | 'decline';
  failure?: PaymentFailure;
}

const declined = (
  declineCode: string,
  message = 'Your card was declined.',
  code = 'card_declined',
): PaymentFailure => ({
  type: 'card_error',
  code,
  ...(code === 'card_declined' && { decline_code: declineCode }),
  message,
});

/** What a fault says of a card, whatever card it is. */
export const genericDecline = declined('generic_decline');
/** What a buyer has left undone. */
export const authenticationFailure: PaymentFailure = {
  type: 'invalid_request_error',
  code: 'payment_intent_authentication_failure',
  message: 'The provided PaymentMethod has failed authentication.',
};

const card = (id: string, brand: string, last4: string, at: PaymentMethod['at'], failure?: PaymentFailure) => ({
  id,
  type: 'card' as const,
  brand,
  last4,
  at,
  ...(failure && { failure }),
});

const methods: PaymentMethod[] = [
  card('pm_card_visa', 'visa', '4242', 'authorize'),
  card('pm_card_mastercard', 'mastercard', '4444', 'authorize'),
  card('pm_card_amex', 'amex', '8431', 'authorize'),
  card('pm_card_chargeDeclined', 'visa', '0002', 'decline', genericDecline),
  card('pm_card_visa_chargeDeclined', 'visa', '0002', 'decline', genericDecline),
  card(
    'pm_card_chargeDeclinedInsufficientFunds',
    'visa',
    '9995',
    'decline',
    declined('insufficient_funds', 'Your card has insufficient funds.'),
  ),
  card('pm_card_chargeDeclinedLostCard', 'visa', '9987', 'decline', declined('lost_card')),
  card('pm_card_chargeDeclinedStolenCard', 'visa', '9979', 'decline', declined('stolen_card')),
  card(
    'pm_card_chargeDeclinedExpiredCard',
    'visa',
    '0069',
    'decline',
    declined('', 'Your card has expired.', 'expired_card'),
  ),
  card(
    'pm_card_chargeDeclinedProcessingError',
    'visa',
    '0119',
    'decline',
    declined('', 'An error occurred while processing your card. Try again in a little bit.', 'processing_error'),
  ),
  card('pm_card_authenticationRequired', 'visa', '3184', 'challenge'),
  { id: 'pm_sepa_debit', type: 'sepa_debit', brand: '', last4: '3000', at: 'process' },
  { id: 'pm_ideal', type: 'ideal', brand: '', last4: '', at: 'pay' },
];

/** @returns the method of the test mode with this id */
export function paymentMethod(id: string): PaymentMethod | undefined {
  return methods.find((method) => method.id === id);
}

/**
 * What a confirmation comes to. A card is captured at confirmation where the intent says `automatic`; a method that
 * cannot be captured later is paid whatever the intent says.
 */
export function outcomeOf(
  method: PaymentMethod,
  capture: CaptureMethod,
  fault?: FaultName,
): { move: Extract<IntentMove, PaymentMethod['at']>; failure?: PaymentFailure } {
  if (fault === 'decline') return { move: 'decline', failure: genericDecline };
  if (fault === 'requires-action') return { move: 'challenge' };
  if (fault === 'processing') return { move: 'process' };
  if (method.at === 'decline') return { move: 'decline', failure: method.failure ?? genericDecline };
  if (method.at === 'challenge' || method.at === 'process') return { move: method.at };
  return { move: successOf(method, capture) };
}

/** @returns what it comes to once nothing is in the way any more */
export function successOf(method: PaymentMethod, capture: CaptureMethod): 'authorize' | 'pay' {
  return method.type === 'card' && capture === 'manual' ? 'authorize' : 'pay';
}
