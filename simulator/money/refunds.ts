import { newId } from '../books/ids.js';
import type { Charge, Refund, RefundStatus } from '../books/records.js';
import { ApiError } from '../wire/api-error.js';
import { wireCharge, wireRefund } from '../wire/objects.js';
import { tell, type Actor } from './actor.js';
import { book } from './settlement.js';

/** What is to be given back; without an amount, all that is left. */
export interface NewRefund {
  amount: bigint | undefined;
  reason: string | null;
  metadata: Record<string, string>;
  /** What becomes of it at once. */
  status: RefundStatus;
}

/** @throws ApiError 400 where nothing, or not so much, can be given back */
export function createRefund(actor: Actor, charge: Charge, asked: NewRefund): Refund {
  const left = charge.captured - charge.refunded;
  if (charge.captured === 0n) throw ApiError.refused(`Charge ${charge.id} has not been captured; cancel its payment.`);
  if (charge.disputed) {
    throw ApiError.refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  if (left === 0n) {
    throw ApiError.refused(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  const amount = asked.amount ?? left;
  if (amount < 1n) throw ApiError.parameter('This value must be greater than 0.', 'amount');
  if (amount > left) {
    throw ApiError.refused(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    });
  }
  const refund: Refund = {
    id: newId('re'),
    account: actor.account,
    created: actor.now,
    intent: charge.intent,
    charge: charge.id,
    amount,
    currency: charge.currency,
    status: asked.status,
    reason: asked.reason,
    failureReason: asked.status === 'failed' ? 'declined' : null,
    transaction: null,
    metadata: asked.metadata,
  };
  const made = asked.status === 'succeeded' ? paidBack(actor, refund) : actor.books.put('refund', refund);
  if (asked.status !== 'failed') takeOffCharge(actor, charge, amount);
  tell(actor, 'refund.created', wireRefund(made));
  if (asked.status === 'failed') tell(actor, 'refund.failed', wireRefund(made));
  return made;
}

/**
 * Ends a refund that was not done at once, or has one fail that was done: its bank sends the money back.
 * @throws ApiError 400 where it has ended already
 */
export function endRefund(actor: Actor, refund: Refund, status: 'succeeded' | 'failed' | 'canceled'): Refund {
  const isReversed = refund.status === 'succeeded' && status === 'failed';
  if (refund.status !== 'pending' && refund.status !== 'requires_action' && !isReversed) {
    throw ApiError.refused(`Refund ${refund.id} is ${refund.status} already.`);
  }
  if (status === 'succeeded') {
    const paid = paidBack(actor, { ...refund, status });
    tell(actor, 'refund.updated', wireRefund(paid));
    return paid;
  }
  if (isReversed) {
    const { id: source, amount, currency } = refund;
    book(actor, { type: 'refund_failure', source, amount, fee: 0n, currency });
  }
  const failureReason = status === 'failed' ? 'expired_or_canceled_card' : null;
  const failed = actor.books.put('refund', { ...refund, status, failureReason });
  takeOffCharge(actor, actor.books.must('charge', refund.charge), -refund.amount);
  tell(actor, 'refund.updated', wireRefund(failed));
  if (status === 'failed') tell(actor, 'refund.failed', wireRefund(failed));
  return failed;
}

function paidBack(actor: Actor, refund: Refund): Refund {
  const { id: source, amount, currency } = refund;
  const transaction = book(actor, { type: 'refund', source, amount: -amount, fee: 0n, currency });
  return actor.books.put('refund', { ...refund, transaction: transaction.id });
}

function takeOffCharge(actor: Actor, charge: Charge, amount: bigint): void {
  const changed = actor.books.put('charge', { ...charge, refunded: charge.refunded + amount });
  tell(actor, amount > 0n ? 'charge.refunded' : 'charge.updated', wireCharge(changed));
}
