import { RowsHeld } from './held-rows.js';
import { isOutage } from './sql-errors.js';

/** What became of one element: its answer, or the error that it, or an outage, has brought about. */
export type ElementResult<R> = { answer: R } | { error: unknown };

/**
 * What one call of a list command came to. After an outage nothing is known to be wrong with any element. `held` has
 * the places of the elements that the call could not be made with, because they need rows that somebody else holds.
 */
export type Attempt<R> = { answers: R[] } | { error: unknown; outage: boolean; held?: ReadonlySet<number> };

/**
 * Makes one call of a list command.
 * @param run answers one outcome per element, in order
 */
export async function attempt<T, R>(
  elements: readonly T[],
  run: (some: readonly T[]) => Promise<R[]>,
): Promise<Attempt<R>> {
  try {
    const answers = await run(elements);
    if (answers.length === elements.length) return { answers };
    return {
      error: new Error(`${elements.length} elements were given and ${answers.length} answered.`),
      outage: false,
    };
  } catch (error) {
    return { error, outage: isOutage(error), ...(error instanceof RowsHeld && { held: error.places }) };
  }
}

/** A list without the elements at these places, and those elements. */
export function parted<T>(list: readonly T[], places: ReadonlySet<number>): { others: T[]; these: T[] } {
  return {
    others: list.filter((_, place) => !places.has(place)),
    these: list.filter((_, place) => places.has(place)),
  };
}

/** A list in two parts; a list of one in itself. */
export function halves<T>(list: readonly T[]): T[][] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)].filter((part) => part.length > 0);
}

/**
 * Runs a list command, and where it fails halves the list until each element that makes it fail stands alone, however
 * many there are. The command is one transaction and idempotent by the ids of its elements, so a part that was done
 * before stays done, and is answered for. n elements take at most 2n - 1 calls.
 *
 * Large parts come first, because most of their elements are good. While nothing is done, every second call goes on
 * with the smallest part instead, so that the first good element is found soon. The list is halved from a place that is
 * drawn, so that a caller who had to give up looks elsewhere the next time.
 *
 * Where the command says which elements need rows that somebody else holds, these have failed at once, and the others
 * of their part come next. An outage says nothing about any element: what was not done before it is told of it and not
 * tried. See `outageOf`.
 * @param run answers one outcome per element, in order
 * @param mayGoOn is asked before each further call; what was not tried by then is given the last error
 * @returns one for each element, in order
 */
export async function splitOnFailure<T, R>(
  elements: readonly T[],
  run: (some: readonly T[]) => Promise<R[]>,
  mayGoOn: () => boolean = () => true,
): Promise<ElementResult<R>[]> {
  const results: ElementResult<R>[] = [];
  const whole = [...elements.keys()];
  const queue = whole.length === 0 ? [] : [whole];
  /** What was halved on the way to a single element, the smallest last. */
  const deep: number[][] = [];
  let nothingDone = true;
  let last: { error: unknown; outage: boolean } | undefined;
  for (let calls = 0; queue.length + deep.length > 0; calls++) {
    const over = last !== undefined && (last.outage || !mayGoOn()) ? { ...last, held: undefined } : undefined;
    const goesDeep = nothingDone && calls % 2 === 1;
    const larger = (deep[0]?.length ?? 0) > (queue[0]?.length ?? 0) ? deep : queue;
    const part = (goesDeep ? (deep.pop() ?? queue.shift()) : larger.shift()) as number[];
    const came =
      over ??
      (await attempt(
        part.map((place) => elements[place] as T),
        run,
      ));
    if ('answers' in came) {
      for (const [index, place] of part.entries()) results[place] = { answer: came.answers[index] as R };
      nothingDone = false;
      queue.push(...deep.splice(0));
      continue;
    }
    last = came;
    if (came.held !== undefined) {
      const { others, these } = parted(part, came.held);
      for (const place of these) results[place] = { error: came.error };
      if (others.length > 0) queue.unshift(others);
    } else if (part.length > 1 && over === undefined && !came.outage)
      (goesDeep ? deep : queue).push(...halves(part === whole ? fromAnyPlace(part) : part));
    else for (const place of part) results[place] = { error: came.error };
  }
  return results;
}

/** A list that begins at a place that is drawn, and has what stood before it at its end. */
function fromAnyPlace<T>(list: readonly T[]): T[] {
  const first = Math.floor(Math.random() * list.length);
  return [...list.slice(first), ...list.slice(0, first)];
}

/** The outage that a list met, whatever was thrown for it, or undefined. */
export function outageOf(results: readonly ElementResult<unknown>[]): { error: unknown } | undefined {
  return results.find((result): result is { error: unknown } => 'error' in result && isOutage(result.error));
}
