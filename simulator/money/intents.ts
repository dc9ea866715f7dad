import { newId, randomText } from '../books/ids.js';
import type { CaptureMethod, Charge, FaultName, Intent, PaymentFailure } from '../books/records.js';
import { ApiError } from '../wire/api-error.js';
import { wireCharge, wireIntent } from '../wire/objects.js';
import { tell, type Actor } from './actor.js';
import { next, type IntentMove } from './intent.rules.js';
import { outcomeOf, type PaymentMethod } from './methods.rules.js';

const authorisationLasts = 7 * 86_400;

/** What an intent is made of. */
export interface NewIntent {
  amount: bigint;
  currency: string;
  captureMethod: CaptureMethod;
  paymentMethod: string | undefined;
  metadata: Record<string, string>;
  description: string | undefined;
}

/** What a confirmation has come to. */
export interface Confirmed {
  intent: Intent;
  failure?: PaymentFailure;
}

/** Makes an intent that nobody has confirmed. */
export function createIntent(actor: Actor, asked: NewIntent): Intent {
  const id = newId('pi');
  const intent: Intent = {
    id,
    account: actor.account,
    created: actor.now,
    amount: asked.amount,
    currency: asked.currency,
    captureMethod: asked.captureMethod,
    status: asked.paymentMethod === undefined ? 'requires_payment_method' : 'requires_confirmation',
    paymentMethod: asked.paymentMethod ?? null,
    clientSecret: `${id}_secret_${randomText(24)}`,
    metadata: asked.metadata,
    description: asked.description ?? null,
    latestCharge: null,
    capturable: 0n,
    received: 0n,
    canceledAt: null,
    cancellationReason: null,
    failure: null,
  };
  return save(actor, intent, 'payment_intent.created');
}

/** Confirms an intent with a method. A decline is no error here: the intent has changed by it. */
export function confirmIntent(actor: Actor, intent: Intent, method: PaymentMethod, fault?: FaultName): Confirmed {
  const { move, failure } = outcomeOf(method, intent.captureMethod, fault);
  return conclude(actor, { ...intent, paymentMethod: method.id }, move, failure);
}

/**
 * Takes an intent to what its payment has come to.
 * @throws ApiError 400 `payment_intent_unexpected_state` where it cannot go there
 */
export function conclude(
  actor: Actor,
  before: Intent,
  move: 'authorize' | 'pay' | 'process' | 'challenge' | 'decline',
  failure?: PaymentFailure,
): Confirmed {
  const moved = moveIntent(before, move, 'confirmed');
  switch (move) {
    case 'challenge':
      return { intent: save(actor, { ...moved, failure: null }, 'payment_intent.requires_action') };
    case 'process': {
      const charge = putCharge(actor, moved, { status: 'pending' });
      const intent = { ...moved, latestCharge: charge.id, failure: null };
      return { intent: save(actor, intent, 'payment_intent.processing') };
    }
    case 'decline': {
      if (failure === undefined) throw new Error('A decline has a reason.');
      const charge = putCharge(actor, moved, { status: 'failed', failure });
      tell(actor, 'charge.failed', wireCharge(charge));
      const intent = { ...moved, latestCharge: charge.id, paymentMethod: null, failure };
      return { intent: save(actor, intent, 'payment_intent.payment_failed'), failure };
    }
    case 'authorize': {
      const charge = putCharge(actor, moved, { captureBefore: actor.now + authorisationLasts });
      tell(actor, 'charge.succeeded', wireCharge(charge));
      const intent = { ...moved, latestCharge: charge.id, capturable: moved.amount, failure: null };
      return { intent: save(actor, intent, 'payment_intent.amount_capturable_updated') };
    }
    case 'pay': {
      const charge = putCharge(actor, moved, { captured: moved.amount });
      tell(actor, 'charge.succeeded', wireCharge(charge));
      const intent = { ...moved, latestCharge: charge.id, received: moved.amount, failure: null };
      return { intent: save(actor, intent, 'payment_intent.succeeded') };
    }
  }
}

/** Captures so much of what is authorised, and releases the rest, which is no refund. */
export function captureIntent(actor: Actor, intent: Intent, amount = intent.capturable): Intent {
  const moved = moveIntent(intent, 'capture', 'captured');
  if (amount < 1n) throw ApiError.parameter('This value must be greater than 0.', 'amount_to_capture');
  if (amount > intent.capturable) {
    const message = 'The provided amount_to_capture exceeds the authorized amount.';
    throw ApiError.refused(message, { code: 'amount_too_large', param: 'amount_to_capture' });
  }
  const charge = actor.books.must('charge', intent.latestCharge ?? '');
  const captured = actor.books.put('charge', { ...charge, captured: amount, captureBefore: null });
  tell(actor, 'charge.captured', wireCharge(captured));
  return save(actor, { ...moved, capturable: 0n, received: amount }, 'payment_intent.succeeded');
}

/** Cancels an intent, by its owner or because its authorisation has expired. What was authorised is released. */
export function cancelIntent(actor: Actor, intent: Intent, move: 'cancel' | 'expire', reason: string | null): Intent {
  const moved = moveIntent(intent, move, 'canceled');
  if (intent.status === 'processing' && intent.paymentMethod === 'pm_sepa_debit') throw unexpected(intent, 'canceled');
  const charge = intent.latestCharge === null ? undefined : actor.books.get('charge', intent.latestCharge);
  if (charge?.status === 'pending') actor.books.put('charge', { ...charge, status: 'failed' });
  if (charge !== undefined && move === 'expire') tell(actor, 'charge.expired', wireCharge(charge));
  const canceled = { ...moved, capturable: 0n, canceledAt: actor.now, cancellationReason: reason };
  return save(actor, canceled, 'payment_intent.canceled');
}

/** @throws ApiError 400 `payment_intent_unexpected_state`, with the intent */
export function moveIntent(intent: Intent, move: IntentMove, done: string): Intent {
  const status = next(intent.status, move);
  if (status === undefined) throw unexpected(intent, done);
  return { ...intent, status };
}

/** What Stripe says to a call that comes in the wrong state. */
export function unexpected(intent: Intent, done: string): ApiError {
  return ApiError.refused(`This PaymentIntent could not be ${done} because it has a status of ${intent.status}.`, {
    code: 'payment_intent_unexpected_state',
    payment_intent: wireIntent(intent),
  });
}

function save(actor: Actor, intent: Intent, event: string): Intent {
  actor.books.put('intent', intent);
  tell(actor, event, wireIntent(intent));
  return intent;
}

/** A payment that is still being processed has a charge already, which it keeps. */
function putCharge(actor: Actor, intent: Intent, what: Partial<Charge>): Charge {
  const latest = intent.latestCharge === null ? undefined : actor.books.get('charge', intent.latestCharge);
  const pending = latest?.status === 'pending' ? latest : undefined;
  return actor.books.put('charge', {
    id: pending?.id ?? newId('ch'),
    account: actor.account,
    created: pending?.created ?? actor.now,
    intent: intent.id,
    amount: intent.amount,
    captured: 0n,
    refunded: 0n,
    currency: intent.currency,
    status: 'succeeded',
    paymentMethod: intent.paymentMethod ?? '',
    captureBefore: null,
    disputed: false,
    transaction: null,
    failure: null,
    metadata: intent.metadata,
    ...what,
  });
}
