import { Inject, Injectable, Logger } from '@nestjs/common';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Exchange } from '../../workflows/contracts.js';
import { CONFIG, type Config } from '../config.js';
import { Convoys } from './convoys.js';
import { ALL_DEALS, type Deals } from './deals.js';
import { ExchangeStarter, tens } from './exchange-starter.service.js';

/** How many open deals of each sort are looked at together. */
const mostAtOnce = 1_024;

/** How long a sweep goes on where there is more to do. The next one, a moment later, goes on from there. */
const longestMs = 20_000;

/** What is known of the run that a row names. */
type RunState = 'running' | 'ended' | 'unknown';

/** Starts every open exchange that nothing works on: never started, terminated, timed out or lost alike. */
@Injectable()
export class SweepService {
  private readonly log = new Logger(SweepService.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ALL_DEALS) private readonly allDeals: readonly Deals[],
    private readonly client: Client,
    private readonly starter: ExchangeStarter,
    private readonly convoys: Convoys,
  ) {}

  /**
   * One sweep. Sweeps may overlap with each other and with the API's own starts, since any number of runs of an
   * exchange come to one end.
   * @returns how many exchanges it started
   * @throws what PostgreSQL or Temporal throw; what was not reached is the next sweep's
   */
  async run(): Promise<number> {
    const until = Date.now() + longestMs;
    let started = 0;
    for (const deals of this.allDeals) {
      for (let more = true; more && Date.now() < until; ) {
        const forgotten = await deals.neverStarted(this.config.SWEEP_AFTER_SECONDS, mostAtOnce);
        started += await this.startTogether(forgotten);
        more = forgotten.length === mostAtOnce;
      }
      started += await this.startOrphans(deals);
    }
    if (started > 0) this.log.log(`started ${started} exchanges that nothing was working on`);
    return started;
  }

  /**
   * What Temporal knows nothing of goes together: it was never started, or Temporal has lost its state. What has ended
   * without closing its deal goes alone, because it may be what has ended its convoy.
   */
  private async startOrphans(deals: Deals): Promise<number> {
    const open = await deals.stillOpen(this.config.SWEEP_AFTER_SECONDS, mostAtOnce);
    const states = new Map<string, RunState>();
    for (const some of tens([...new Set(open.map(({ workflowId }) => workflowId))])) {
      await Promise.all(some.map(async (id) => states.set(id, await this.stateOf(id))));
    }
    const inState = (state: RunState): Exchange[] => open.filter(({ workflowId }) => states.get(workflowId) === state).map(({ exchange }) => exchange);
    const ended = inState('ended');
    await this.starter.startAlone(ended);
    return ended.length + (await this.startTogether(inState('unknown')));
  }

  /** Sends exchanges in convoys and waits for those. @returns how many found a seat */
  private async startTogether(exchanges: readonly Exchange[]): Promise<number> {
    const seats = this.convoys.seats(exchanges);
    const byRun = new Map<string, Exchange[]>();
    for (const [index, exchange] of exchanges.entries()) {
      const run = seats[index]?.workflowId;
      if (run !== undefined) byRun.set(run, [...(byRun.get(run) ?? []), exchange]);
    }
    try {
      for (const [run, some] of byRun) await this.starter.note(some, run);
    } catch (error) {
      for (const seat of seats) seat?.leave();
      throw error;
    }
    const boarded = seats.flatMap((seat) => seat?.board() ?? []);
    await Promise.all(boarded);
    return boarded.length;
  }

  private async stateOf(workflowId: string): Promise<RunState> {
    try {
      const { status } = await this.client.workflow.getHandle(workflowId).describe();
      return status.name === 'RUNNING' ? 'running' : 'ended';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'unknown';
      throw error;
    }
  }
}
