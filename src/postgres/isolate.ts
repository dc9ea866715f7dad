import { isOutage } from './sql-errors.js';

/** What became of one element: its answer, or the error that it, or an outage, has brought about. */
export type Isolated<R> = { answer: R } | { error: unknown };

/** What one call of a list command came to. After an outage nothing is known to be wrong with any element. */
export type Attempt<R> = { answers: R[] } | { error: unknown; outage: boolean };

/**
 * Makes one call of a list command.
 * @param run answers one outcome per element, in order
 */
export async function attempt<T, R>(elements: readonly T[], run: (some: readonly T[]) => Promise<R[]>): Promise<Attempt<R>> {
  try {
    const answers = await run(elements);
    if (answers.length === elements.length) return { answers };
    return { error: new Error(`${elements.length} elements were given and ${answers.length} answered.`), outage: false };
  } catch (error) {
    return { error, outage: isOutage(error) };
  }
}

/** A list in two parts; a list of one in itself. */
export function halves<T>(list: readonly T[]): T[][] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)].filter((part) => part.length > 0);
}

/**
 * Runs a list command, and where it fails halves the list until each element that makes it fail stands alone, however
 * many there are. The command is one transaction and idempotent by the ids of its elements, so a part that was done
 * before stays done, and is answered for. Larger parts come first, so that bad elements keep few good ones waiting. n
 * elements take at most 2n - 1 calls. An outage says nothing about any element: what was not done before it is told of
 * it and not tried. See `outageOf`.
 * @param run answers one outcome per element, in order
 * @param mayGoOn is asked before each further call; what was not tried by then is given the last error
 * @returns one for each element, in order
 */
export async function isolate<T, R>(
  elements: readonly T[],
  run: (some: readonly T[]) => Promise<R[]>,
  mayGoOn: () => boolean = () => true,
): Promise<Isolated<R>[]> {
  const results: Isolated<R>[] = [];
  const parts = elements.length === 0 ? [] : [[...elements.keys()]];
  let over: { error: unknown } | undefined;
  for (const part of parts) {
    const came = over ?? (await attempt(part.map((place) => elements[place] as T), run));
    if ('answers' in came) {
      for (const [index, place] of part.entries()) results[place] = { answer: came.answers[index] as R };
      continue;
    }
    const { error } = came;
    if (over === undefined && (isOutage(error) || !mayGoOn())) over = { error };
    if (over === undefined && part.length > 1) parts.push(...halves(part));
    else for (const place of part) results[place] = { error };
  }
  return results;
}

/** The outage that a list met, whatever was thrown for it, or undefined. */
export function outageOf(results: readonly Isolated<unknown>[]): { error: unknown } | undefined {
  return results.find((result): result is { error: unknown } => 'error' in result && isOutage(result.error));
}
