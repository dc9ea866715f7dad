import { Injectable, Logger } from '@nestjs/common';
import { Client, WorkflowNotFoundError, isGrpcServiceError } from '@temporalio/client';
import { Draining } from '../process/draining.js';
import { stepsOf } from './saga-history.rules.js';
import type { SagaEvent, StepsRead } from './sagas.types.js';
import { messageOf } from '../errors.js';
import { deadlineIn } from '../temporal/deadline.js';

/** How long Temporal may take to tell all of it. What it cannot tell in time is left out, and that is said. */
const deadlineMs = 2_000;

/** How many runs of one saga are read. */
const maxRuns = 8;

/** What gRPC says where there is no such run. */
const notFound = 5;

/** A run by its workflow; without a run id, its last. */
export interface RunName {
  workflowId: string;
  runId?: string;
}

interface Run {
  runId: string;
  events: SagaEvent[];
  /** The convoy that the exchange has left for this run. */
  leftFrom: string | undefined;
}

/** Reads in Temporal how the steps of a saga went. */
@Injectable()
export class SagaRuns {
  private readonly log = new Logger(SagaRuns.name);

  constructor(
    private readonly client: Client,
    private readonly draining: Draining,
  ) {}

  /** The steps of all runs that worked on an exchange, as far as Temporal tells of them now. */
  async steps(exchange: string, runs: readonly RunName[]): Promise<{ read: StepsRead; events: SagaEvent[] }> {
    try {
      const found = await this.draining.within(this.all(exchange, runs, deadlineIn(deadlineMs)), deadlineMs);
      if (found === undefined) return { read: 'unavailable', events: [] };
      return { read: found.length > 0 ? 'read' : 'forgotten', events: found.flatMap(({ events }) => events) };
    } catch (error) {
      this.log.warn(`The steps of ${exchange} could not be read: ${messageOf(error)}`);
      return { read: 'unavailable', events: [] };
    }
  }

  /** The runs that are named, and those that the exchange has left for them. */
  private async all(exchange: string, runs: readonly RunName[], deadline: number): Promise<Run[]> {
    const found = new Map<string, Run>();
    const asked = new Set<string>();
    for (let wanted = runs; wanted.length > 0 && found.size < maxRuns;) {
      const some = await Promise.all(wanted.slice(0, maxRuns).map((run) => this.run(exchange, run, deadline)));
      for (const { workflowId } of wanted) asked.add(workflowId);
      for (const run of some) if (run !== undefined) found.set(run.runId, run);
      wanted = some.flatMap((run) =>
        run?.leftFrom === undefined || asked.has(run.leftFrom) ? [] : [{ workflowId: run.leftFrom }],
      );
    }
    return [...found.values()];
  }

  /** @returns undefined where Temporal has no such run */
  private async run(exchange: string, { workflowId, runId }: RunName, deadline: number): Promise<Run | undefined> {
    try {
      return await this.client.withDeadline(deadline, () => this.read(exchange, workflowId, runId));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && Number(error.code) === notFound))
        return undefined;
      throw error;
    }
  }

  private async read(exchange: string, workflowId: string, wanted: string | undefined): Promise<Run> {
    const { runId, memo, raw } = await this.client.workflow.getHandle(workflowId, wanted).describe();
    const { events } = await this.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const steps = stepsOf(exchange, events ?? [], raw.pendingActivities ?? []);
    const leftFrom = memo?.['leftFrom'];
    return {
      runId,
      events: steps.map(({ at, ...step }) => ({ at: new Date(at), event: 'step', workflowId, ...step })),
      leftFrom: typeof leftFrom === 'string' ? leftFrom : undefined,
    };
  }
}
