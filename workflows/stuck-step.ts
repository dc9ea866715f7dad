import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { failureOf } from './steps.js';

/** What `retry` has failed with: the step's own failure, or that its run waits for it no more. */
export class StepFailedAgain extends Error {}
export class NoLongerStuck extends Error {}

/** Where a run is stuck, as the run shows it. */
export interface StuckAt {
  step: string;
  undo: boolean;
  /** What the step does, in words. */
  description: string;
  /** When the run was told. The step has failed for longer. */
  since: Date;
  /** What it last failed with, as far as the run knows. */
  why: string;
}

/** A step at which its run is stuck. It is tried until it answers, and an operator can have it tried at once. */
export class StuckStep implements StuckAt {
  readonly step: string;
  readonly undo: boolean;
  readonly description: string;
  readonly since = new Date();
  why: string;
  /** The operator's `retry` that waits for the next attempt. */
  private pendingRetry: { resolve: () => void; reject: (error: Error) => void } | undefined;
  private endAttempts: () => void = () => undefined;

  /** @param isParked says whether an operator has parked the run; an undo step is made all the same */
  constructor(
    { step, undo, description, why }: Omit<StuckAt, 'since'>,
    private readonly isParked: () => boolean,
  ) {
    this.step = step;
    this.undo = undo;
    this.description = description;
    this.why = why;
  }

  /** Whether an operator can have it tried now. It is not while one has, and not while its run is parked. */
  get canBeRetried(): boolean {
    return this.pendingRetry === undefined && !this.isPaused();
  }

  /**
   * Has the step tried now.
   * @returns when it has answered
   * @throws StepFailedAgain with what it has failed with; NoLongerStuck where its run waits for it no more
   */
  retryNow(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pendingRetry = { resolve, reject };
      this.endAttempts();
    });
  }

  /** Gives up the attempts that are due, because an operator has parked the run. */
  park(): void {
    if (!this.isPaused()) return;
    this.settleRetry((retry) => retry.reject(new NoLongerStuck(this.step)));
    this.endAttempts();
  }

  /**
   * Makes the step until it answers.
   * @param make `repeatedly` until it answers, and `once` where an operator has asked for it
   * @param toThrow the types of failures that are for the caller
   * @param failed is called after an attempt that an operator has asked for
   */
  async untilAnswered<T>(
    make: { repeatedly(): Promise<T>; once(): Promise<T> },
    toThrow: readonly string[],
    failed: () => void,
  ): Promise<T> {
    try {
      while (true) {
        if (this.isPaused()) await condition(() => !this.isPaused());
        const answered = this.pendingRetry === undefined ? await this.unlessEnded(make.repeatedly) : undefined;
        if (answered !== undefined) return answered.answer;
        if (this.isPaused()) continue;
        try {
          return await make.once();
        } catch (error) {
          const failure = failureOf(error);
          if (failure === undefined || isCancellation(error) || toThrow.includes(failure.type)) throw error;
          this.why = failure.message;
          this.settleRetry((retry) => retry.reject(new StepFailedAgain(failure.message)));
          failed();
        }
      }
    } catch (error) {
      this.settleRetry((retry) => retry.reject(new NoLongerStuck(this.step)));
      throw error;
    } finally {
      this.settleRetry((retry) => retry.resolve());
    }
  }

  private isPaused(): boolean {
    return this.isParked() && !this.undo;
  }

  /**
   * @returns undefined where the attempts were given up, because an operator has asked for one or has parked the run
   */
  private async unlessEnded<T>(run: () => Promise<T>): Promise<{ answer: T } | undefined> {
    const trying = new CancellationScope();
    const ended = new Promise<undefined>((resolve) => (this.endAttempts = () => resolve(undefined)));
    const answered = await Promise.race([trying.run(run).then((answer) => ({ answer })), ended]);
    if (answered === undefined) trying.cancel();
    return answered;
  }

  private settleRetry(how: (retry: { resolve: () => void; reject: (error: Error) => void }) => void): void {
    const { pendingRetry } = this;
    this.pendingRetry = undefined;
    if (pendingRetry !== undefined) how(pendingRetry);
  }
}
