import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  Client,
  WorkflowIdConflictPolicy,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  type WorkflowHandleWithFirstExecutionRunId,
  type WorkflowStartOptions,
} from '@temporalio/client';
import type { Answers, ClosedDeal } from '../../contracts/answers.js';
import { exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';
import { exchangeSagaWorkflow } from '../../contracts/sagas.js';
import { CONFIG, type Config } from '../process/config.js';
import { crashPoint } from '../process/crash-point.js';
import { Draining } from '../process/draining.js';
import { deadlineIn } from '../temporal/deadline.js';
import { SearchAttributes, attributesOf } from '../temporal/search-attributes.js';
import { TemporalConnection } from '../temporal/temporal.module.js';
import { DEAL_BOOKS, type DealBook } from './deals.js';
import { messageOf } from '../errors.js';
import { RunResults } from './run-results.js';

/** How long a start may take. An accepted exchange whose start fails is the sweep's. */
const startTimeoutMs = 5_000;

/** How many calls to Temporal are made at once, to start workflows or to ask after them. */
export const callsAtOnce = 10;

type StartOptions = WorkflowStartOptions<(exchanges: readonly Exchange[]) => Promise<unknown>> & {
  workflowIdConflictPolicy: WorkflowIdConflictPolicy;
};

/** Starts the runs that settle exchanges, and waits for their ends. */
@Injectable()
export class ExchangeStarter {
  private readonly log = new Logger(ExchangeStarter.name);
  private readonly results = new RunResults((workflowId, runId, stop) =>
    this.client.withAbortSignal(stop, () => this.client.workflow.getHandle(workflowId, runId).result()),
  );

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DEAL_BOOKS) private readonly books: readonly DealBook[],
    private readonly client: Client,
    private readonly temporal: TemporalConnection,
    private readonly attributes: SearchAttributes,
    private readonly draining: Draining,
  ) {}

  /**
   * Records a run on the rows of its deals, which comes before its start.
   * @throws what PostgreSQL throws
   */
  async recordStart(exchanges: readonly Exchange[], workflowId: string): Promise<void> {
    for (const [book, ids] of this.byBook(exchanges)) await book.recordStart(ids, workflowId);
    await crashPoint('start:noted', exchanges);
  }

  /**
   * Starts a run. Where a lone exchange runs already, the running one is used. A convoy of the same name that runs
   * already may be of another list, and what it says must not be taken for what became of this one.
   * @param leftFrom the workflow that a lone exchange has left
   * @returns the run id, by which `ended` answers for this list and no other
   * @throws what Temporal throws; the sweep then starts the exchanges later
   */
  async start(exchanges: readonly Exchange[], workflowId: string, leftFrom?: string): Promise<string> {
    const start = (): Promise<WorkflowHandleWithFirstExecutionRunId> =>
      this.client.workflow.start(exchangeSagaWorkflow, this.startOptions(exchanges, workflowId, leftFrom));
    // The process ends when the failure is recorded too.
    return this.temporal.finish(async () => {
      try {
        await this.attributes.register();
        const { firstExecutionRunId } = await this.client.withDeadline(deadlineIn(startTimeoutMs), start);
        await crashPoint('start:started', exchanges);
        return firstExecutionRunId;
      } catch (error) {
        this.attributes.doubt();
        // Whoever has taken the name may have these exchanges on board.
        if (!(error instanceof WorkflowExecutionAlreadyStartedError))
          await this.recordFailedStart(exchanges, workflowId);
        throw error;
      }
    });
  }

  /**
   * Has the deals of a run count as not started. Where that fails they count as started, which is for metrics alone.
   */
  private async recordFailedStart(exchanges: readonly Exchange[], workflowId: string): Promise<void> {
    for (const [book, ids] of this.byBook(exchanges))
      await book
        .recordFailedStart(ids, workflowId)
        .catch((error: unknown) =>
          this.log.warn(`${workflowId} could not be started, and its rows say that it was: ${messageOf(error)}`),
        );
  }

  private byBook(exchanges: readonly Exchange[]): [DealBook, string[]][] {
    return this.books
      .map((book): [DealBook, string[]] => [
        book,
        exchanges.filter(({ kind }) => kind === book.kind).map(({ id }) => id),
      ])
      .filter(([, ids]) => ids.length > 0);
  }

  /** How a run is started, for whoever starts it together with an update. */
  startOptions(exchanges: readonly Exchange[], workflowId: string, leftFrom?: string): StartOptions {
    return {
      workflowId,
      taskQueue: this.config.TASK_QUEUE,
      args: [exchanges],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy:
        exchanges.length === 1 ? WorkflowIdConflictPolicy.USE_EXISTING : WorkflowIdConflictPolicy.FAIL,
      staticSummary: summaryOf(exchanges),
      typedSearchAttributes: attributesOf(exchanges),
      ...(leftFrom !== undefined && { memo: { leftFrom } }),
    };
  }

  /**
   * Starts a run for each exchange by itself. One whose row cannot be written now is started all the same: what is
   * wrong with it is for its own run to show, and the sweep records it later.
   * @param leftFrom the workflow that they have left
   * @throws what Temporal throws, after all of them were tried
   */
  async startAlone(exchanges: readonly Exchange[], leftFrom?: string): Promise<void> {
    const failures: unknown[] = [];
    for (const some of inBatches(exchanges, callsAtOnce)) {
      const started = await Promise.allSettled(
        some.map(async (exchange) => {
          const workflowId = exchangeWorkflowId(exchange);
          await this.recordStart([exchange], workflowId).catch((error: unknown) =>
            this.log.warn(`${exchange.id} goes on as ${workflowId}, which could not be recorded: ${messageOf(error)}`),
          );
          await this.start([exchange], workflowId, leftFrom);
        }),
      );
      for (const one of started) if (one.status === 'rejected') failures.push(one.reason);
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Waits until a run has ended, or until the time is over, or until it shows that Temporal does not answer, or until
   * the process begins to end.
   * @param runId one run of the workflow; without it, its last
   * @returns what the rows of its deals say; undefined where the run has not said so
   */
  async ended(workflowId: string, waitMs: number, runId?: string): Promise<Answers<ClosedDeal> | undefined> {
    try {
      return await this.results.of(
        workflowId,
        runId,
        (result) => this.draining.within(result, waitMs) as Promise<Answers<ClosedDeal> | undefined>,
      );
    } catch (error) {
      this.log.debug(`${workflowId} could not be awaited: ${messageOf(error)}`);
      return undefined;
    }
  }
}

/** A list in parts of one size; the last may be smaller. */
export function inBatches<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, batch) =>
    list.slice(batch * size, (batch + 1) * size),
  );
}

/** One line for the Temporal UI. */
function summaryOf(exchanges: readonly Exchange[]): string {
  const [first] = exchanges;
  const legs = exchanges.reduce((sum, exchange) => sum + exchange.legs.length, 0);
  const items = exchanges.reduce((sum, { moves, mints = [] }) => sum + moves.length + mints.length, 0);
  const whose =
    exchanges.length === 1 && first !== undefined
      ? `${first.kind} of title ${first.title}`
      : `${exchanges.length} exchanges`;
  return `${whose}: ${counted(legs, 'leg')}, ${counted(items, 'item')}`;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
