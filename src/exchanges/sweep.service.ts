import { Inject, Injectable, Logger } from '@nestjs/common';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Exchange } from '../../workflows/contracts.js';
import { CONFIG, type Config } from '../config.js';
import type { Deals } from './deals.js';
import { ExchangeStarter } from './exchange-starter.js';

/** The injection token of the list of every kind of deal. */
export const ALL_DEALS = Symbol('all deals');

/** How many open deals of each sort one sweep looks at. The next one, a moment later, goes on. */
const mostPerSweep = 500;

/** How many workflows are asked after or started at once. */
const atOnce = 10;

/** Starts every open exchange that nothing works on: never started, terminated, timed out or lost alike. */
@Injectable()
export class SweepService {
  private readonly log = new Logger(SweepService.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ALL_DEALS) private readonly allDeals: readonly Deals[],
    private readonly client: Client,
    private readonly starter: ExchangeStarter,
  ) {}

  /**
   * One sweep. Sweeps may overlap with each other and with the API's own starts, since any number of runs of an
   * exchange come to one end.
   * @param alive is called again and again while the sweep goes on
   * @returns how many exchanges it started
   * @throws what PostgreSQL or Temporal throw; what was not reached is the next sweep's
   */
  async run(alive: () => void): Promise<number> {
    let started = 0;
    for (const deals of this.allDeals) {
      const age = this.config.SWEEP_AFTER_SECONDS;
      const forgotten = await deals.neverStarted(age, mostPerSweep);
      const orphaned = await this.withoutRun(deals, age, alive);
      for (const some of tens([...forgotten, ...orphaned])) {
        alive();
        await Promise.all(some.map((exchange) => this.starter.start(exchange, deals)));
      }
      started += forgotten.length + orphaned.length;
    }
    if (started > 0) this.log.log(`started ${started} exchanges that nothing was working on`);
    return started;
  }

  private async withoutRun(deals: Deals, age: number, alive: () => void): Promise<Exchange[]> {
    const open = await deals.stillOpen(age, mostPerSweep);
    const running = new Map<string, boolean>();
    for (const some of tens([...new Set(open.map(({ workflowId }) => workflowId))])) {
      alive();
      await Promise.all(some.map(async (id) => running.set(id, await this.isRunning(id))));
    }
    return open.filter(({ workflowId }) => running.get(workflowId) === false).map(({ exchange }) => exchange);
  }

  private async isRunning(workflowId: string): Promise<boolean> {
    try {
      const { status } = await this.client.workflow.getHandle(workflowId).describe();
      return status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }
}

function tens<T>(list: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / atOnce) }, (_, index) => list.slice(index * atOnce, (index + 1) * atOnce));
}
