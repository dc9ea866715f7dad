import { cancellationSignal } from '@temporalio/activity';
import {
  type Asked,
  type ForwardActivities,
  type MadeStep,
  type StepActivities,
  type StepAnswer,
  type StepElement,
  type StepName,
} from '../contracts/activities.js';
import { compact, sortAnswers, type Answers } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import { settleForward } from '../workflows/settle-forward.js';

/** The forward way of a run as one local activity, whose steps are the activities of the worker. */
export function forwardActivities(steps: StepActivities): ForwardActivities {
  return { settleForward: (exchanges) => attemptForward(steps, exchanges, cancellationSignal()) };
}

/**
 * Makes the forward way once. `undo` and `turnBack` do nothing here. The run does both with dispatched steps.
 * @param stop ends the attempt: after it no step is begun, and none looks for bad elements
 * @returns what each step has answered, in the order in which they answered
 * @throws what a step has thrown, and where the answers contradict each other
 */
export async function attemptForward(
  steps: StepActivities,
  exchanges: readonly Exchange[],
  stop: AbortSignal,
): Promise<MadeStep[]> {
  const made: MadeStep[] = [];
  const ask = async <N extends StepName>(
    name: N,
    elements: readonly StepElement<N>[],
  ): Promise<Map<string, StepAnswer<N>>> => {
    if (elements.length === 0) return new Map();
    stop.throwIfAborted();
    const at = new Date().toISOString();
    const step = (steps as Partial<Record<StepName, unknown>>)[name] as
      ((elements: readonly StepElement<N>[], stop: AbortSignal) => Promise<Answers<StepAnswer<N>>>) | undefined;
    if (step === undefined) throw new Error(`There is no step ${name}.`);
    const answers = await step(elements, stop);
    made.push({ step: name, at, asked: askedOf(elements, exchanges.length), answers });
    return sortAnswers(elements, answers).given;
  };
  const none = (): Promise<[]> => Promise.resolve([]);
  const broken = (_: Exchange, error: Error): never => {
    throw error;
  };
  // A run with payments or refunds, of which some may wait, makes no local attempt.
  const wait = (): Promise<void> => Promise.resolve();
  await settleForward({ ask, undo: none, turnBack: none, grant: none, wait, broken }, exchanges);
  return made;
}

/** What a step was asked, apart from what is already in the run's input. */
function askedOf(elements: readonly Asked[], runSize: number): MadeStep['asked'] {
  const asked = compact(elements.map((element): Asked => ('state' in element ? element : { id: element.id })));
  return elements.length === runSize ? asked : { ...asked, ids: elements.map(({ id }) => id) };
}
