import { ApplicationFailure } from '@temporalio/activity';
import { compact, dealNotThereError, expand, type Answers } from '../contracts/answers.js';
import type { KnownDeals } from '../src/exchanges/known-deals.service.js';

/** What tells which deals are there. */
export type Known = Pick<KnownDeals, 'missing' | 'refused'>;

type ListActivity<E extends { id: string }, More extends unknown[], O extends { id: string }> = (
  elements: E[],
  ...more: More
) => Promise<Answers<O>>;

/**
 * Makes a step do nothing for exchanges that have no deal. Of a list that has some of them, they are answered as failed
 * and leave. A run of such an exchange alone ends with this failure.
 * @throws ApplicationFailure of the type `DealNotThere`, which is not tried again, where no element has a deal
 */
export function forKnownDeals<E extends { id: string }, More extends unknown[], O extends { id: string }>(
  known: Known,
  step: ListActivity<E, More, O>,
): ListActivity<E, More, O> {
  return async (elements, ...more) => {
    const missing = await known.missing(elements.map(({ id }) => id));
    if (missing.size === 0) return step(elements, ...more);
    known.refused(missing);
    if (missing.size === elements.length) throw notThere(missing);
    const there = elements.filter(({ id }) => !missing.has(id));
    const given = new Map(expand(there, await step(there, ...more)).map((answer) => [answer.id, answer]));
    return compact(
      elements.map(({ id }) => given.get(id) ?? { id, outcome: 'failed' as const, error: sentenceOf([id]) }),
    );
  };
}

/**
 * The same of a step that a local attempt makes too. That gives its `stop`, and has asked for all of its deals before
 * its first step.
 */
export function forKnownDealsOnce<E extends { id: string }, O extends { id: string }>(
  known: Known,
  step: ListActivity<E, [stop?: AbortSignal], O>,
): ListActivity<E, [stop?: AbortSignal], O> {
  const guarded = forKnownDeals(known, (elements: E[]) => step(elements));
  return (elements, stop) => (stop === undefined ? guarded(elements) : step(elements, stop));
}

/** The same of the close of deals, which fails by itself where there is none. Only then somebody looks. */
export function closeOfKnownDeals<E extends { id: string }, O extends { id: string }>(
  known: Known,
  close: ListActivity<E, [stop?: AbortSignal], O>,
): ListActivity<E, [stop?: AbortSignal], O> {
  return async (closings, stop) => {
    try {
      return await close(closings, stop);
    } catch (error) {
      const missing = await known.missing(closings.map(({ id }) => id)).catch(() => new Set<string>());
      if (missing.size < closings.length) throw error;
      known.refused(missing);
      throw notThere(missing);
    }
  };
}

/** @throws ApplicationFailure of the type `DealNotThere` where one of these ids is of no deal */
export async function expectKnown(known: Known, elements: readonly { id: string }[]): Promise<void> {
  const missing = await known.missing(elements.map(({ id }) => id));
  if (missing.size > 0) throw notThere(missing);
}

function notThere(missing: ReadonlySet<string>): ApplicationFailure {
  return ApplicationFailure.nonRetryable(sentenceOf([...missing]), dealNotThereError);
}

function sentenceOf(ids: readonly string[]): string {
  const [first = ''] = ids;
  const others = ids.length === 1 ? '' : ` and no ${ids.length - 1} others of the list`;
  return `There is no ${first}${others}, so nothing is done for it. The database may have been restored.`;
}
