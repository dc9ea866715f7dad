import type { ExchangeRef, Payment } from '../contracts/nouns.js';
import type { AuthorizeOutcome, CaptureOutcome, VoidOutcome } from '../contracts/answers.js';
import { elementOf, type PaymentElement, type StepAnswer, type StepResult } from '../src/payments/payments.types.js';
import type { PaymentsService } from '../src/payments/payments.service.js';
import type { PaymentCommands, PaymentResult } from './payment.activities.js';

/** The commands on payments in the words of the contracts. Amounts become bigint here. */
export function paymentCommands(payments: PaymentsService): PaymentCommands {
  return {
    authorize: async (elements, asking) =>
      told(elements, await payments.pay(elements.map(paymentOf), asking), authorizeOutcome),
    capture: async (elements, asking) =>
      told(elements, await payments.capture(elements.map(paymentOf), asking), captureOutcome),
    void: async (elements, asking) =>
      told(
        elements,
        await payments.void(
          elements.map((one) => ({ ...paymentOf(one), cause: one.cause })),
          asking,
        ),
        voidOutcome,
      ),
    kept: async (elements) => {
      const kept = await payments.kept(elements.map(({ id }) => id));
      return elements.map(({ id }, place) => {
        const answer = kept[place];
        return answer === undefined ? { id, outcome: 'open' } : voidOutcome(id, answer);
      });
    },
  };
}

function paymentOf(one: ExchangeRef & { payment: Payment }): PaymentElement {
  return elementOf(one, one.payment);
}

function told<O>(
  elements: readonly { id: string }[],
  results: readonly StepResult[],
  outcomeOf: (id: string, answer: StepAnswer) => O,
): PaymentResult<O>[] {
  return elements.map(({ id }, place) => {
    const result = results[place];
    if (result === undefined) throw new Error(`${id}: the payments did not answer for it.`);
    return 'answer' in result ? { answer: outcomeOf(id, result.answer) } : result;
  });
}

function authorizeOutcome(id: string, answer: StepAnswer): AuthorizeOutcome {
  if (answer.outcome === 'authorized' || answer.outcome === 'captured') return { id, outcome: answer.outcome };
  if (answer.outcome === 'turned-back') return { id, outcome: 'turned-back', cause: answer.cause };
  if (answer.outcome === 'waits') return { id, outcome: 'waits', for: answer.for, until: answer.until.toISOString() };
  throw notAnAnswer(id, answer);
}

function captureOutcome(id: string, answer: StepAnswer): CaptureOutcome {
  if (answer.outcome === 'captured') return { id, outcome: 'captured' };
  if (answer.outcome === 'turned-back') return { id, outcome: 'turned-back', cause: answer.cause };
  throw notAnAnswer(id, answer);
}

function voidOutcome(id: string, answer: StepAnswer): VoidOutcome {
  if (answer.outcome === 'captured') return { id, outcome: 'captured' };
  if (answer.outcome === 'cancelled') return { id, outcome: 'cancelled', cause: answer.cause };
  throw notAnAnswer(id, answer);
}

function notAnAnswer(id: string, { outcome }: StepAnswer): Error {
  return new Error(`${id}: the payments answered ${outcome}`);
}
