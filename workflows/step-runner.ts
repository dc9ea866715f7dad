import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import { badElementError, describeStep, stuckError } from '../contracts/activities.js';
import { BrokenProtocol, dealNotThereError, sortAnswers, type Answers } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import { protocolStep } from './exchange.rules.js';
import type { RunStatus } from './run-status.js';
import { failureOf, sideActivities, untilAnswered, type Step } from './steps.js';
import { StuckStep } from './stuck-step.js';

/** The pace at which a stuck step is tried: a convoy soon after its outage is over, a lone saga without haste. */
const patience = {
  alone: { initialInterval: '10 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
  convoy: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
} as const;

/**
 * How long a run is stuck at answers that do not agree before it asks for them anew, at first and at most. Each round
 * adds to its history.
 */
const lookAgainFirstMs = 60_000;
const lookAgainMaxMs = 3_600_000;

/**
 * Makes the dispatched steps of a run. A step is tried until it answers. The step itself tells the run that it has
 * failed for a while, and the run is stuck from then on. An exchange that its neighbours must not wait for leaves the
 * run.
 */
export class StepRunner {
  private readonly byId: ReadonlyMap<string, Exchange>;
  private readonly starts: Promise<void>[] = [];
  private readonly leavers = new Set<string>();

  constructor(
    private readonly exchanges: readonly Exchange[],
    private readonly status: RunStatus,
  ) {
    this.byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
  }

  /**
   * Asks a step about some of the exchanges. An exchange that fails while others in the list succeed leaves the run. If
   * the list is a part of the run and all of it fails as bad elements, all of it leaves, so that the others need not
   * wait. Each leaver costs a run. An outage makes nobody leave. If the whole run fails, nobody leaves: the step is
   * tried until it answers.
   * @returns the answers by the ids of the exchanges; those that have left are not among them
   * @throws BrokenProtocol if the step does not answer for what it was given
   */
  async ask<E extends { id: string }, O extends { id: string }>(
    step: Step<E, O>,
    elements: readonly E[],
  ): Promise<Map<string, O>> {
    if (elements.length === 0) return new Map();
    return this.take(elements, await this.answersOf(step, elements));
  }

  /** Takes what a step has answered, as `ask` does. */
  take<O extends { id: string }>(elements: readonly { id: string }[], answers: Answers<O>): Map<string, O> {
    const { given, failed } = sortAnswers(elements, answers);
    this.startLeavers(failed.map(({ id }) => this.exchange(id)));
    return given;
  }

  /** Whether an exchange has left. */
  hasLeft(id: string): boolean {
    return this.leavers.has(id);
  }

  /** Resolves when every exchange that has left has a run of its own. */
  async leaversStarted(): Promise<void> {
    await Promise.all(this.starts);
  }

  /**
   * Exchanges leave the run: a run is started for each. The neighbours do not wait for the starts. They are made
   * whoever cancels, since nobody else starts a leaver now.
   */
  startLeavers(exchanges: readonly Exchange[]): void {
    if (exchanges.length === 0) return;
    for (const { id } of exchanges) this.leavers.add(id);
    const summary =
      exchanges.length === 1
        ? `start a run for ${exchanges[0]?.id} alone`
        : `start a run for each of ${exchanges.length} exchanges`;
    this.status.removeSubjects(exchanges.map(({ id }) => id));
    this.starts.push(
      CancellationScope.nonCancellable(() =>
        sideActivities().startAlone.executeWithOptions({ summary }, [[...exchanges]]),
      ),
    );
  }

  /**
   * Does work until its answers agree with the protocol. Answers that do not agree are for people to look at, so the
   * run is stuck with them, and does the work again from time to time and when an operator asks for it.
   */
  async untilAnswersAgree<T>(work: () => Promise<T>): Promise<T> {
    const first = await work().then((answer) => ({ answer }), brokenProtocolOf);
    if ('answer' in first) return first.answer;
    const stuck = new StuckStep(
      { step: protocolStep, undo: false, description: 'have answers that agree', why: first.broken.message },
      () => this.status.parkedByOperator,
    );
    const repeatedly = async (): Promise<T> => {
      for (let pauseMs = lookAgainFirstMs; ; pauseMs = Math.min(pauseMs * 2, lookAgainMaxMs)) {
        await sleep(pauseMs);
        const result = await work().then((answer) => ({ answer }), brokenProtocolOf);
        if ('answer' in result) return result.answer;
        stuck.why = result.broken.message;
        this.status.showDetails();
      }
    };
    const once = async (): Promise<T> => {
      const result = await work().then((answer) => ({ answer }), brokenProtocolOf);
      if ('answer' in result) return result.answer;
      throw ApplicationFailure.create({ type: 'BrokenProtocol', message: result.broken.message });
    };
    return this.whileStuck(stuck, { repeatedly, once }, []);
  }

  private async answersOf<E extends { id: string }, O extends { id: string }>(
    step: Step<E, O>,
    elements: readonly E[],
  ): Promise<Answers<O>> {
    const isPartOfRun = elements.length < this.exchanges.length;
    try {
      return await this.run(step, elements, isPartOfRun ? [badElementError] : []);
    } catch (error) {
      const failure = failureOf(error);
      const isOfList = isPartOfRun && failure?.type === dealNotThereError;
      if (failure === undefined || (failure.type !== badElementError && !isOfList)) throw error;
      return {
        count: elements.length,
        exceptions: elements.map(({ id }) => ({ id, outcome: 'failed', error: failure.message })),
      };
    }
  }

  /** @param toThrow the types of failures that the caller takes for itself */
  private async run<E extends { id: string }, O extends { id: string }>(
    step: Step<E, O>,
    elements: readonly E[],
    toThrow: string[],
  ): Promise<Answers<O>> {
    const description = describeStep(step.name, elements.length, elements[0]?.id);
    const make = (retry: object, nonRetryableErrorTypes: string[]): Promise<Answers<O>> =>
      step.run({ summary: description, retry: { ...retry, nonRetryableErrorTypes } }, elements, {
        alone: this.exchanges.length === 1,
      });
    const ended = this.status.begin(description);
    try {
      if (this.status.parkedByOperator && !step.undo) await condition(() => !this.status.parkedByOperator);
      return await make(untilAnswered.retry, [stuckError, ...toThrow]);
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.type !== stuckError) throw error;
      const stuck = new StuckStep(
        { step: step.name, undo: step.undo, description, why: failure.message },
        () => this.status.parkedByOperator,
      );
      const pace = this.status.alone ? patience.alone : patience.convoy;
      return await this.whileStuck(
        stuck,
        { repeatedly: () => make(pace, toThrow), once: () => make({ maximumAttempts: 1 }, toThrow) },
        toThrow,
      );
    } finally {
      ended();
    }
  }

  private async whileStuck<T>(
    stuck: StuckStep,
    make: { repeatedly(): Promise<T>; once(): Promise<T> },
    toThrow: readonly string[],
  ): Promise<T> {
    const freed = this.status.stuckAt(stuck);
    try {
      return await stuck.untilAnswered(make, toThrow, () => this.status.showDetails());
    } finally {
      freed();
    }
  }

  private exchange(id: string): Exchange {
    const exchange = this.byId.get(id);
    if (exchange === undefined) throw new Error(`${id} is not in this run`);
    return exchange;
  }
}

/** The broken protocol that work has failed with. @throws any other error */
function brokenProtocolOf(error: unknown): { broken: BrokenProtocol } {
  if (error instanceof BrokenProtocol) return { broken: error };
  throw error;
}
