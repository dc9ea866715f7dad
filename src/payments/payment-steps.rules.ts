import type { Cause } from '../../contracts/nouns.js';
import { cancelledToGiveBack, cancelledUnpaid, isFinal, turnedBackFor } from './payments.rules.js';
import type { Operation, StepAnswer, StoredPayment } from './payments.types.js';
import type { OperationKind } from './provider.types.js';

/* What a step of a saga does next with a payment. */

/**
 * What a step is to bring about. `pay` is to authorise, and to capture at once what is authorised. `void` brings the
 * cause for which the payment is turned back.
 */
export type Goal = { step: 'authorize' | 'pay' | 'capture' } | { step: 'void'; cause: Cause };

/** What this attempt at a step has seen already. */
export interface Attempt {
  now: Date;
  /** How long a key is known to the provider by what it has answered. */
  windowHours: number;
  /** Whether the provider has told in this attempt how the intent is, and nothing was lost since. */
  looked: boolean;
}

/**
 * What is next: a call under a key of the operation, new or sent before; a look at the intent; a look through all that
 * was created in the time of a create; or an answer. `fail` is what cannot go on now.
 */
export type Next =
  | { do: 'call'; kind: OperationKind; seq: number }
  | { do: 'look' }
  | { do: 'search' }
  | { do: 'answer'; answer: StepAnswer }
  | { do: 'fail'; why: string };

/** How long a bank may take over a payment until a person is to look at it. */
const maxProcessingMs = 14 * 24 * 3_600_000;

/** The first look at a payment that waits, and the longest pause between two. */
const firstLookMs = 5_000;
const maxPauseMs = 3_600_000;

/** How much earlier than the provider forgets a key Veltrix stops to send it again. */
const marginMs = 3_600_000;

/** Decides what is next. What it decides about the payment itself is in the payment that it answers. */
export function decide(goal: Goal, payment: StoredPayment, attempt: Attempt): { payment: StoredPayment; next: Next } {
  if (payment.state === 'captured') return { payment, next: { do: 'answer', answer: { outcome: 'captured' } } };
  if (goal.step === 'void') return decideVoid(turnedBackFor(payment, goal.cause), attempt);
  if (payment.turnedBack !== null)
    return { payment, next: { do: 'answer', answer: { outcome: 'turned-back', cause: payment.turnedBack } } };
  if (goal.step === 'authorize') return decideAuthorize(payment, attempt);
  const captures = goal.step === 'capture' || isAuthorized(payment);
  return captures ? decideCapture(payment, attempt) : decideAuthorize(payment, attempt);
}

function isAuthorized({ state }: StoredPayment): boolean {
  return state === 'authorized' || state === 'capturing';
}

/**
 * What a step answers that has to end without an answer to its goal. What is authorised stays so, and its capture is
 * left to the step that does nothing else. It is undefined where the step has nothing to answer.
 */
export function reached(goal: Goal, payment: StoredPayment): StepAnswer | undefined {
  return goal.step === 'pay' && payment.turnedBack === null && isAuthorized(payment)
    ? { outcome: 'authorized' }
    : undefined;
}

type Decision = ReturnType<typeof decide>;

function decideAuthorize(payment: StoredPayment, attempt: Attempt): Decision {
  if (isAuthorized(payment)) return { payment, next: { do: 'answer', answer: { outcome: 'authorized' } } };
  if (payment.reference === null) return decideCreate(payment, attempt);
  if (payment.parked !== null) return lookOrFail(payment, attempt);
  const { confirm } = payment.operations;
  const isConfirmed = payment.state === 'requires_action' || payment.state === 'processing';
  if (payment.method === null || isConfirmed) return decideWait(payment, attempt);
  const isLate = payment.deadline <= attempt.now;
  if (confirm === undefined) return isLate ? turnBack(payment, expired) : call(payment, 'confirm');
  // After a look the intent is in no state that a confirmation leads to: it was not done, or is not done yet.
  return isLate && attempt.looked ? turnBack(payment, expired) : lookThenResend(payment, confirm, attempt);
}

/** An intent that is not recorded can be paid by nobody, so making another one is harmless where the first is lost. */
function decideCreate(payment: StoredPayment, attempt: Attempt): Decision {
  const { create } = payment.operations;
  if (payment.deadline <= attempt.now) return turnBack(payment, expired);
  if (create === undefined) return call(payment, 'create');
  // That it was not made is proved, so another one is made under another key.
  if (create.state === 'failed') return call(payment, 'create', create.seq + 1);
  if (payment.parked !== null || !canBeSentAgain(create, attempt)) return { payment, next: { do: 'search' } };
  return call(payment, 'create', create.seq);
}

