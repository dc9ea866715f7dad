import { cancellationSignal } from '@temporalio/activity';
import {
  isPaymentStep,
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
import type { ForwardSteps } from '../workflows/forward-steps.js';
import { grant, settleForward } from '../workflows/settle-forward.js';
import { expectKnown, type Known } from './known-deals.js';

/**
 * The forward way of a run as local activities, whose steps are the activities of the worker. An attempt fails before
 * its first step where an exchange has no deal.
 */
export function forwardActivities(steps: StepActivities, known: Known): ForwardActivities {
  return {
    settleForward: async (exchanges) => {
      await expectKnown(known, exchanges);
      return attemptForward(steps, exchanges, cancellationSignal());
    },
    grantCaptured: async (exchanges, runSize) => {
      await expectKnown(known, exchanges);
      return attemptGrant(steps, exchanges, runSize, cancellationSignal());
    },
  };
}

/** Makes the forward way once; of exchanges with a payment, what comes before it. It is as `attempt`. */
export function attemptForward(
  steps: StepActivities,
  exchanges: readonly Exchange[],
  stop: AbortSignal,
): Promise<MadeStep[]> {
  return attempt(steps, exchanges.length, stop, (asked) => settleForward(asked, exchanges));
}

/** Makes once what comes after the capture. It is as `attempt`. */
export function attemptGrant(
  steps: StepActivities,
  captured: readonly Exchange[],
  runSize: number,
  stop: AbortSignal,
): Promise<MadeStep[]> {
  return attempt(steps, runSize, stop, (asked) => grant(asked, captured));
}

/**
 * Makes a part of the forward way once. `undo`, `turnBack`, `grant` and `wait` do nothing here, and no payment is asked
 * about. The run does all of that with dispatched steps, or with another attempt.
 * @param runSize how many exchanges the run has
 * @param stop ends the attempt: after it no step is begun, and none looks for bad elements
 * @returns what each step has answered, in the order in which they answered
 * @throws what a step has thrown, and where the answers contradict each other
 */
async function attempt(
  steps: StepActivities,
  runSize: number,
  stop: AbortSignal,
  make: (asked: ForwardSteps) => Promise<unknown>,
): Promise<MadeStep[]> {
  const made: MadeStep[] = [];
  const ask = async <N extends StepName>(
    name: N,
    elements: readonly StepElement<N>[],
  ): Promise<Map<string, StepAnswer<N>>> => {
    if (elements.length === 0 || isPaymentStep(name)) return new Map();
    stop.throwIfAborted();
    const at = new Date().toISOString();
    const step = (steps as Partial<Record<StepName, unknown>>)[name] as
      ((elements: readonly StepElement<N>[], stop: AbortSignal) => Promise<Answers<StepAnswer<N>>>) | undefined;
    if (step === undefined) throw new Error(`There is no step ${name}.`);
    const answers = await step(elements, stop);
    made.push({ step: name, at, asked: askedOf(elements, runSize), answers });
    return sortAnswers(elements, answers).given;
  };
  const none = (): Promise<[]> => Promise.resolve([]);
  const broken = (_: Exchange, error: Error): never => {
    throw error;
  };
  const nothing = (): Promise<void> => Promise.resolve();
  await make({ ask, undo: none, turnBack: none, grant: none, wait: nothing, broken });
  return made;
}

/** What a step was asked, apart from what is already in the run's input. */
function askedOf(elements: readonly Asked[], runSize: number): MadeStep['asked'] {
  const asked = compact(elements.map((element): Asked => ('state' in element ? element : { id: element.id })));
  return elements.length === runSize ? asked : { ...asked, ids: elements.map(({ id }) => id) };
}
