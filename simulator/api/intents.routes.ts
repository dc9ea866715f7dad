import type { Effect, Intent } from '../books/records.js';
import { amountFault } from '../money/amount.rules.js';
import { canBeConfirmed } from '../money/intent.rules.js';
import {
  cancelIntent,
  captureIntent,
  confirmIntent,
  createIntent,
  moveIntent,
  unexpected,
  type Confirmed,
} from '../money/intents.js';
import { paymentMethod, type PaymentMethod } from '../money/methods.rules.js';
import { ApiError } from '../wire/api-error.js';
import { wireIntent } from '../wire/objects.js';
import type { Params } from '../wire/params.js';
import { findOwned, listOwned, type Answer, type Asked, type Route } from './route.js';

const reasons = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;

/** What Stripe takes and what changes nothing here. */
const withoutMeaning = [
  'automatic_payment_methods',
  'confirmation_method',
  'customer',
  'error_on_requires_action',
  'final_capture',
  'off_session',
  'payment_method_data',
  'payment_method_options',
  'payment_method_types',
  'receipt_email',
  'return_url',
  'setup_future_usage',
  'shipping',
  'statement_descriptor',
  'statement_descriptor_suffix',
  'use_stripe_sdk',
];

const effects: Partial<Record<Intent['status'], Effect>> = {
  requires_capture: 'authorized',
  succeeded: 'captured',
  requires_action: 'requires-action',
  processing: 'processing',
};

export const intentRoutes: Route[] = [
  { method: 'POST', path: '/v1/payment_intents', answer: create },
  { method: 'GET', path: '/v1/payment_intents', answer: list },
  { method: 'GET', path: '/v1/payment_intents/:id', answer: retrieve },
  { method: 'POST', path: '/v1/payment_intents/:id', answer: update },
  { method: 'POST', path: '/v1/payment_intents/:id/confirm', answer: confirm },
  { method: 'POST', path: '/v1/payment_intents/:id/capture', answer: capture },
  { method: 'POST', path: '/v1/payment_intents/:id/cancel', answer: cancel },
];

function create({ actor, params, fault }: Asked): Answer {
  const asked = params.needInteger('amount');
  const currency = params.needText('currency').toLowerCase();
  const wrong = amountFault(asked, currency);
  if (wrong) throw ApiError.parameter(wrong.message, wrong.param, wrong.code);
  const captureMethod = readCaptureMethod(params);
  const method = readMethod(params);
  const isConfirmed = params.flag('confirm');
  const metadata = params.metadata();
  const description = params.text('description');
  params.refuseBeside('automatic_payment_methods', 'confirmation_method', 'payment_method_types');
  params.ignore(...withoutMeaning);
  params.finish();
  if (isConfirmed && method === undefined) throw withoutMethod();
  const amount = fault === 'wrong-amount' ? asked + 1n : asked;
  const intent = createIntent(actor, {
    amount,
    currency,
    captureMethod,
    paymentMethod: method?.id,
    metadata,
    description,
  });
  if (!isConfirmed || method === undefined) return answered(intent, 'created');
  return confirmed(confirmIntent(actor, intent, method, fault));
}

function list(asked: Asked): Answer {
  asked.params.ignore('customer');
  return listOwned(asked, 'intent', '/v1/payment_intents', { wire: wireIntent });
}

function retrieve(asked: Asked): Answer {
  const intent = findIntent(asked);
  asked.params.ignore('client_secret');
  asked.params.finish();
  return answered(asked.fault === 'wrong-amount' ? { ...intent, amount: intent.amount + 1n } : intent, 'none');
}

function update({ actor, params, id }: Asked): Answer {
  const intent = findOwned(actor, 'intent', id, { object: 'payment_intent' });
  const metadata = params.metadata(intent.metadata);
  const description = params.text('description') ?? intent.description;
  const method = readMethod(params);
  params.finish();
  const attached =
    method === undefined ? intent : { ...moveIntent(intent, 'attach', 'updated'), paymentMethod: method.id };
  return answered(actor.books.put('intent', { ...attached, metadata, description }), 'updated');
}

