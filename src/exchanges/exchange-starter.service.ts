import { Inject, Injectable, Logger } from '@nestjs/common';
import { Client, isGrpcCancelledError, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import { exchangeWorkflowId, settleExchangesWorkflow, type Exchange } from '../../workflows/contracts.js';
import { CONFIG, type Config } from '../config.js';
import { crashPoint } from '../crash-point.js';
import { TemporalConnection } from '../temporal/temporal.module.js';
import type { Deals } from './deals.js';

/** How long a start may take. An accepted exchange whose start fails is the sweep's. */
const startTimeoutMs = 5_000;

/** Starts the saga of an exchange. */
@Injectable()
export class ExchangeStarter {
  private readonly log = new Logger(ExchangeStarter.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly client: Client,
    private readonly temporal: TemporalConnection,
  ) {}

  /**
   * Notes the workflow on the deal's row and starts it. Where it runs already, the running one is used; starting
   * one whose deal is closed changes nothing.
   * @returns the id of the workflow
   * @throws whatever PostgreSQL or Temporal throw; the sweep then starts it later
   */
  async start(exchange: Exchange, deals: Deals): Promise<string> {
    const workflowId = exchangeWorkflowId(exchange);
    await deals.noteStart([exchange.id], workflowId);
    await crashPoint('start:noted', exchange.id);
    const start = (): Promise<unknown> =>
      this.client.workflow.start(settleExchangesWorkflow, {
        workflowId,
        taskQueue: this.config.TASK_QUEUE,
        args: [[exchange]],
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        staticSummary: `${exchange.kind} of title ${exchange.title}: ${exchange.legs.length} legs, ${exchange.moves.length} items`,
      });
    await this.temporal.call(() => this.client.withDeadline(Date.now() + startTimeoutMs, start));
    await crashPoint('start:started', exchange.id);
    return workflowId;
  }

  /**
   * Waits until the workflow has ended, however it has, or until the time is over, or until it shows that Temporal
   * does not answer. The caller reads the deal's row next, which says the truth in every case.
   * @param stop ends the wait early, as the end of the process does
   */
  async waitForEnd(workflowId: string, waitMs: number, stop: AbortSignal): Promise<void> {
    try {
      const over = AbortSignal.any([AbortSignal.timeout(Math.max(waitMs, 1)), stop]);
      await this.temporal.call(() => this.client.withAbortSignal(over, () => this.client.workflow.getHandle(workflowId).result()));
    } catch (error) {
      if (!isGrpcCancelledError(error)) this.log.debug(`${workflowId} could not be awaited: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
