import { isOutage } from './sql-errors.js';

/** What became of one element: its answer, or the error that it, or an outage, has brought about. */
export type Isolated<R> = { answer: R } | { error: unknown };

/** When so many single elements have failed and none was done, it is not the elements. */
const enoughFailures = 16;

/**
 * Runs a list command, and where it fails halves the list until the elements that make it fail stand alone, so that
 * the others are done. The command is one transaction and idempotent by the ids of its elements, so a part that was
 * done before stays done, and is answered for. An outage says nothing about any element: what was not done before it is
 * told of it and not tried. See `outageOf`.
 * @param run answers one outcome per element, in order
 * @returns one for each element, in order
 */
export async function isolate<T, R>(elements: readonly T[], run: (some: readonly T[]) => Promise<R[]>): Promise<Isolated<R>[]> {
  let over: { error: unknown } | undefined;
  let done = 0;
  let failed = 0;
  const part = async (some: readonly T[]): Promise<Isolated<R>[]> => {
    const last = over;
    if (last !== undefined) return some.map(() => last);
    try {
      const answers = await run(some);
      if (answers.length !== some.length) throw new Error(`${some.length} elements were given and ${answers.length} answered.`);
      done += some.length;
      return answers.map((answer) => ({ answer }));
    } catch (error) {
      if (some.length === 1) failed += 1;
      if (isOutage(error) || (done === 0 && failed >= enoughFailures)) over = { error };
      if (over !== undefined || some.length === 1) return some.map(() => ({ error }));
    }
    const middle = Math.ceil(some.length / 2);
    const first = await part(some.slice(0, middle));
    return [...first, ...(await part(some.slice(middle)))];
  };
  return elements.length === 0 ? [] : part(elements);
}

/** The outage that a list met, whatever was thrown for it, or undefined. */
export function outageOf(results: readonly Isolated<unknown>[]): { error: unknown } | undefined {
  return results.find((result): result is { error: unknown } => 'error' in result && isOutage(result.error));
}
