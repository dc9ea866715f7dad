import { defineSearchAttributeKey } from '@temporalio/common';
import { CancellationScope, allHandlersFinished, condition, isCancellation, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { stuckError } from '../contracts/activities.js';
import type { Answers } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import { sagaAttributes, type OperatorAct, type OperatorActName, type SagaState } from '../contracts/sagas.js';
import { failureOf, untilAnswered, type Step } from './exchange-steps.js';
import { SagaNotes } from './saga-notes.js';
import { detailsOf, type StandsAt } from './saga-words.js';

const stateKey = defineSearchAttributeKey(sagaAttributes.state, 'KEYWORD');
const stepKey = defineSearchAttributeKey(sagaAttributes.step, 'KEYWORD');
const sinceKey = defineSearchAttributeKey(sagaAttributes.stuckSince, 'DATETIME');

/** How a step is tried again that its run stands at: a convoy soon after its outage is over, a lone saga without haste. */
const patience = {
  alone: { initialInterval: '10 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
  convoy: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
} as const;

/** How long after its beginning a run makes local attempts. */
const localForMs = 2_000;

/** A step that has failed for a while, and what an operator who has it tried at once is told. */
interface Stand extends StandsAt {
  /** Has it tried at once; undefined while it is. @returns when it has answered; it is rejected with what it failed with */
  retry: (() => Promise<void>) | undefined;
}

/** What `retry` has failed with: the step's own failure, or that its run waits for it no more. */
export class StepFailedAgain extends Error {}
export class StandsNoMore extends Error {}

/**
 * Makes the steps of a run, and knows how the run fares. A run is told by a step itself that it has failed for a while;
 * from then on it is stuck, and shows it, until the step answers. A run that is never stuck pays nothing for this.
 */
export class SagaWatch {
  private readonly notes: SagaNotes;
  private readonly under = new Set<{ says: string }>();
  private readonly stands = new Set<Stand>();
  private backwards = false;
  private shown = 'running';
  private owner: string | null = null;
  private endIsTold = false;
  /** Until when local attempts are begun. An act, a leaver's start and an undo wait for the workflow task that they are made in. */
  private readonly localUntil = Date.now() + localForMs;
  /** Whether the first attempt at a step is made within the workflow task. It is until one of them fails. */
  private localFirst = true;
  /** The local attempt that is under way. */
  private localAttempt: Promise<unknown> | undefined;

  constructor(private readonly exchanges: readonly Exchange[]) {
    this.notes = new SagaNotes(exchanges);
  }

  /** Whether the run settles one exchange, so that an operator can steer it. */
  get alone(): boolean {
    return this.exchanges.length === 1;
  }

  /**
   * Makes a step until it answers. A local attempt that fails says nothing: the step is then dispatched, which is where
   * it is seen, tried again and known to be stuck.
   * @param says in words what the step does
   * @param toldOf the types of failures that the caller wants to be told of instead
   * @throws ActivityFailure of one of these types, and CancelledFailure
   */
  async make<E, O extends { id: string }>(step: Step<E, O>, says: string, elements: readonly E[], toldOf: string[]): Promise<Answers<O>> {
    const doing = { says };
    this.under.add(doing);
    this.describe();
    try {
      const answers = this.localFirst ? await this.tryLocally(step, says, elements) : undefined;
      if (answers !== undefined) return answers;
      return await step.run({ summary: says, retry: { ...untilAnswered.retry, nonRetryableErrorTypes: [stuckError, ...toldOf] } }, elements);
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.type !== stuckError) throw error;
      const stand: Stand = { step: step.name, undo: step.undo, says, since: new Date(), why: failure.message, retry: undefined };
      return await this.standAt(stand, (retry) => step.run({ summary: says, retry: { ...retry, nonRetryableErrorTypes: toldOf } }, elements), toldOf);
    } finally {
      this.under.delete(doing);
      this.describe();
    }
  }

  /** Says whether the run goes back from now on. */
  turn(backwards: boolean): void {
    this.backwards = backwards;
    this.show();
  }

  /** The run goes on to its end without the steps that it stands at. */
  goOnWithout(): void {
    this.stands.clear();
    this.turn(false);
  }

  /** Exchanges have left the run. */
  left(ids: readonly string[]): void {
    this.notes.leave(ids);
  }

  /** Has the end of the run told, also where the run has told nothing before. */
  tellEnd(): void {
    this.endIsTold = true;
  }

  /** An operator's act was let in. It makes the operator the owner of a saga that is parked. */
  asked(name: OperatorActName, { operator, reason }: OperatorAct): void {
    this.owner = operator;
    this.note({ operator, reason, name, answer: null }, `${operator} asks to ${name}`);
  }

  /** An operator's act was answered. */
  answered(name: OperatorActName, { operator, reason }: OperatorAct, answer: { code: string; detail: string }): void {
    this.note({ operator, reason, name, answer }, `${operator} is answered ${answer.code}`);
  }

  /** Has the step that the run stands at tried now. @returns its name; undefined where the run stands at none, or tries it already */
  async retry(): Promise<string | undefined> {
    const stand = [...this.stands].find(({ retry }) => retry !== undefined);
    await stand?.retry?.();
    return stand?.step;
  }

  /**
   * Waits for running update handlers. Then it records that the run has ended, if the run has recorded anything before, and
   * waits until all notes are delivered, which can take as long as an outage. An update that arrives meanwhile is answered,
   * and the end is recorded again after it.
   */
  async ended(): Promise<void> {
    const mustTellEnd = this.endIsTold || this.notes.count > 0;
    let lastTold = mustTellEnd ? -1 : 0;
    while (true) {
      await condition(allHandlersFinished);
      setCurrentDetails('');
      if (lastTold === this.notes.count) return;
      this.notes.tell({ state: 'ended', stands: null, owner: this.owner, act: null }, 'the saga has ended');
      lastTold = this.notes.count;
      await this.notes.told();
    }
  }

  /**
   * Makes one local attempt, after the one that is under way. On replay Temporal resolves several local activities in one
   * activation. Their continuations would then run in another order than they did live, and the replay would fail.
   * @returns undefined if the step is to be dispatched: it has no local attempt, one has failed in this run, or the run is
   *   older than `localForMs`
   */
  private async tryLocally<E, O extends { id: string }>(step: Step<E, O>, says: string, elements: readonly E[]): Promise<Answers<O> | undefined> {
    if (step.runLocally === undefined) return undefined;
    while (this.localAttempt !== undefined) await this.localAttempt.catch(() => undefined);
    if (!this.localFirst || Date.now() > this.localUntil) return undefined;
    const attempt = step.runLocally(says, elements, elements.length === this.exchanges.length);
    this.localAttempt = attempt;
    try {
      return await attempt;
    } catch (error) {
      if (failureOf(error) === undefined) throw error;
      // Also where it was cancelled: a worker that ends may do that. In a run that was cancelled itself nothing can be dispatched either.
      this.localFirst = false;
      return undefined;
    } finally {
      this.localAttempt = undefined;
    }
  }

  private async standAt<O>(stand: Stand, run: (retry: object) => Promise<O>, toldOf: string[]): Promise<O> {
    this.stands.add(stand);
    this.show();
    let waiter: { resolve: () => void; reject: (error: Error) => void } | undefined;
    try {
      for (;;) {
        const trying = new CancellationScope();
        let ask: () => void = () => undefined;
        const asked = new Promise<undefined>((resolve) => (ask = () => resolve(undefined)));
        stand.retry = () =>
          new Promise<void>((resolve, reject) => {
            waiter = { resolve, reject };
            stand.retry = undefined;
            ask();
          });
        const answers = await Promise.race([trying.run(() => run(this.alone ? patience.alone : patience.convoy)).then((given) => ({ given })), asked]);
        if (answers !== undefined) return answers.given;
        trying.cancel();
        try {
          return await run({ maximumAttempts: 1 });
        } catch (error) {
          const failure = failureOf(error);
          if (failure === undefined || isCancellation(error) || toldOf.includes(failure.type)) throw error;
          stand.why = failure.message;
          waiter?.reject(new StepFailedAgain(failure.message));
          waiter = undefined;
          this.describe();
        }
      }
    } catch (error) {
      waiter?.reject(new StandsNoMore(stand.step));
      waiter = undefined;
      throw error;
    } finally {
      waiter?.resolve();
      this.stands.delete(stand);
      this.show();
    }
  }

  /** Shows how the run fares where that is not what is shown, in the Temporal UI and to others. */
  private show(): void {
    this.describe();
    const state = this.state();
    const [first] = this.stands;
    const showing = first === undefined ? state : `${state} at ${first.step}`;
    if (showing === this.shown) return;
    this.shown = showing;
    upsertSearchAttributes([
      { key: stateKey, value: state },
      { key: stepKey, value: first?.step ?? null },
      { key: sinceKey, value: first?.since ?? null },
    ]);
    this.note(null, `the saga is ${showing}`);
    this.notes.mark(state === 'stuck' || state === 'parked');
  }

  private note(act: (OperatorAct & { name: OperatorActName; answer: { code: string; detail: string } | null }) | null, says: string): void {
    const [first] = this.stands;
    const stands = first === undefined ? null : { step: first.step, says: first.says, since: first.since.toISOString(), why: first.why };
    this.notes.tell({ state: this.state(), stands, owner: this.owner, act }, says);
  }

  private state(): SagaState {
    const stands = [...this.stands];
    if (stands.some(({ undo }) => undo)) return 'parked';
    if (stands.length > 0) return 'stuck';
    return this.backwards ? 'compensating' : 'running';
  }

  private describe(): void {
    setCurrentDetails(detailsOf([...this.under].map(({ says }) => says), [...this.stands], { alone: this.alone, legs: this.exchanges.every(({ legs }) => legs.length > 0) }));
  }
}