/** Right after it was made nothing has become of it. Later the intent is looked at, at the deadline too. */
function decideWait(payment: StoredPayment, attempt: Attempt): Decision {
  const { now } = attempt;
  if (!attempt.looked) return { payment, next: { do: 'look' } };
  if (payment.state === 'processing') {
    const isTooLong = now.getTime() - payment.createdAt.getTime() > maxProcessingMs;
    if (isTooLong) return { payment, next: { do: 'fail', why: 'The provider has processed the payment for 14 days.' } };
    const until = new Date(now.getTime() + pauseMs(payment, now));
    return { payment, next: { do: 'answer', answer: { outcome: 'waits', for: 'provider', until } } };
  }
  if (payment.deadline <= now) return turnBack(payment, expired);
  const until = new Date(Math.min(now.getTime() + pauseMs(payment, now), payment.deadline.getTime()));
  return { payment, next: { do: 'answer', answer: { outcome: 'waits', for: 'buyer', until } } };
}

const expired: Cause = { code: 'payment-expired', detail: 'The buyer has not paid in time.' };

/** The older a payment is, the more seldom it is looked at. */
function pauseMs({ createdAt }: StoredPayment, now: Date): number {
  const age = now.getTime() - createdAt.getTime();
  return Math.min(Math.max(age / 2, firstLookMs), maxPauseMs);
}

function decideCapture(payment: StoredPayment, attempt: Attempt): Decision {
  if (payment.parked !== null) return lookOrFail(payment, attempt);
  if (!isAuthorized(payment))
    return { payment, next: { do: 'fail', why: `The payment is ${payment.state}, and cannot be captured.` } };
  const { capture } = payment.operations;
  if (capture === undefined) return call(payment, 'capture');
  if (capture.state !== 'failed') return lookThenResend(payment, capture, attempt);
  if (!attempt.looked) return { payment, next: { do: 'look' } };
  return turnBack(payment, { code: 'capture-refused', detail: 'The provider refuses to capture the payment.' });
}

/** The payment is being turned back, or is cancelled. */
function decideVoid(payment: StoredPayment, attempt: Attempt): Decision {
  const { turnedBack, reference } = payment;
  if (turnedBack === null) throw new Error(`${payment.id} is not turned back.`);
  if (payment.state === 'cancelled')
    return { payment, next: { do: 'answer', answer: { outcome: 'cancelled', cause: turnedBack } } };
  if (reference === null) {
    const cancelled = cancelledUnpaid(payment);
    return { payment: cancelled, next: { do: 'answer', answer: { outcome: 'cancelled', cause: turnedBack } } };
  }
  const { cancel } = payment.operations;
  if (cancel === undefined) return call(payment, 'cancel');
  if (cancel.state !== 'failed') return lookThenResend(payment, cancel, attempt);
  if (!attempt.looked) return { payment, next: { do: 'look' } };
  if (payment.seen === 'succeeded' && payment.parked?.code === 'payment-mismatch')
    return {
      payment: cancelledToGiveBack(payment),
      next: { do: 'answer', answer: { outcome: 'cancelled', cause: turnedBack } },
    };
  if (payment.seen === 'processing' || payment.seen === 'succeeded' || payment.seen === 'other')
    return {
      payment,
      next: { do: 'fail', why: payment.parked?.detail ?? 'The provider cannot cancel it while it is processed.' },
    };
  return call(payment, 'cancel', cancel.seq + 1);
}

/**
 * A call that was sent before. The intent is looked at first. Where it shows that nothing was done, the same call goes
 * out again. It has another key only where the first one answers an error for ever, or is not known for much longer.
 */
function lookThenResend(payment: StoredPayment, operation: Operation, attempt: Attempt): Decision {
  if (!attempt.looked) return { payment, next: { do: 'look' } };
  const { kind, seq } = operation;
  return call(payment, kind, canBeSentAgain(operation, attempt) ? seq : seq + 1);
}

function canBeSentAgain({ state, storedError, firstSentAt }: Operation, { now, windowHours }: Attempt): boolean {
  return (
    state !== 'failed' && !storedError && now.getTime() - firstSentAt.getTime() < windowHours * 3_600_000 - marginMs
  );
}

/** What waits for a person is looked at again, since they may have mended it. */
function lookOrFail(payment: StoredPayment, attempt: Attempt): Decision {
  if (!attempt.looked) return { payment, next: { do: 'look' } };
  return { payment, next: { do: 'fail', why: payment.parked?.detail ?? 'It waits for a person.' } };
}

function call(payment: StoredPayment, kind: OperationKind, seq = 1): Decision {
  return { payment, next: { do: 'call', kind, seq } };
}

function turnBack(payment: StoredPayment, cause: Cause): Decision {
  if (isFinal(payment)) throw new Error(`${payment.id} has come to its end.`);
  return {
    payment: turnedBackFor(payment, cause),
    next: { do: 'answer', answer: { outcome: 'turned-back', cause } },
  };
}
