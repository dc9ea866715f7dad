import { Inject, Injectable, Logger } from '@nestjs/common';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Exchange } from '../../contracts/nouns.js';
import { CONFIG, type Config } from '../process/config.js';
import { isAway } from '../temporal/away.js';
import { ConvoyDispatcher } from './convoy-dispatcher.js';
import { DEAL_BOOKS, type DealBook } from './deals.js';
import { ExchangeStarter, callsAtOnce, inBatches } from './exchange-starter.service.js';
import { Sending } from './sending.js';
import { deadlineIn } from '../temporal/deadline.js';
import { Pollers } from '../temporal/pollers.js';

/** How many open deals of each sort are looked at together. */
const maxAtOnce = 1_024;

/** How long a sweep goes on where there is more to do. The next one, a moment later, goes on from there. */
export const maxSweepMs = 20_000;

/** How long Temporal may take to say how a run is. */
const describeTimeoutMs = 5_000;

/** What is known of the run that a row names: `unknown` is what Temporal has no run of. */
type WorkflowState = 'running' | 'ended' | 'unknown';

/** Starts every open exchange that nothing works on: never started, terminated, timed out or lost alike. */
@Injectable()
export class SweepService {
  private readonly log = new Logger(SweepService.name);
  private readonly sending: Sending;
  private readonly pollers: Pollers;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DEAL_BOOKS) private readonly books: readonly DealBook[],
    private readonly client: Client,
    starter: ExchangeStarter,
    dispatcher: ConvoyDispatcher,
  ) {
    this.sending = new Sending(starter, dispatcher);
    this.pollers = new Pollers(client, config.TEMPORAL_NAMESPACE);
  }

  /**
   * One sweep. Sweeps may overlap with each other and with the API's own starts, since any number of runs of an
   * exchange come to one end.
   * @returns how many exchanges it sent on their way
   * @throws the first that PostgreSQL or Temporal threw, after everything else was tried; it is the next sweep's
   */
  async run(): Promise<number> {
    const until = performance.now() + maxSweepMs;
    const failures: unknown[] = [];
    let sent = 0;
    for (const book of this.books) {
      const pages = [
        () => this.sendForgotten(book, failures),
        () => this.sendDue(book, failures),
        () => this.sendOrphans(book, failures, until),
      ];
      for (const page of pages) {
        try {
          for (let full = true; full && performance.now() < until;) {
            const { looked, sent: some } = await page();
            sent += some;
            full = looked === maxAtOnce && some > 0;
          }
        } catch (error) {
          failures.push(error);
        }
      }
    }
    if (sent > 0) this.log.log(`sent ${sent} exchanges on their way that nothing was working on`);
    if (failures.length > 0) throw failures[0];
    return sent;
  }

  private async sendForgotten(book: DealBook, failures: unknown[]): Promise<{ looked: number; sent: number }> {
    const { looked, found } = await book.withoutRun(this.config.SWEEP_AFTER_SECONDS, maxAtOnce);
    return { looked, sent: await this.sending.together(found, failures) };
  }

  /** What has waited goes together: its run has ended as it should, and no other is there. */
  private async sendDue(book: DealBook, failures: unknown[]): Promise<{ looked: number; sent: number }> {
    const { looked, found } = await book.dueAgain(maxAtOnce);
    return { looked, sent: await this.sending.together(found, failures) };
  }

  /**
   * What Temporal knows nothing of goes together: it was never started, or Temporal has lost its state. What has ended
   * without closing its deal goes alone, because it may be what has ended its convoy. What Temporal does not tell of
   * now is left to a later sweep.
   */
  private async sendOrphans(
    book: DealBook,
    failures: unknown[],
    until: number,
  ): Promise<{ looked: number; sent: number }> {
    const { looked, found } = await book.stillOpen(this.config.SWEEP_AFTER_SECONDS, maxAtOnce);
    const states = await this.statesOf(new Set(found.map(({ workflowId }) => workflowId)), failures, until);
    const inState = (state: WorkflowState): Exchange[] =>
      found.filter(({ workflowId }) => states.get(workflowId) === state).map(({ exchange }) => exchange);
    const together = await this.sending.together(inState('unknown'), failures);
    const alone = await this.sending.alone(inState('ended'), failures);
    return { looked, sent: together + alone };
  }

  /**
   * How runs are. One that Temporal fails to tell of is left out, and keeps none of the others. Where ten calls in a
   * row find Temporal away, the rest of the page is left to a later sweep.
   */
  private async statesOf(
    workflowIds: ReadonlySet<string>,
    failures: unknown[],
    until: number,
  ): Promise<Map<string, WorkflowState>> {
    const states = new Map<string, WorkflowState>();
    for (const some of inBatches([...workflowIds], callsAtOnce)) {
      const told = await Promise.allSettled(some.map(async (id) => states.set(id, await this.stateOf(id))));
      const reasons = told.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      failures.push(...reasons);
      if ((reasons.length === some.length && reasons.every(isAway)) || performance.now() > until) break;
    }
    return states;
  }

  /**
   * How one run is. A run on a task queue of earlier settings, which nobody polls any more, would run for ever, and is
   * terminated: what it has done is kept, and another run goes on from there.
   * @throws what Temporal throws, unless that is that it has no such run
   */
  private async stateOf(workflowId: string): Promise<WorkflowState> {
    const { client, config } = this;
    const ask = <T>(make: () => Promise<T>): Promise<T> => client.withDeadline(deadlineIn(describeTimeoutMs), make);
    try {
      const handle = client.workflow.getHandle(workflowId);
      const { status, taskQueue } = await ask(() => handle.describe());
      if (status.name !== 'RUNNING') return 'ended';
      if (taskQueue === config.TASK_QUEUE) return 'running';
      if (await ask(() => this.pollers.isPolled(taskQueue))) return 'running';
      await ask(() => handle.terminate(`No worker polls its task queue ${taskQueue}.`));
      this.log.warn(`${workflowId} was on the task queue ${taskQueue}, which no worker polls, and is started again`);
      return 'ended';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'unknown';
      throw error;
    }
  }
}
