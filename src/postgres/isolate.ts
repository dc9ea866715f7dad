import { isOutage } from './sql-errors.js';

/** What became of one element: its answer, or the error that it has brought about by itself. */
export type Isolated<R> = { answer: R } | { error: unknown };

/**
 * Runs a list command, and where it fails halves the list until the elements that make it fail stand alone, so that
 * the others are done. The command is one transaction and idempotent by the ids of its elements, so a part that was
 * done before stays done. An outage says nothing about any element, and ends all of it.
 * @param run answers one outcome per element, in order
 * @returns one for each element, in order
 * @throws the outage, with any part of the list done
 */
export async function isolate<T, R>(elements: readonly T[], run: (some: readonly T[]) => Promise<R[]>): Promise<Isolated<R>[]> {
  if (elements.length === 0) return [];
  try {
    const answers = await run(elements);
    if (answers.length !== elements.length) throw new Error(`${elements.length} elements were given and ${answers.length} answered.`);
    return answers.map((answer) => ({ answer }));
  } catch (error) {
    if (isOutage(error)) throw error;
    if (elements.length === 1) return [{ error }];
  }
  const middle = Math.ceil(elements.length / 2);
  const first = await isolate(elements.slice(0, middle), run);
  return [...first, ...(await isolate(elements.slice(middle), run))];
}
