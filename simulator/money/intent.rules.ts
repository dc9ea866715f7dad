import type { IntentStatus } from '../books/records.js';

/** What can happen to an intent. */
export type IntentMove =
  'attach' | 'challenge' | 'process' | 'authorize' | 'pay' | 'decline' | 'capture' | 'cancel' | 'expire';

const confirmable: Partial<Record<IntentMove, IntentStatus>> = {
  attach: 'requires_confirmation',
  challenge: 'requires_action',
  process: 'processing',
  authorize: 'requires_capture',
  pay: 'succeeded',
  decline: 'requires_payment_method',
  cancel: 'canceled',
};

/**
 * | from | attach | challenge | process | authorize | pay | decline | capture | cancel | expire |
 * |---|---|---|---|---|---|---|---|---|---|
 * | requires_payment_method, requires_confirmation, requires_action | requires_confirmation | requires_action |
 *   processing | requires_capture | succeeded | requires_payment_method | | canceled | |
 * | processing | | | | requires_capture | succeeded | requires_payment_method | | canceled | |
 * | requires_capture | | | | | | | succeeded | canceled | canceled |
 * | succeeded, canceled | | | | | | | | | |
 */
const moves: Record<IntentStatus, Partial<Record<IntentMove, IntentStatus>>> = {
  requires_payment_method: confirmable,
  requires_confirmation: confirmable,
  requires_action: confirmable,
  processing: {
    authorize: 'requires_capture',
    pay: 'succeeded',
    decline: 'requires_payment_method',
    cancel: 'canceled',
  },
  requires_capture: { capture: 'succeeded', cancel: 'canceled', expire: 'canceled' },
  succeeded: {},
  canceled: {},
};

/** @returns where a move leads from a status; undefined where Stripe answers `payment_intent_unexpected_state` */
export function next(status: IntentStatus, move: IntentMove): IntentStatus | undefined {
  return moves[status][move];
}

/** @returns whether an intent can be confirmed, by its owner's server or by its buyer */
export function canBeConfirmed(status: IntentStatus): boolean {
  return next(status, 'challenge') !== undefined;
}
