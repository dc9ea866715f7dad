import { newId } from '../books/ids.js';
import type { Charge, Dispute } from '../books/records.js';
import { ApiError } from '../wire/api-error.js';
import { wireDispute } from '../wire/objects.js';
import { tell, type Actor } from './actor.js';
import { book } from './settlement.js';

const disputeFee = 1500n;

/** Opens a dispute of what is not given back. It takes the money at once; an inquiry moves none. */
export function openDispute(actor: Actor, charge: Charge, amount: bigint | undefined, isInquiry: boolean): Dispute {
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
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
    transactions: [],
  });
  tell(actor, 'charge.dispute.created', wireDispute(actor.books, dispute));
  return isInquiry ? dispute : moveMoney(actor, dispute, 'withdrawn');
}

/**
 * Closes a dispute. One that is lost can still be won by an appeal. An inquiry is closed without money.
 * @throws ApiError 400 where it has ended so already
 */
export function closeDispute(actor: Actor, dispute: Dispute, outcome: 'won' | 'lost'): Dispute {
  if (dispute.status === 'warning_needs_response') return close(actor, { ...dispute, status: 'warning_closed' });
  const isOpen = dispute.status === 'needs_response';
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
    fee: isWithdrawn ? disputeFee : 0n,
    currency: dispute.currency,
  });
  const moved = { ...dispute, transactions: [...dispute.transactions, transaction.id] };
  actor.books.put('dispute', moved);
  actor.books.put('charge', { ...actor.books.must('charge', dispute.charge), disputed: isWithdrawn });
  tell(actor, `charge.dispute.funds_${direction}`, wireDispute(actor.books, moved));
  return moved;
}
