import { newId } from '../books/ids.js';
import type { Charge, Payout, Transaction } from '../books/records.js';
import { ApiError } from '../wire/api-error.js';
import { wireCharge, wirePayout } from '../wire/objects.js';
import type { Actor } from './actor.js';
import { tell } from './actor.js';
import { feeOf } from './amount.rules.js';

/** Writes a movement of the account's balance. */
export function book(actor: Actor, what: Omit<Transaction, 'id' | 'account' | 'created' | 'payout'>): Transaction {
  const id = newId('txn');
  return actor.books.put('transaction', { ...what, id, account: actor.account, created: actor.now, payout: null });
}

/** Books what was captured and its fee. A charge that is settled stays as it is. */
export function settleCharge(actor: Actor, charge: Charge): Charge {
  if (charge.transaction !== null) return charge;
  if (charge.captured === 0n) throw ApiError.refused(`Charge ${charge.id} has not been captured.`);
  const { captured: amount, currency, id: source } = charge;
  const transaction = book(actor, { type: 'charge', source, amount, fee: feeOf(amount), currency });
  const settled = actor.books.put('charge', { ...charge, transaction: transaction.id });
  tell(actor, 'charge.updated', wireCharge(settled));
  return settled;
}

/**
 * Settles what is captured and pays out what the balance has in one currency.
 * @throws ApiError 400 where there is nothing to pay out
 */
export function payOut(actor: Actor, currency: string | undefined): Payout {
  const own = <Record extends { account: string }>(records: Record[]): Record[] =>
    records.filter(({ account }) => account === actor.account);
  for (const charge of own(actor.books.all('charge'))) {
    if (charge.captured > 0n && (currency ?? charge.currency) === charge.currency) settleCharge(actor, charge);
  }
  const open = own(actor.books.all('transaction')).filter(({ payout }) => payout === null);
  const of = currency ?? open[0]?.currency;
  const paid = open.filter((transaction) => transaction.currency === of);
  const amount = paid.reduce((sum, one) => sum + one.amount - one.fee, 0n);
  if (of === undefined || amount < 1n) throw ApiError.refused('The account has no balance to pay out.');
  const id = newId('po');
  const out = book(actor, { type: 'payout', source: id, amount: -amount, fee: 0n, currency: of });
  for (const transaction of [...paid, out]) actor.books.put('transaction', { ...transaction, payout: id });
  const { account, now } = actor;
  const payout = actor.books.put('payout', { id, account, created: now, amount, currency: of, transaction: out.id });
  tell(actor, 'payout.created', wirePayout(payout));
  tell(actor, 'payout.paid', wirePayout(payout));
  return payout;
}
