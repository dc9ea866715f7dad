import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Client } from '@temporalio/client';
import { CONFIG, type Config } from '../config.js';
import { SearchAttributes } from './search-attributes.js';
import { ensureSweepSchedule } from './sweep-schedule.js';

/** How often Temporal is asked whether all is there, which are two small questions. */
const lookEveryMs = 5_000;

/** When it is asked again where it did not answer. */
const againMs = 1_000;

const callTimeoutMs = 5_000;

/**
 * Has Temporal know what the sagas need of it: the search attributes and the sweep's schedule. A server may lose both
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

  /** Resolves when all is there, or when the process is to end before. It throws nothing: what fails is logged and tried again. */
  async once(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && !(await this.look(stop))) await paused(againMs, stop);
  }

  /** Looks after all of it until the process is to end. It throws nothing. */
  async keep(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) await paused((await this.look(stop)) ? lookEveryMs : againMs, stop);
  }

  /** @returns whether all is there; also where the process is to end before that is known, which nobody waits for */
  private look(stop: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const over = (): void => resolve(true);
      stop.addEventListener('abort', over, { once: true });
      void this.ensure(stop).then(resolve).finally(() => stop.removeEventListener('abort', over));
    });
  }

  private async ensure(stop: AbortSignal): Promise<boolean> {
    try {
      this.attributes.doubt();
      await this.attributes.register();
      const care = await this.client.withDeadline(Date.now() + callTimeoutMs, () => ensureSweepSchedule(this.client, this.config));
      if (care !== 'as-it-should-be') this.log.log(`the schedule of the sweep was ${care === 'made' ? 'missing, and is made' : 'another, and is brought up to date'}`);
      if (this.failing) this.log.log('Temporal can be asked again for the search attributes and the schedule of the sweep');
      this.failing = false;
      return true;
    } catch (error) {
      if (!this.failing && !stop.aborted) this.log.warn(`Temporal cannot be asked for the search attributes and the schedule of the sweep; trying again: ${error instanceof Error ? error.message : String(error)}`);
      this.failing = true;
      return false;
    }
  }
}

/** Waits, but not longer than the process goes on. */
function paused(ms: number, stop: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal: stop }).catch(() => undefined);
}
