import type { Charge, RefundStatus } from '../books/records.js';
import { createRefund } from '../money/refunds.js';
import { ApiError } from '../wire/api-error.js';
import { wireCharge, wireDispute, wirePayout, wireRefund, wireTransaction, wireWarning } from '../wire/objects.js';
import { findOwned, listOwned, type Answer, type Asked, type Route } from './route.js';

const refundReasons = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

/** Charges, refunds, disputes, and what has moved on the balance. */
export const moneyRoutes: Route[] = [
  { method: 'GET', path: '/v1/charges/:id', answer: retrieveCharge },
  { method: 'GET', path: '/v1/charges', answer: listCharges },
  { method: 'POST', path: '/v1/refunds', answer: refund },
  { method: 'GET', path: '/v1/refunds/:id', answer: retrieveRefund },
  { method: 'GET', path: '/v1/refunds', answer: listRefunds },
  { method: 'GET', path: '/v1/disputes/:id', answer: retrieveDispute },
  { method: 'GET', path: '/v1/disputes', answer: listDisputes },
  { method: 'GET', path: '/v1/radar/early_fraud_warnings/:id', answer: retrieveWarning },
  { method: 'GET', path: '/v1/radar/early_fraud_warnings', answer: listWarnings },
  { method: 'GET', path: '/v1/balance_transactions/:id', answer: retrieveTransaction },
  { method: 'GET', path: '/v1/balance_transactions', answer: listTransactions },
  { method: 'GET', path: '/v1/payouts/:id', answer: retrievePayout },
  { method: 'GET', path: '/v1/payouts', answer: listPayouts },
];

function retrieveCharge({ actor, params, id }: Asked): Answer {
  const charge = findOwned(actor, 'charge', id, { object: 'charge' });
  params.finish();
  return { body: wireCharge(charge), intent: charge.intent };
}

function listCharges(asked: Asked): Answer {
  const intent = asked.params.text('payment_intent');
  const isWanted = (charge: Charge): boolean => intent === undefined || charge.intent === intent;
  return { ...listOwned(asked, 'charge', '/v1/charges', { wire: wireCharge, isWanted }), intent: intent ?? null };
}

function refund({ actor, params, fault }: Asked): Answer {
  const intentId = params.text('payment_intent');
  const chargeId = params.text('charge');
  const amount = params.integer('amount');
  const reason = params.oneOf('reason', refundReasons) ?? null;
  const metadata = params.metadata();
  params.ignore('instructions_email', 'refund_application_fee', 'reverse_transfer');
  params.finish();
  if ((intentId === undefined) === (chargeId === undefined)) {
    throw ApiError.parameter('One of charge and payment_intent must be given.', 'payment_intent', 'parameter_missing');
  }
  const charge =
    intentId === undefined
      ? findOwned(actor, 'charge', chargeId ?? '', { object: 'charge', param: 'charge' })
      : chargeOf(actor, intentId);
  const made = createRefund(actor, charge, { amount, reason, metadata, status: refundStatus(fault) });
  const effect = made.status === 'succeeded' ? 'refunded' : 'created';
  return { body: wireRefund(made), effect, intent: charge.intent };
}

/** A refund ends at once, unless a fault says that the bank takes its time or refuses. */
function refundStatus(fault: Asked['fault']): RefundStatus {
  if (fault === 'processing') return 'pending';
  if (fault === 'requires-action') return 'requires_action';
  return fault === 'decline' ? 'failed' : 'succeeded';
}

function chargeOf(actor: Asked['actor'], intentId: string): Charge {
  const intent = findOwned(actor, 'intent', intentId, { object: 'payment_intent', param: 'payment_intent' });
  const charge = intent.latestCharge === null ? undefined : actor.books.get('charge', intent.latestCharge);
  if (charge !== undefined && charge.captured > 0n) return charge;
  throw ApiError.refused(`This PaymentIntent (${intentId}) does not have a successful charge to refund.`, {
    code: 'payment_intent_unexpected_state',
  });
}

function retrieveRefund({ actor, params, id }: Asked): Answer {
  const found = findOwned(actor, 'refund', id, { object: 'refund' });
  params.finish();
  return { body: wireRefund(found), intent: found.intent };
}

function listRefunds(asked: Asked): Answer {
  return listOwned(asked, 'refund', '/v1/refunds', { wire: wireRefund, isWanted: ofPayment(asked) });
}

function retrieveDispute({ actor, params, id }: Asked): Answer {
  const dispute = findOwned(actor, 'dispute', id, { object: 'dispute' });
  params.finish();
  return { body: wireDispute(actor.books, dispute), intent: dispute.intent };
}

function listDisputes(asked: Asked): Answer {
  const wire = wireDispute.bind(undefined, asked.actor.books);
  return listOwned(asked, 'dispute', '/v1/disputes', { wire, isWanted: ofPayment(asked) });
}

function retrieveWarning({ actor, params, id }: Asked): Answer {
  const warning = findOwned(actor, 'warning', id, { object: 'early_fraud_warning' });
  params.finish();
  return { body: wireWarning(warning), intent: warning.intent };
}

function listWarnings(asked: Asked): Answer {
  return listOwned(asked, 'warning', '/v1/radar/early_fraud_warnings', {
    wire: wireWarning,
    isWanted: ofPayment(asked),
  });
}

function ofPayment({ params }: Asked): (of: { intent: string; charge: string }) => boolean {
  const intent = params.text('payment_intent');
  const charge = params.text('charge');
  return (of) => (intent === undefined || of.intent === intent) && (charge === undefined || of.charge === charge);
}

function retrieveTransaction({ actor, params, id }: Asked): Answer {
  const transaction = findOwned(actor, 'transaction', id, { object: 'balance_transaction' });
  params.finish();
  return { body: wireTransaction(transaction) };
}

function listTransactions(asked: Asked): Answer {
  const filters = (['type', 'source', 'payout', 'currency'] as const)
    .map((name) => [name, asked.params.text(name)] as const)
    .filter(([, wanted]) => wanted !== undefined);
  return listOwned(asked, 'transaction', '/v1/balance_transactions', {
    wire: wireTransaction,
    isWanted: (transaction) => filters.every(([name, wanted]) => transaction[name] === wanted),
  });
}

function retrievePayout({ actor, params, id }: Asked): Answer {
  const payout = findOwned(actor, 'payout', id, { object: 'payout' });
  params.finish();
  return { body: wirePayout(payout) };
}

function listPayouts(asked: Asked): Answer {
  asked.params.ignore('status');
  return listOwned(asked, 'payout', '/v1/payouts', { wire: wirePayout });
}
