import { begun, withAnswer, withFound, withOperation, type Search } from './payments.rules.js';
import type { Goal, Next } from './payment-steps.rules.js';
import type { Operation, PaymentElement, StepResult, StoredPayment } from './payments.types.js';
import type { CallBody, OperationKind, ProviderAnswer } from './provider.types.js';

/* An attempt at a step, between its transactions and its calls. */

/** A payment in the middle of a step. */
export interface Working {
  element: PaymentElement;
  goal: Goal;
  /** Whether the intent was looked at in this attempt, since its last call. */
  looked: boolean;
  /** What the provider has said since the last transaction. */
  said?: Said;
  result?: StepResult;
  /** Whether the failure says nothing about this payment, but that the provider is away. */
  away?: boolean;
}

/** What was asked, and what came of it. */
export type Said = { asked: Operation | 'look'; answer: ProviderAnswer } | ({ asked: 'search' } & Search);

/** What goes out for a payment after a transaction has written it down. */
export interface Due {
  working: Working;
  payment: StoredPayment;
  next: Exclude<Next, { do: 'answer' | 'fail' }>;
}

/** @throws Error where the payment is kept for another purchase, which only a mistake in Veltrix can bring about */
export function storedOf(payments: ReadonlyMap<string, StoredPayment>, element: PaymentElement): StoredPayment {
  const payment = payments.get(element.id);
  if (payment === undefined) throw new Error(`The payment of ${element.id} was neither made nor found.`);
  const { title, provider, currency, amount, method } = payment;
  const same =
    title === element.title &&
    provider === element.provider &&
    currency === element.currency &&
    amount === element.amount &&
    method === element.method;
  if (!same) throw new Error(`The payment of ${element.id} is kept with other terms.`);
  return payment;
}

/** A payment with what the provider has said taken in. */
export function withSaid(payment: StoredPayment, said: Said | undefined): StoredPayment {
  if (said === undefined) return payment;
  return said.asked === 'search' ? withFound(payment, said) : withAnswer(payment, said.asked, said.answer);
}

/** What an answer keeps an attempt from going on, or undefined. */
export function failureOf(said: Said | undefined): Pick<Working, 'result' | 'away'> | undefined {
  if (said === undefined || said.asked === 'search') return undefined;
  const { answer } = said;
  switch (answer.result) {
    case 'unknown':
    case 'denied':
      return { result: { failed: answer.why }, away: true };
    case 'throttled':
      return { result: { failed: 'The provider is asked too often, or is not asked now.' }, away: true };
    default:
      return undefined;
  }
}

/** A payment with the operation of a call that goes out now: a new one, or one that was sent before. */
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

/** What goes out for a payment: the operation that is written down, or a look. */
export function askedOf({ payment, next }: Due): Operation | 'look' {
  if (next.do !== 'call') return 'look';
  const operation = payment.operations[next.kind];
  if (operation === undefined) throw new Error(`${payment.id}: ${next.kind} was not planned.`);
  return operation;
}
