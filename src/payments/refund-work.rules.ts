import type { RefundAttempt, RefundDecision, RefundGoal, RefundNext } from './refund-steps.rules.js';
import { withAnswer, withCall, type AskedOfRefund } from './refunds.rules.js';
import type { RefundCall, RefundElement, RefundStepAnswer, StoredRefund } from './refunds.types.js';
import type { CallBody, RefundAnswer, RefundListAnswer, RefundTerms } from './provider.types.js';
import { failureBy, type EndingOf, type InStep } from './step-ends.rules.js';

/* An attempt at a step of refunds, between its transactions and its calls. */

/** A refund in the middle of a step. */
export interface RefundWorking extends InStep<RefundStepAnswer> {
  element: RefundElement;
  goal: RefundGoal;
  /** When the last look of this attempt was begun that has told how it is at the provider. */
  lookedAt?: Date;
  /** What the provider has said since the last transaction. */
  said?: { asked: AskedOfRefund; answer: RefundAnswer | RefundListAnswer };
}

/** The result of an attempt for one refund. */
export type RefundEnding = EndingOf<RefundStepAnswer>;

/** A call or a look that is due for a refund. It is made after a transaction has written it down. */
export interface RefundDue {
  working: RefundWorking;
  refund: StoredRefund;
  asked: AskedOfRefund;
  /** The time of that transaction. */
  at: Date;
}

/** Why a refund cannot be worked on, or undefined. Only a mistake in Veltrix can bring such a fault about. */
export function faultOf(refund: StoredRefund, element: RefundElement): string | undefined {
  const same =
    refund.title === element.title &&
    refund.provider === element.provider &&
    refund.purchase === element.purchase &&
    refund.currency === element.currency &&
    refund.amount === element.amount;
  return same ? undefined : 'It is kept with other terms.';
}

/** A refund after the answer of the provider. */
export function withSaid(refund: StoredRefund, { said }: RefundWorking, now: Date): StoredRefund {
  return said === undefined ? refund : withAnswer(refund, said.asked, said.answer, now);
}

/** What an attempt has seen of a refund. */
export function attemptOf({ lookedAt }: RefundWorking, now: Date, windowHours: number): RefundAttempt {
  return { now, windowHours, lookedAt };
}

/**
 * The result of an attempt for a refund, or undefined where a call is due.
 * @param held why the account is not asked now; undefined where it may be asked
 * @param enough why no more calls are made in this attempt; undefined where more may be made
 */
export function endOf(
  next: RefundNext,
  said: RefundWorking['said'],
  held: string | undefined,
  enough: string | undefined,
): RefundEnding | undefined {
  if (next.do === 'answer') return { result: { answer: next.answer } };
  const failure = failureOf(said);
  if (failure !== undefined) return failure;
  if (next.do === 'fail') return { result: { failed: next.why } };
  if (next.do === 'later') return { result: { later: next.why } };
  if (held !== undefined) return { result: { later: held }, away: true };
  return enough === undefined ? undefined : { result: { failed: enough } };
}

/** How an answer ends the attempt, because nothing can be decided by it; undefined where the attempt goes on. */
function failureOf(said: RefundWorking['said']): RefundEnding | undefined {
  if (said === undefined) return undefined;
  const { answer, asked } = said;
  const failure = failureBy(answer);
  if (failure !== undefined || asked !== 'look') return failure;
  if (answer.result === 'refund' || answer.result === 'refunds') return undefined;
  return { result: { failed: `A look at it was answered ${answer.result}.` } };
}

/** A refund with what goes out for it now: a new call, one that was sent before, or a look. */
export function planned(
  { refund, next }: RefundDecision,
  bodyOf: (terms: RefundTerms) => CallBody,
  now: Date,
): { refund: StoredRefund; asked: AskedOfRefund } {
  if (next.do !== 'call') return { refund, asked: 'look' };
  const { call: stored, payment } = refund;
  const { seq } = next;
  if (stored?.seq === seq) {
    const again = { ...stored, attempts: stored.attempts + 1 };
    return { refund: withCall({ ...refund, state: 'sending' }, again), asked: again };
  }
  const { id, title, purchase, amount } = refund;
  const reference = payment?.reference ?? null;
  if (reference === null) throw new Error(`${id}: its payment has no intent.`);
  const call: RefundCall = {
    kind: 'refund',
    seq,
    key: `${id}:refund:${seq}`,
    body: bodyOf({ title, purchase, reference, amount, refund: id }),
    state: 'sent',
    attempts: 1,
    storedError: false,
    evidence: null,
    firstSentAt: now,
    changedAt: now,
  };
  return { refund: withCall({ ...refund, state: 'sending' }, call), asked: call };
}
