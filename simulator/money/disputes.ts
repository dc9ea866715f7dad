import { newId } from '../books/ids.js';
import type { Charge, Dispute, FraudWarning } from '../books/records.js';
import { ApiError } from '../wire/api-error.js';
import { wireDispute, wireWarning } from '../wire/objects.js';
import { tell, type Actor } from './actor.js';
import { book } from './settlement.js';

const disputeFee = 1500n;

/** How a dispute begins: an inquiry moves no money, and for what is prevented the bank takes no fee. */
export type Beginning = 'needs_response' | 'warning_needs_response' | 'prevented';

/** Opens a dispute of what is not given back. It takes the money at once; an inquiry moves none. */
export function openDispute(
  actor: Actor,
  charge: Charge,
  amount: bigint | undefined,
  status: Beginning = 'needs_response',
): Dispute {
  if (charge.captured === 0n) throw ApiError.refused(`Charge ${charge.id} has not been captured.`);
  if (charge.disputed) throw ApiError.refused(`Charge ${charge.id} is disputed already.`);
  const left = charge.captured - charge.refunded;
  const disputed = amount ?? left;
  if (disputed < 1n || disputed > left) {
    throw ApiError.refused(`Charge ${charge.id} has ${left} left that can be disputed.`, { param: 'amount' });
  }
  const dispute = actor.books.put('dispute', {
    id: newId('dp'),
    account: actor.account,
    created: actor.now,
    intent: charge.intent,
    charge: charge.id,
    amount: disputed,
    currency: charge.currency,
    status,
    transactions: [],
  });
  tell(actor, 'charge.dispute.created', wireDispute(actor.books, dispute));
  if (status === 'warning_needs_response') return dispute;
  const moved = moveMoney(actor, dispute, 'withdrawn');
  return status === 'prevented' ? close(actor, moved) : moved;
}

/**
 * Makes a dispute out of an inquiry.
 * @throws ApiError 400 where it is none that is open
 */
export function escalate(actor: Actor, inquiry: Dispute): Dispute {
  if (inquiry.status !== 'warning_needs_response') throw ApiError.refused(`Dispute ${inquiry.id} is no open inquiry.`);
  return moveMoney(actor, { ...inquiry, status: 'needs_response' }, 'withdrawn');
}

/**
 * Appeals against a dispute that is lost. No money moves by that.
 * @throws ApiError 400 where it is not lost
 */
export function appeal(actor: Actor, dispute: Dispute): Dispute {
  if (dispute.status !== 'lost') throw ApiError.refused(`Dispute ${dispute.id} is not lost.`);
  const appealed = actor.books.put('dispute', { ...dispute, status: 'appeal_under_review' });
  tell(actor, 'charge.dispute.updated', wireDispute(actor.books, appealed));
  return appealed;
}

/** The bank warns that a payment may be fraud. */
export function warn(actor: Actor, charge: Charge): FraudWarning {
  const { account, now: created } = actor;
  const warning = actor.books.put('warning', {
    id: newId('issfr'),
    account,
    created,
    intent: charge.intent,
    charge: charge.id,
  });
  tell(actor, 'radar.early_fraud_warning.created', wireWarning(warning));
  return warning;
}

/**
 * Closes a dispute. One that is lost can still be won by an appeal. An inquiry is closed without money.
 * @throws ApiError 400 where it has ended so already
 */
export function closeDispute(actor: Actor, dispute: Dispute, outcome: 'won' | 'lost'): Dispute {
  if (dispute.status === 'warning_needs_response') return close(actor, { ...dispute, status: 'warning_closed' });
  const isOpen = dispute.status === 'needs_response' || dispute.status === 'appeal_under_review';
  const isAppeal = dispute.status === 'lost' && outcome === 'won';
  if (!isOpen && !isAppeal) throw ApiError.refused(`Dispute ${dispute.id} is ${dispute.status} already.`);
  const closed = close(actor, { ...dispute, status: outcome });
  return outcome === 'won' ? moveMoney(actor, closed, 'reinstated') : closed;
}

function close(actor: Actor, dispute: Dispute): Dispute {
  actor.books.put('dispute', dispute);
  tell(actor, 'charge.dispute.closed', wireDispute(actor.books, dispute));
  return dispute;
}

function moveMoney(actor: Actor, dispute: Dispute, direction: 'withdrawn' | 'reinstated'): Dispute {
  const isWithdrawn = direction === 'withdrawn';
  const transaction = book(actor, {
    type: 'adjustment',
    source: dispute.id,
    amount: isWithdrawn ? -dispute.amount : dispute.amount,
    fee: isWithdrawn && dispute.status !== 'prevented' ? disputeFee : 0n,
    currency: dispute.currency,
  });
  const moved = { ...dispute, transactions: [...dispute.transactions, transaction.id] };
  actor.books.put('dispute', moved);
  actor.books.put('charge', { ...actor.books.must('charge', dispute.charge), disputed: isWithdrawn });
  tell(actor, `charge.dispute.funds_${direction}`, wireDispute(actor.books, moved));
  return moved;
}
