import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Client, ScheduleNotFoundError, ServiceError, isGrpcServiceError } from '@temporalio/client';
import { CONFIG, type Config } from '../process/config.js';
import { Degradations } from '../process/health.js';
import { areKnown, knownAttributes } from './attribute-types.js';
import { deadlineIn } from './deadline.js';
import { Pollers } from './pollers.js';
import { sagaSchedulesOf } from './schedules.js';

const [notFound, permissionDenied] = [5, 7];

/** How long Temporal may take to answer. It is less than readiness waits for a part. */
const callTimeoutMs = 1_500;

/** For how long one look serves all who ask. */
const servesMs = 1_000;

/** Why a part does not work, by its name in readiness. */
type Faults = Partial<Record<'temporal' | 'search-attributes' | 'saga-workers' | 'schedules', string>>;

/**
 * Tells readiness whether a deal that is accepted now would settle: whether Temporal answers and has the namespace, the
 * search attributes and the schedules, and whether workers poll it. Where Temporal is away, nothing else is known. The
 * reasons have no address and nobody's words in them, because anybody may ask for them.
 */
@Injectable()
export class TemporalHealth implements OnModuleInit {
  private readonly pollers: Pollers;
  private look: Promise<Faults> | undefined;
  private lookedAt = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly client: Client,
    private readonly degradations: Degradations,
  ) {
    this.pollers = new Pollers(client, config.TEMPORAL_NAMESPACE);
  }

  onModuleInit(): void {
    for (const part of ['temporal', 'search-attributes', 'saga-workers', 'schedules'] as const)
      this.degradations.add(part, async () => (await this.faults())[part]);
  }

  private faults(): Promise<Faults> {
    if (this.look === undefined || performance.now() - this.lookedAt > servesMs) {
      this.lookedAt = performance.now();
      this.look = this.lookNow();
    }
    return this.look;
  }

  private async lookNow(): Promise<Faults> {
    const [temporal, attributes, workers, schedules] = await Promise.all([
      this.call(() => this.namespaceFault()).catch(() => 'Temporal does not answer at TEMPORAL_ADDRESS.'),
      this.known('search attributes', () => this.attributesFault()),
      this.known('workers', () => this.workersFault()),
      this.known('schedules', () => this.schedulesFault()),
    ]);
    if (temporal !== undefined) return { temporal };
    return {
      ...(attributes !== undefined && { 'search-attributes': attributes }),
      ...(workers !== undefined && { 'saga-workers': workers }),
      ...(schedules !== undefined && { schedules }),
    };
  }

  private async namespaceFault(): Promise<string | undefined> {
    const { TEMPORAL_NAMESPACE: namespace } = this.config;
    try {
      await this.client.workflowService.describeNamespace({ namespace });
      return undefined;
    } catch (error) {
      if (codeOf(error) === notFound)
        return `Temporal has no namespace ${namespace}: make it, or set TEMPORAL_NAMESPACE to one that is there.`;
      // That it may not be described says that there is one.
      if (codeOf(error) === permissionDenied) return undefined;
      throw error;
    }
  }

  private async attributesFault(): Promise<string | undefined> {
    const { TEMPORAL_NAMESPACE: namespace } = this.config;
    const known = await knownAttributes(this.client, namespace);
    if (known === undefined)
      return (await areKnown(this.client, namespace))
        ? undefined
        : `The namespace ${namespace} does not know all search attributes of Veltrix: have them made as the docs say.`;
    const [missing] = Object.keys(known.missing);
    return (
      known.wrong ??
      (missing && `The namespace ${namespace} has no search attribute ${missing} yet: a worker makes it.`)
    );
  }

  private async workersFault(): Promise<string | undefined> {
    const { TASK_QUEUE: name, TEMPORAL_NAMESPACE: namespace } = this.config;
    if (await this.pollers.isPolled(name)) return undefined;
    return `No worker polls the task queue ${name} of the namespace ${namespace}.`;
  }

  private async schedulesFault(): Promise<string | undefined> {
    const faults = await Promise.all(sagaSchedulesOf(this.config).map(({ id }) => this.scheduleFault(id)));
    return faults.find((fault) => fault !== undefined);
  }

  private async scheduleFault(id: string): Promise<string | undefined> {
    try {
      const { state } = await this.client.schedule.getHandle(id).describe();
      return state.paused ? `The schedule ${id} is paused: unpause it in Temporal.` : undefined;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return `The schedule ${id} is missing: a worker makes it.`;
      throw error;
    }
  }

  private known(what: string, ask: () => Promise<string | undefined>): Promise<string | undefined> {
    return this.call(ask).catch(() => `Temporal cannot be asked for its ${what}.`);
  }

  private call<T>(make: () => Promise<T>): Promise<T> {
    return this.client.withDeadline(deadlineIn(callTimeoutMs), make);
  }
}

function codeOf(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? Number(cause.code) : undefined;
}
