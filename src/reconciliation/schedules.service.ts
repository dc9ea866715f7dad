import { Inject, Injectable } from '@nestjs/common';
import { Client, ScheduleNotFoundError, ScheduleOverlapPolicy, type ScheduleDescription } from '@temporalio/client';
import {
  reconciliationScheduleId,
  reconciliationSchedules,
  type ReconciliationScheduleName,
} from '../../contracts/reconciliation.js';
import { VeltrixError } from '../errors.js';
import { CONFIG, type Config } from '../process/config.js';
import { isAway } from '../temporal/away.js';
import { deadlineIn } from '../temporal/deadline.js';

/** Temporal itself asks a worker of its own about a schedule, and waits for five seconds before it asks another one. */
const callTimeoutMs = 12_000;

/** A schedule as it is shown. */
export interface ShownSchedule {
  name: ReconciliationScheduleName;
  description: ScheduleDescription;
}

/** The schedules of reconciliation, as Temporal has them. The worker makes them and looks after them. */
@Injectable()
export class ReconciliationSchedules {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly client: Client,
  ) {}

  /**
   * All of them, those that the worker has not made yet excepted.
   * @throws VeltrixError `unavailable` where Temporal is away
   */
  async all(): Promise<ShownSchedule[]> {
    const names = Object.keys(reconciliationSchedules) as ReconciliationScheduleName[];
    const found = await Promise.all(names.map((name) => this.one(name).catch(missing)));
    return found.filter((one) => one !== undefined);
  }

  /**
   * Has a schedule start nothing, or start again, or start one run now.
   * @throws VeltrixError `not-found` where it is not made yet, `unavailable` where Temporal is away
   */
  async act(name: ReconciliationScheduleName, act: 'pause' | 'resume' | 'run', note: string): Promise<ShownSchedule> {
    try {
      const handle = this.client.schedule.getHandle(reconciliationScheduleId(name, this.config.TASK_QUEUE));
      await this.call(() => {
        if (act === 'pause') return handle.pause(note);
        return act === 'resume' ? handle.unpause(note) : handle.trigger(ScheduleOverlapPolicy.SKIP);
      });
      return await this.one(name);
    } catch (error) {
      missing(error);
      throw new VeltrixError('not-found', `The schedule ${name} is not made yet: the worker does that.`);
    }
  }

  private async one(name: ReconciliationScheduleName): Promise<ShownSchedule> {
    const handle = this.client.schedule.getHandle(reconciliationScheduleId(name, this.config.TASK_QUEUE));
    return { name, description: await this.call(() => handle.describe()) };
  }

  private async call<T>(make: () => Promise<T>): Promise<T> {
    try {
      return await this.client.withDeadline(deadlineIn(callTimeoutMs), make);
    } catch (error) {
      if (isAway(error))
        throw new VeltrixError('unavailable', 'Temporal cannot be reached. Nothing was done; send it again.');
      throw error;
    }
  }
}

/** Takes the error of a schedule that is not there for nothing. @throws every other error */
function missing(error: unknown): undefined {
  if (error instanceof ScheduleNotFoundError) return undefined;
  throw error;
}