function confirm(asked: Asked): Answer {
  const { actor, params, fault } = asked;
  const intent = findIntent(asked);
  const method = readMethod(params) ?? paymentMethod(intent.paymentMethod ?? '');
  const captureMethod = params.text('capture_method') === undefined ? intent.captureMethod : readCaptureMethod(params);
  params.ignore('client_secret', ...withoutMeaning);
  params.finish();
  if (!canBeConfirmed(intent.status)) throw unexpected(intent, 'confirmed');
  if (method === undefined) throw withoutMethod();
  const amount = fault === 'wrong-amount' ? intent.amount + 1n : intent.amount;
  return confirmed(confirmIntent(actor, { ...intent, amount, captureMethod }, method, fault));
}

function capture(asked: Asked): Answer {
  const { actor, params, fault } = asked;
  const intent = findIntent(asked);
  const wanted = params.integer('amount_to_capture');
  const metadata = params.metadata(intent.metadata);
  params.ignore(...withoutMeaning);
  params.finish();
  if (fault === 'decline' && intent.status === 'requires_capture') {
    const message = 'The card was declined when its authorisation was captured.';
    return failed({
      intent,
      failure: { type: 'card_error', code: 'card_declined', decline_code: 'do_not_honor', message },
    });
  }
  const amount = (wanted ?? intent.capturable) - (fault === 'wrong-amount' ? 1n : 0n);
  const captured = captureIntent(actor, { ...intent, metadata }, amount);
  if (fault !== 'already-captured') return answered(captured, 'captured');
  const { fields } = unexpected(captured, 'captured');
  return { status: 400, body: { error: fields }, effect: 'captured', intent: intent.id };
}

function cancel(asked: Asked): Answer {
  const { actor, params } = asked;
  const intent = findIntent(asked);
  const reason = params.oneOf('cancellation_reason', reasons) ?? null;
  params.finish();
  return answered(cancelIntent(actor, intent, 'cancel', reason), 'cancelled');
}

function findIntent({ actor, id }: Asked): Intent {
  return findOwned(actor, 'intent', id, { object: 'payment_intent', param: 'id' });
}

/** `automatic_async` is what Stripe takes where nothing is said, and is captured at confirmation as well. */
function readCaptureMethod(params: Params): Intent['captureMethod'] {
  const said = params.oneOf('capture_method', ['manual', 'automatic', 'automatic_async'] as const);
  return said === 'manual' ? 'manual' : 'automatic';
}

function readMethod(params: Params): PaymentMethod | undefined {
  const id = params.text('payment_method');
  if (id === undefined) return undefined;
  const method = paymentMethod(id);
  if (method === undefined) throw ApiError.missing('PaymentMethod', id, 'payment_method', 400);
  return method;
}

function withoutMethod(): ApiError {
  return ApiError.parameter(
    'You cannot confirm this PaymentIntent because it is missing a payment method.',
    'payment_method',
    'parameter_missing',
  );
}

function confirmed(outcome: Confirmed): Answer {
  return outcome.failure === undefined
    ? answered(outcome.intent, effects[outcome.intent.status] ?? 'none')
    : failed(outcome);
}

function failed({ intent, failure }: Confirmed): Answer {
  if (failure === undefined) throw new Error('A payment that failed has a reason.');
  const { latestCharge, id } = intent;
  const more = { payment_intent: wireIntent(intent), ...(latestCharge !== null && { charge: latestCharge }) };
  return { status: 402, body: { error: { ...failure, ...more } }, effect: 'declined', intent: id };
}

function answered(intent: Intent, effect: Effect): Answer {
  return { body: wireIntent(intent), effect, intent: intent.id };
}
