import { ApplicationFailure } from '@temporalio/activity';
import { RowsHeld } from '../src/postgres/held-rows.js';
import { outageOf, splitOnFailure, type ElementResult } from '../src/postgres/split-on-failure.js';
import { badElementError } from '../contracts/activities.js';
import { compact, type Answers, type Failed } from '../contracts/answers.js';
import { messageOf } from '../src/errors.js';

/**
 * How long a step looks for the elements that are bad. An attempt has 30 seconds, and one that takes longer would begin
 * anew without end. What was not tried by then leaves with the bad ones, where anything was done. Where nothing was,
 * the step is tried again, and looks in another order.
 */
const searchesForMs = 10_000;

/** The pause before elements are tried again that need a row that another command of ours may hold. */
const heldPauseMs = 25;

/**
 * Runs a list command for a step. An element that fails while another is done is answered as failed, and leaves the
 * convoy. If nothing is done, a bad element looks like an outage of an unknown kind, so the step fails as a whole and
 * is tried again. An element that needs a row that has been held for long fails at once.
 * @param run answers one outcome per element, in order
 * @param stop ends the search for bad elements, as the end of its time does
 * @throws the outage that it met
 * @throws ApplicationFailure of the type `BadElement` where no element could be done
 */
export async function asStepAnswers<E extends { id: string }, O extends { id: string }>(
  elements: readonly E[],
  run: (some: readonly E[]) => Promise<O[]>,
  stop?: AbortSignal,
): Promise<Answers<O>> {
  const until = performance.now() + searchesForMs;
  const mayGoOn = (): boolean => performance.now() < until && stop?.aborted !== true;
  const results = await splitOnFailure(elements, run, mayGoOn);
  for (let held = waitedFor(results); held.length > 0 && mayGoOn(); held = waitedFor(results)) {
    await new Promise((resolve) => setTimeout(resolve, heldPauseMs));
    const again = await splitOnFailure(
      held.map((place) => elements[place] as E),
      run,
      mayGoOn,
    );
    for (const [index, place] of held.entries()) results[place] = again[index] as ElementResult<O>;
  }
  const outage = outageOf(results);
  if (outage !== undefined) throw outage.error;
  const [first] = results;
  if (first !== undefined && 'error' in first && results.every((result) => 'error' in result)) {
    throw ApplicationFailure.create({
      type: badElementError,
      message: messageOf(first.error),
      cause: first.error instanceof Error ? first.error : undefined,
      ...(first.error instanceof RowsHeld && { nextRetryDelay: first.error.retryMs }),
    });
  }
  return compact(elements.map(({ id }, index) => outcomeOf(id, results[index])));
}

/** The places of elements that need a row that was held only for as long as our own commands may hold it. */
function waitedFor(results: readonly ElementResult<unknown>[]): number[] {
  return results.flatMap((result, place) =>
    'error' in result && result.error instanceof RowsHeld && !result.error.isLong ? place : [],
  );
}

function outcomeOf<O extends { id: string }>(id: string, result: ElementResult<O> | undefined): O | Failed {
  if (result === undefined || ('answer' in result && result.answer.id !== id))
    throw new Error(`${id}: the command did not answer for it`);
  return 'answer' in result ? result.answer : { id, outcome: 'failed', error: messageOf(result.error) };
}
