import type { Books } from '../books/books.js';
import { nowInSeconds } from '../books/ids.js';
import type { Charge, Dispute, Intent, Refund } from '../books/records.js';
import type { Actor } from '../money/actor.js';
import { appeal, closeDispute, escalate, openDispute, warn, type Beginning } from '../money/disputes.js';
import { canBeConfirmed } from '../money/intent.rules.js';
import { cancelIntent, conclude, unexpected } from '../money/intents.js';
import { authenticationFailure, genericDecline, paymentMethod, successOf } from '../money/methods.rules.js';
import { createRefund, endRefund } from '../money/refunds.js';
import { payOut, settleCharge } from '../money/settlement.js';
import { ApiError } from '../wire/api-error.js';
import {
  wireCharge,
  wireDispute,
  wireIntent,
  wirePayout,
  wireRefund,
  wireWarning,
  type Wire,
} from '../wire/objects.js';
import type { ActBody, ActName } from './bodies.js';

/**
 * Does what a buyer, a bank or a person at the dashboard does.
 * @returns the object that has changed
 * @throws ApiError where there is no such object, or where it cannot be done to it
 */
export function act(books: Books, { act: name, reference, amount, account }: ActBody): Wire {
  if (name === 'payout') return payout(books, reference, account);
  if (reference === undefined) throw ApiError.parameter(`${name} needs a reference.`, 'reference');
  const found = findAll(books, reference, account);
  const actor: Actor = { books, account: found.account, request: null, key: null, now: nowInSeconds() };
  const ended = endsOfRefunds[name];
  if (found.refund !== undefined && ended !== undefined) return wireRefund(endRefund(actor, found.refund, ended));
  switch (name) {
    case 'buyer-confirms':
      return wireIntent(buyerConfirms(actor, found.intent));
    case 'buyer-fails':
      return wireIntent(buyerFails(actor, found.intent));
    case 'dashboard-refund': {
      const asked = { amount, reason: 'requested_by_customer', metadata: {}, status: 'succeeded' as const };
      return wireRefund(createRefund(actor, needCharge(found.charge), asked));
    }
    case 'fraud-warning':
      return wireWarning(warn(actor, needCharge(found.charge)));
    case 'dispute-open':
    case 'dispute-inquiry':
    case 'dispute-prevented':
    case 'dispute-appeal':
    case 'dispute-won':
    case 'dispute-lost':
      return wireDispute(books, dispute(actor, found, name, amount));
    case 'expire':
      return wireIntent(cancelIntent(actor, found.intent, 'expire', 'expired'));
    case 'settle':
      return wireCharge(settle(actor, found));
  }
}

/** What becomes of a refund by the acts that end one. */
const endsOfRefunds: Partial<Record<ActBody['act'], 'succeeded' | 'failed' | 'canceled'>> = {
  settle: 'succeeded',
  'buyer-fails': 'failed',
  expire: 'canceled',
};

type DisputeAct = Extract<ActName, `dispute-${string}`>;

/** The status that a dispute begins with, for acts that begin one. */
const beginnings: Partial<Record<DisputeAct, Beginning>> = {
  'dispute-open': 'needs_response',
  'dispute-inquiry': 'warning_needs_response',
  'dispute-prevented': 'prevented',
};

/** What the bank does to a dispute. `dispute-open` of an inquiry, by its id, makes a dispute out of it. */
function dispute(actor: Actor, found: Found, name: DisputeAct, amount: bigint | undefined): Dispute {
  if (name === 'dispute-open' && found.named === 'dispute') return escalate(actor, needDispute(found));
  const beginning = beginnings[name];
  if (beginning !== undefined) return openDispute(actor, needCharge(found.charge), amount, beginning);
  if (name === 'dispute-appeal') return appeal(actor, needDispute(found));
  return closeDispute(actor, needDispute(found), name === 'dispute-won' ? 'won' : 'lost');
}

