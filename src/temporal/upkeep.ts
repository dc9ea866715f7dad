import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Client } from '@temporalio/client';
import { CONFIG, type Config } from '../process/config.js';
import { deadlineIn } from './deadline.js';
import { SearchAttributes } from './search-attributes.js';
import { ensureSchedule, schedulesOf, type Schedule } from './schedules.js';
import { messageOf } from '../errors.js';

/** The time between two looks. A look counts runs by the search attributes, and describes the schedule. */
const lookEveryMs = 5_000;

/** When it is asked again where it did not answer. */
const againMs = 1_000;

const callTimeoutMs = 5_000;

/**
 * Has Temporal know what the sagas need of it: the search attributes and the schedules. A server may lose both
 * while the process lives, by the hand of somebody or because it came back with another database.
 */
@Injectable()
export class Upkeep {
  private readonly log = new Logger(Upkeep.name);
  /** Whether the last look has failed, so that an outage is told once. */
  private failing = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly client: Client,
    private readonly attributes: SearchAttributes,
  ) {}

  /**
   * Resolves when the search attributes are known, without which no run can go on, or when the process is to end
   * before. It throws nothing: what fails is logged and tried again.
   */
  async untilRunsCanStart(stop: AbortSignal): Promise<void> {
    const attributes = [(): Promise<void> => this.attributes.lookAgain()];
    while (!stop.aborted && !(await this.look(attributes, stop))) await paused(againMs, stop);
  }

  /** Looks after all of it until the process is to end. It throws nothing. */
  async keep(stop: AbortSignal): Promise<void> {
    // Each by itself: where one cannot be asked for, the others are made all the same.
    const all = [
      (): Promise<void> => this.attributes.lookAgain(),
      ...schedulesOf(this.config).map((schedule) => () => this.lookAt(schedule)),
    ];
    while (!stop.aborted) await paused((await this.look(all, stop)) ? lookEveryMs : againMs, stop);
  }

  /**
   * @returns true if all that was looked at is there, and also if `stop` came first; the look under way is abandoned
   *   then
   */
  private look(looks: readonly (() => Promise<void>)[], stop: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const over = (): void => resolve(true);
      stop.addEventListener('abort', over, { once: true });
      void this.ensure(looks, stop)
        .then(resolve)
        .finally(() => stop.removeEventListener('abort', over));
    });
  }

  private async ensure(looks: readonly (() => Promise<void>)[], stop: AbortSignal): Promise<boolean> {
    const ends = await Promise.allSettled(looks.map((look) => look()));
    const failed = ends.find((one) => one.status === 'rejected');
    if (failed === undefined) {
      if (this.failing) this.log.log('Temporal can be asked again for the search attributes and the schedules');
    } else if (!this.failing && !stop.aborted) {
      const { reason } = failed as { reason: unknown };
      this.log.warn(
        'Temporal cannot be asked for the search attributes and the schedules; ' + `trying again: ${messageOf(reason)}`,
      );
    }
    this.failing = failed !== undefined;
    return failed === undefined;
  }

  private async lookAt(schedule: Schedule): Promise<void> {
    const care = await this.client.withDeadline(deadlineIn(callTimeoutMs), () =>
      ensureSchedule(this.client, this.config, schedule),
    );
    if (care !== 'as-it-should-be')
      this.log.log(
        `the schedule ${schedule.id} was ` +
          (care === 'made' ? 'missing, and is made' : 'another, and is brought up to date'),
      );
  }
}

/** Waits, but not longer than the process goes on. */
function paused(ms: number, stop: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal: stop }).catch(() => undefined);
}
