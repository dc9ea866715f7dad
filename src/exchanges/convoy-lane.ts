import { Logger } from '@nestjs/common';
import type { Histogram } from 'prom-client';
import type { Exchange } from '../../contracts/nouns.js';
import { ConvoyBuilder, type Seat } from './convoy-builder.js';
import { departsNow, patienceMs } from './departure.rules.js';
import type { ExchangeStarter } from './exchange-starter.service.js';
import { messageOf } from '../errors.js';

/** How many exchanges wait in a lane at most. What comes then is left to the sweep, so that memory is bounded. */
const maxWaiting = 4_096;

/**
 * How long a convoy counts as under way. One that takes longer waits for an outage, goes on by itself, and must not
 * keep others from being tried.
 */
const countsMs = 30_000;

/** What the lanes of a process share. */
export interface Yard {
  starter: ExchangeStarter;
  sizes: Histogram;
  log: Logger;
  /** The exchanges that sit in a line or are under way. */
  aboard: Set<string>;
}

/**
 * Convoys that go by one clock. An exchange that comes when nothing is under way waits for nobody, and otherwise what
 * comes meanwhile goes next, together. Lanes do not wait for each other.
 */
export class ConvoyLane {
  /** Those that are gathering, in the order in which they will depart. */
  private readonly line: ConvoyBuilder[] = [];
  private underWay = 0;
  /** How long the last one took that came back. */
  private lastTookMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private ending = false;

  /** @param emptied is called whenever nobody waits any more and nothing is under way */
  constructor(
    private readonly yard: Yard,
    private readonly emptied: () => void,
  ) {}

  /** How many exchanges wait in it. */
  get waiting(): number {
    return this.line.reduce((sum, { size }) => sum + size, 0);
  }

  /** @returns undefined where too many wait already */
  seat(exchange: Exchange): Seat | undefined {
    const seat = this.line.at(-1)?.seat(exchange);
    if (seat !== undefined || this.waiting >= maxWaiting) return seat;
    const next = new ConvoyBuilder();
    this.line.push(next);
    return next.seat(exchange);
  }

  /** What waits goes at once, and what comes later too. */
  end(): void {
    this.ending = true;
    this.depart();
  }

  /** Sends those off that may go now, and looks again when the first of the others has waited long enough. */
  depart(): void {
    clearTimeout(this.timer);
    for (let next = this.line[0]; next !== undefined; next = this.line[0]) {
      const waitedMs = performance.now() - next.since;
      const full = this.line.length > 1;
      if (
        !this.ending &&
        !departsNow({ underWay: this.underWay, size: next.size, full, waitedMs, lastTookMs: this.lastTookMs })
      ) {
        // Where no more may be under way, the next that comes back looks again.
        const leftMs = patienceMs(this.lastTookMs) - waitedMs;
        if (leftMs > 0) this.timer = setTimeout(() => this.depart(), leftMs);
        return;
      }
      this.line.shift();
      this.underWay += 1;
      void this.travel(next).finally(() => {
        for (const id of next.ids) this.yard.aboard.delete(id);
        this.underWay -= 1;
        this.depart();
      });
    }
    if (this.underWay === 0) this.emptied();
  }

  /** Waits for those who sit, starts the run, and tells the passengers what has become of them. */
  private async travel(convoy: ConvoyBuilder): Promise<void> {
    const { starter, sizes, log } = this.yard;
    await convoy.close();
    const { exchanges } = convoy;
    const [first] = exchanges;
    if (first === undefined) return;
    sizes.observe(exchanges.length);
    const began = performance.now();
    try {
      const { workflowId } = convoy;
      const runId = await starter.start(exchanges, workflowId);
      convoy.tell(await starter.ended(workflowId, countsMs, runId));
      this.lastTookMs = performance.now() - began;
    } catch (error) {
      log.warn(
        `${exchanges.length} exchanges from ${first.id} on were accepted and could not be started; ` +
          `the sweep will start them: ${messageOf(error)}`,
      );
      convoy.tell(undefined);
    }
  }
}