interface Found {
  account: string;
  intent: Intent;
  charge: Charge | undefined;
  /** Only where the reference is a refund's. */
  refund: Refund | undefined;
  /** What the reference is an id of, where that is a dispute. */
  named: 'dispute' | undefined;
  /** The one that the reference names, or the last one of the payment. */
  dispute: Dispute | undefined;
}

/** @returns what belongs to the payment that a reference names */
function findAll(books: Books, reference: string, account: string | undefined): Found {
  const refund = books.get('refund', reference);
  const named = refund ?? books.get('dispute', reference) ?? books.get('charge', reference);
  const intent = books.get('intent', named?.intent ?? reference) ?? byMetadata(books, reference, account);
  if (intent === undefined || (account !== undefined && intent.account !== account)) {
    throw ApiError.missing('object', reference, 'reference');
  }
  const charge = intent.latestCharge === null ? undefined : books.get('charge', intent.latestCharge);
  const ofPayment = books.all('dispute').filter((one) => one.intent === intent.id);
  const own = books.get('dispute', reference);
  const dispute = own ?? ofPayment.at(-1);
  return { account: intent.account, intent, charge, refund, named: own && 'dispute', dispute };
}

/** The last payment of the account, or of all, that says this in its metadata. */
function byMetadata(books: Books, value: string, account: string | undefined): Intent | undefined {
  return books
    .all('intent')
    .filter((intent) => account === undefined || intent.account === account)
    .findLast(({ metadata }) => Object.values(metadata).includes(value));
}

/** The buyer's page pays with what it was given, or with a card where the server has given none. */
function buyerConfirms(actor: Actor, intent: Intent): Intent {
  const isProcessed = intent.status === 'processing';
  if (!isProcessed && !canBeConfirmed(intent.status)) throw unexpected(intent, 'confirmed');
  const chosen = paymentMethod(intent.paymentMethod ?? '') ?? paymentMethod('pm_card_visa');
  if (chosen === undefined) throw new Error('There is a card of the test mode.');
  if (chosen.at === 'process' && !isProcessed) {
    return conclude(actor, { ...intent, paymentMethod: chosen.id }, 'process').intent;
  }
  const move = successOf(chosen, intent.captureMethod);
  return conclude(actor, { ...intent, paymentMethod: chosen.id }, move).intent;
}

function buyerFails(actor: Actor, intent: Intent): Intent {
  const failure = intent.status === 'requires_action' ? authenticationFailure : genericDecline;
  const paymentMethodId = intent.paymentMethod ?? 'pm_card_visa';
  return conclude(actor, { ...intent, paymentMethod: paymentMethodId }, 'decline', failure).intent;
}

/** What is still being processed is paid first. */
function settle(actor: Actor, { intent, charge }: Found): Charge {
  const paid = intent.status === 'processing' ? buyerConfirms(actor, intent) : intent;
  const latest = paid.latestCharge === null ? charge : actor.books.get('charge', paid.latestCharge);
  return settleCharge(actor, needCharge(latest));
}

function payout(books: Books, reference: string | undefined, account: string | undefined): Wire {
  const found = reference === undefined ? undefined : findAll(books, reference, account);
  const accounts = books.all('account');
  const of = found?.account ?? account ?? (accounts.length === 1 ? accounts[0]?.id : undefined);
  if (of === undefined || books.get('account', of) === undefined) {
    throw ApiError.parameter('payout needs a reference or an account.', 'reference');
  }
  const actor: Actor = { books, account: of, request: null, key: null, now: nowInSeconds() };
  return wirePayout(payOut(actor, found?.intent.currency));
}

function needCharge(charge: Charge | undefined): Charge {
  if (charge === undefined) throw ApiError.refused('The payment has no charge.');
  return charge;
}

function needDispute({ dispute, intent }: Found): Dispute {
  if (dispute === undefined) throw ApiError.refused(`${intent.id} has no dispute.`);
  return dispute;
}
