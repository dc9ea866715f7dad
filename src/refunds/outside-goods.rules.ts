import type { Leg } from '../../contracts/nouns.js';
import type { Declined } from '../exchanges/deals.types.js';
import type { MovedForGoods } from '../payments/outside.types.js';
import type { SpentGoods } from '../payments/accounts.types.js';
import { isOpen, quote, stateDeclined, type Refundable } from './refunds.rules.js';
import type { Refund, RefundTerms, Totals } from './refunds.types.js';

/*
 * What the goods of a purchase do when its money moves at the provider without our asking. Money that has left takes
 * its share of the goods along, as a refund that was asked for does. Once all of it has come back, so do they.
 */

/**
 * What follows a movement: refunds that are to be accepted, in order; nothing for good; or nothing before something
 * else is over.
 */
export type Following = { accept: RefundTerms[] } | 'nothing' | 'later';

/** A leg that the ledger has booked. */
export type BookedLeg = Omit<Leg, 'amount'> & { amount: bigint };

/**
 * What follows money that has left.
 * @param refunds those that were found by the same refund or dispute
 */
export function takingOf(
  { kind, about, counted, away }: Pick<MovedForGoods, 'kind' | 'about' | 'counted' | 'away'>,
  purchase: Refundable,
  { totals, refunds, policy }: { totals: Totals; refunds: readonly Refund[]; policy: SpentGoods },
): Following {
  if (stateDeclined(purchase) !== undefined) return isOpen(purchase.state) ? 'later' : 'nothing';
  // What is being taken back will be there to be taken again.
  if (totals.reversing > 0n || refunds.some(({ closedAt }) => closedAt === null)) return 'later';
  // Money that had come back in part has left its goods where they were.
  const wanted = least(counted, away - sumOf(standing(refunds)));
  const left = BigInt(purchase.pay.amount) - totals.promised - totals.refunded;
  // An open refund may fail yet, and then there is more to take.
  if (left < wanted && totals.promised > 0n) return 'later';
  const amount = least(wanted, left);
  if (amount <= 0n) return 'nothing';
  const quoted = quote({ amount, policy, restock: false, grounds: groundsOf(kind), found: about }, purchase, totals);
  if ('terms' in quoted) return { accept: [quoted.terms] };
  return isUnderWay(quoted.declined) ? 'later' : 'nothing';
}

/** The refunds that have taken goods which nobody has given back. */
function standing(refunds: readonly Refund[]): Refund[] {
  const done = refunds.filter(({ state }) => state === 'succeeded');
  const reversed = new Set(done.map(({ reverses }) => reverses?.refund));
  return done.filter(({ id, reverses }) => reverses === null && !reversed.has(id));
}

function sumOf(refunds: readonly Refund[]): bigint {
  return refunds.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/**
 * What follows money that has come back: the refunds that it had taken the goods with are taken back, once all of it
 * is there again.
 * @param refunds those that were found by the same refund or dispute
 * @param booked what the ledger has booked of each, by its id
 */
export function givingBackOf(
  { kind, away }: Pick<MovedForGoods, 'kind' | 'away'>,
  refunds: readonly Refund[],
  { totals, booked }: { totals: Totals; booked: ReadonlyMap<string, readonly BookedLeg[]> },
): Following {
  if (away > 0n) return 'nothing';
  if (refunds.some(({ closedAt }) => closedAt === null)) return 'later';
  const taken = standing(refunds);
  if (taken.length === 0) return 'nothing';
  return {
    accept: taken.map((refund, place) => ({
      ...refund,
      restock: false,
      grounds: groundsOf(kind),
      reverses: { refund: refund.id, legs: turnedRound(booked.get(refund.id) ?? []) },
      decidedAt: totals.version + place,
    })),
  };
}

/**
 * What the ledger has booked of a refund, the other way round: the content, what was written off, and what was owed in
 * the place of instances.
 */
function turnedRound(booked: readonly BookedLeg[]): Leg[] {
  return booked.map(({ from, to, asset, amount }) => ({ from: to, to: from, asset, amount: String(amount) }));
}

function isUnderWay({ code }: Declined): boolean {
  return code === 'refund-under-way';
}

/** Why, in words for whoever reads the refund. */
function groundsOf(kind: MovedForGoods['kind']): string {
  switch (kind) {
    case 'outside-refund':
      return 'Refunded at the provider.';
    case 'outside-refund-failed':
      return 'The refund at the provider has failed.';
    case 'dispute':
      return "The buyer's bank disputes the payment.";
    default:
      return 'The disputed money has come back.';
  }
}
