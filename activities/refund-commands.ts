import type { RefundEndOutcome, RefundOutcome } from '../contracts/answers.js';
import type { ExchangeRef, Refund } from '../contracts/nouns.js';
import type { RefundsService } from '../src/payments/refunds.service.js';
import {
  refundElementOf,
  type RefundElement,
  type RefundStepAnswer,
  type RefundStepResult,
} from '../src/payments/refunds.types.js';
import type { PaymentResult, RefundCommands } from './payment.activities.js';

/** The commands on refunds in the words of the contracts. Amounts become bigint here. */
export function refundCommands(refunds: RefundsService): RefundCommands {
  return {
    refund: async (elements, asking) =>
      told(elements, await refunds.refund(elements.map(refundOf), asking), refundOutcome),
    cancel: async (elements, asking) =>
      told(
        elements,
        await refunds.cancel(
          elements.map((one) => ({ ...refundOf(one), cause: one.cause })),
          asking,
        ),
        endOutcome,
      ),
    kept: async (elements) => {
      const kept = await refunds.kept(elements.map(({ id }) => id));
      return elements.map(({ id }, place) => {
        const answer = kept[place];
        return answer === undefined ? { id, outcome: 'open' } : endOutcome(id, answer);
      });
    },
  };
}

function refundOf(one: ExchangeRef & { refund: Refund }): RefundElement {
  return refundElementOf(one, one.refund);
}

function told<O>(
  elements: readonly { id: string }[],
  results: readonly RefundStepResult[],
  outcomeOf: (id: string, answer: RefundStepAnswer) => O,
): PaymentResult<O>[] {
  return elements.map(({ id }, place) => {
    const result = results[place];
    if (result === undefined) throw new Error(`${id}: the refunds did not answer for it.`);
    return 'answer' in result ? { answer: outcomeOf(id, result.answer) } : result;
  });
}

function refundOutcome(id: string, answer: RefundStepAnswer): RefundOutcome {
  if (answer.outcome === 'refunded') return { id, outcome: 'refunded' };
  if (answer.outcome === 'turned-back') return { id, outcome: 'turned-back', cause: answer.cause };
  if (answer.outcome === 'waits') return { id, outcome: 'waits', for: answer.for, until: answer.until.toISOString() };
  throw notAnAnswer(id, answer);
}

function endOutcome(id: string, answer: RefundStepAnswer): RefundEndOutcome {
  if (answer.outcome === 'refunded') return { id, outcome: 'refunded' };
  if (answer.outcome === 'cancelled') return { id, outcome: 'cancelled', cause: answer.cause };
  throw notAnAnswer(id, answer);
}

function notAnAnswer(id: string, { outcome }: RefundStepAnswer): Error {
  return new Error(`${id}: the refunds answered ${outcome}`);
}
