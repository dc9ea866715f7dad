import type { Cause } from '../../contracts/nouns.js';
import { endedUnsent, isEnded, leftOf, turnedBackFor } from './refunds.rules.js';
import type { RefundCall, RefundStepAnswer, StoredRefund } from './refunds.types.js';

/* What a step of a saga does next with a refund. */

/** What a step is to bring about. `cancel` brings the cause for which the refund is turned back. */
export type RefundGoal = { step: 'refund' } | { step: 'cancel'; cause: Cause };

/** What this attempt at a step has seen already. */
export interface RefundAttempt {
  now: Date;
  /** How long a key is known to the provider by what it has answered. */
  windowHours: number;
  /** When the last look of this attempt was begun that has told how it is at the provider. */
  lookedAt: Date | undefined;
}

/**
 * What is next: the call, under a key that is new or was sent before; a look at the refund, or through those of the
 * intent where its id is not known; or an answer. `later` is what the bank has not ended yet, and `fail` is what cannot
 * go on now.
 */
export type RefundNext =
  | { do: 'call'; seq: number }
  | { do: 'look' }
  | { do: 'answer'; answer: RefundStepAnswer }
  | { do: 'later'; why: string }
  | { do: 'fail'; why: string };

const dayMs = 24 * 3_600_000;

/** How long a bank may take over a refund until a person is to look at it. */
const deadlineMs = 30 * dayMs;

const firstLookMs = 5_000;
const hourMs = 3_600_000;

/** How much earlier than the provider forgets a key Veltrix stops to send it again. */
const marginMs = 3_600_000;

/** How long nothing is known of a call until it is over, whatever was on its way. */
const quietMs = 10 * 60_000;

export interface RefundDecision {
  refund: StoredRefund;
  next: RefundNext;
}

/** Decides what is next. What it decides about the refund itself is in the refund that it answers. */
export function decideRefund(goal: RefundGoal, stored: StoredRefund, attempt: RefundAttempt): RefundDecision {
  const refund = goal.step === 'cancel' ? turnedBackFor(stored, goal.cause) : stored;
  if (isEnded(refund)) return ended(goal, refund);
  return refund.reference === null ? decideSend(goal, refund, attempt) : decideFollow(goal, refund, attempt);
}

function ended({ step }: RefundGoal, refund: StoredRefund): RefundDecision {
  if (refund.state === 'succeeded') return { refund, next: { do: 'answer', answer: { outcome: 'refunded' } } };
  if (refund.turnedBack === null) throw new Error(`${refund.id} is ${refund.state} for nothing.`);
  const outcome = step === 'cancel' ? 'cancelled' : 'turned-back';
  return { refund, next: { do: 'answer', answer: { outcome, cause: refund.turnedBack } } };
}

/**
 * No refund of ours is known at the provider. Before each call, those of the intent are looked through: one that was
 * lost is found so. A call that was sent goes out again under its key, also where the refund is turned back meanwhile:
 * what was sent may be done yet, and the key makes it one. It is over only where the key is dead and nothing is there.
 */
function decideSend(goal: RefundGoal, refund: StoredRefund, attempt: RefundAttempt): RefundDecision {
  const { call, payment, parked, turnedBack } = refund;
  const wasSent = call !== undefined && call.attempts > 0;
  if (!wasSent && turnedBack !== null) return ended(goal, endedUnsent(refund, 'canceled', turnedBack));
  if ((payment?.reference ?? null) === null) return turnBack(goal, refund, 'The purchase has no payment.');
  if (parked !== null && attempt.lookedAt !== undefined) return { refund, next: { do: 'fail', why: parked.detail } };
  if (!isFresh(attempt, call)) return { refund, next: { do: 'look' } };
  if (call === undefined) {
    const left = leftOf(refund);
    if (refund.amount <= left) return { refund, next: { do: 'call', seq: 1 } };
    return turnBack(goal, refund, `${left} ${refund.currency} of the payment are captured and not given back.`);
  }
  if (call.state === 'failed') return turnBack(goal, refund, refusedBy(call));
  if (call.state === 'succeeded')
    return { refund, next: { do: 'fail', why: 'The provider has done the call, and no refund of it is found.' } };
  if (canBeSentAgain(call, attempt)) return { refund, next: { do: 'call', seq: call.seq } };
  if (!isOver(call, attempt))
    return { refund, next: { do: 'fail', why: 'The last call may be on its way yet, and its key is too old.' } };
  if (turnedBack !== null) return ended(goal, endedUnsent(refund, 'canceled', turnedBack));
  return { refund, next: { do: 'call', seq: call.seq + 1 } };
}

/** The provider has the refund. Only the refund itself says how it ends. */
function decideFollow(goal: RefundGoal, refund: StoredRefund, attempt: RefundAttempt): RefundDecision {
  const { now } = attempt;
  if (attempt.lookedAt === undefined) return { refund, next: { do: 'look' } };
  if (refund.parked !== null) return { refund, next: { do: 'fail', why: refund.parked.detail } };
  const deadline = refund.createdAt.getTime() + deadlineMs;
  if (deadline <= now.getTime())
    return { refund, next: { do: 'fail', why: 'The provider has not ended the refund for 30 days.' } };
  const isForBuyer = refund.state === 'requires_action';
  // A run that turns it back has nothing else to do than to ask again, more and more seldom.
  if (goal.step === 'cancel')
    return {
      refund,
      next: { do: 'later', why: isForBuyer ? 'The bank waits for the buyer.' : 'The bank has not ended it yet.' },
    };
  const until = new Date(Math.min(now.getTime() + pauseMs(refund, now), deadline));
  return {
    refund,
    next: { do: 'answer', answer: { outcome: 'waits', for: isForBuyer ? 'buyer' : 'provider', until } },
  };
}

/** The older a refund is, the more seldom it is looked at: once an hour after two hours, and once a day in the end. */
function pauseMs({ createdAt }: StoredRefund, now: Date): number {
  const age = now.getTime() - createdAt.getTime();
  const longest = Math.min(Math.max(age / 24, hourMs), dayMs);
  return Math.min(Math.max(age / 2, firstLookMs), longest);
}

/** Whether a look was begun after all that is known of the call: what another run has sent since, it cannot show. */
function isFresh({ lookedAt }: RefundAttempt, call: RefundCall | undefined): boolean {
  return lookedAt !== undefined && (call === undefined || lookedAt > call.changedAt);
}

function canBeSentAgain({ storedError, firstSentAt }: RefundCall, { now, windowHours }: RefundAttempt): boolean {
  return !storedError && now.getTime() - firstSentAt.getTime() < windowHours * 3_600_000 - marginMs;
}

/** Whether no call under the key can be on its way. What has an error kept under its key was answered. */
function isOver({ storedError, changedAt }: RefundCall, { lookedAt }: RefundAttempt): boolean {
  return storedError || (lookedAt !== undefined && lookedAt.getTime() - changedAt.getTime() >= quietMs);
}

function refusedBy({ evidence }: RefundCall): string {
  const refused = evidence?.['refused'];
  return typeof refused === 'string' ? refused : 'The provider refuses to give it back.';
}

function turnBack(goal: RefundGoal, refund: StoredRefund, detail: string): RefundDecision {
  return ended(goal, endedUnsent(refund, 'failed', { code: 'refund-failed', detail }));
}
