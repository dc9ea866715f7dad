import type { PaymentAccount } from './accounts.types.js';
import type { Asking, ResultOf } from './payments.types.js';

/* How attempts at steps end, whether they are about payments or about refunds. */

/** An element of a list in the middle of a step. */
export interface InStep<Answer> {
  element: Pick<PaymentAccount, 'title' | 'provider'> & { id: string };
  result?: ResultOf<Answer>;
  /** Whether the failure says nothing about this element, but that the provider is away. */
  away?: boolean;
}

/** The result of an attempt for one element. */
export type EndingOf<Answer> = Pick<InStep<Answer>, 'result' | 'away'>;

/**
 * How an answer ends an attempt of which nothing can be decided by it; undefined where it says something.
 * @param answer what a call has come to
 */
export function failureBy(answer: { result: string; why?: string }): EndingOf<never> | undefined {
  switch (answer.result) {
    case 'unknown':
      return { result: { failed: answer.why ?? '' }, away: true };
    case 'denied':
      return { result: { later: answer.why ?? '' }, away: true };
    case 'throttled':
      return { result: { later: 'The provider is asked too often, or is not asked now.' }, away: true };
    default:
      return undefined;
  }
}

/**
 * Why a step has failed as a whole, because the provider is away and nothing was answered; undefined where it has not.
 * Where a step asks about a single element of a larger run and the outcome of its call is unknown, that is no outage:
 * the element leaves the run.
 */
export function outageOf(all: readonly EndingOf<unknown>[], { alone }: Asking): string | undefined {
  const [first] = all;
  if (first?.result === undefined || !all.every(({ away }) => away === true)) return undefined;
  if (all.length === 1 && !alone && 'failed' in first.result) return undefined;
  const [why] = all.flatMap(({ result }) => {
    if (result === undefined || 'answer' in result) return [];
    return 'failed' in result ? result.failed : result.later;
  });
  return why ?? 'The provider is away.';
}
