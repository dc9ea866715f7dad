import { begun, withAnswer, withFound, withOperation, type Search } from './payments.rules.js';
import { reached, type Goal, type Next } from './payment-steps.rules.js';
import type { Operation, PaymentElement, StepAnswer, StoredPayment } from './payments.types.js';
import type { CallBody, OperationKind, ProviderAnswer } from './provider.types.js';
import { failureBy, type EndingOf, type InStep } from './step-ends.rules.js';

/* An attempt at a step, between its transactions and its calls. */

/** A payment in the middle of a step. */
export interface Working extends InStep<StepAnswer> {
  element: PaymentElement;
  goal: Goal;
  /** Whether the last answer of the provider in this attempt had an intent, or was a look that found none. */
  looked: boolean;
  /** What the provider has said since the last transaction. */
  said?: Said;
}

/** The result of an attempt for one payment. */
export type Ending = EndingOf<StepAnswer>;

/** What the provider was asked for a payment, and its answer. */
export type Said = { asked: Operation | 'look'; answer: ProviderAnswer } | ({ asked: 'search' } & Search);

/** A call that is due for a payment. It is made after a transaction has written it down. */
export interface Due {
  working: Working;
  payment: StoredPayment;
  next: Exclude<Next, { do: 'answer' | 'fail' }>;
}

/** Why a payment cannot be worked on, or undefined. Only a mistake in Veltrix can bring such a fault about. */
export function faultOf(payment: StoredPayment | undefined, element: PaymentElement): string | undefined {
  if (payment === undefined) return 'It was neither made nor found.';
  const same =
    payment.title === element.title &&
    payment.provider === element.provider &&
    payment.currency === element.currency &&
    payment.amount === element.amount &&
    payment.method === element.method;
  return same ? undefined : 'It is kept with other terms.';
}

/**
 * The result of an attempt for a payment, or undefined where a call is due.
 * @param held why the account is not asked now; undefined where it may be asked
 * @param enough why no more calls are made in this attempt; undefined where more may be made
 */
export function endOf(
  next: Next,
  said: Said | undefined,
  held: string | undefined,
  enough: string | undefined,
): Ending | undefined {
  if (next.do === 'answer') return { result: { answer: next.answer } };
  const failure = said === undefined || said.asked === 'search' ? undefined : failureBy(said.answer);
  if (failure !== undefined) return failure;
  if (next.do === 'fail') return { result: { failed: next.why } };
  if (held !== undefined) return { result: { later: held }, away: true };
  return enough === undefined ? undefined : { result: { failed: enough } };
}

/** The end of an attempt, where what it has reached already is an answer. */
export function withReached(end: Ending | undefined, goal: Goal, payment: StoredPayment): Ending | undefined {
  if (end?.result === undefined || 'answer' in end.result) return end;
  const answer = reached(goal, payment);
  return answer === undefined ? end : { result: { answer } };
}

/** A payment after the answer of the provider. */
export function withSaid(payment: StoredPayment, said: Said | undefined): StoredPayment {
  if (said === undefined) return payment;
  return said.asked === 'search' ? withFound(payment, said) : withAnswer(payment, said.asked, said.answer);
}

/** A payment with the operation of the call that is made now: a new operation, or one that was sent before. */
export function planned(
  payment: StoredPayment,
  { kind, seq }: Extract<Next, { do: 'call' }>,
  bodyOf: (kind: OperationKind, payment: StoredPayment) => CallBody,
): StoredPayment {
  const stored = payment.operations[kind];
  const operation: Operation =
    stored?.seq === seq
      ? { ...stored, attempts: stored.attempts + 1 }
      : {
          kind,
          seq,
          key: `${payment.id}:${kind}:${seq}`,
          body: bodyOf(kind, payment),
          state: 'sent',
          attempts: 1,
          storedError: false,
          evidence: null,
          firstSentAt: new Date(),
        };
  return withOperation(begun(payment, kind), operation);
}

/** What the provider is asked for a payment: the operation that is written down, or a look. */
export function askedOf({ payment, next }: Due): Operation | 'look' {
  if (next.do !== 'call') return 'look';
  const operation = payment.operations[next.kind];
  if (operation === undefined) throw new Error(`${payment.id}: ${next.kind} was not planned.`);
  return operation;
}
