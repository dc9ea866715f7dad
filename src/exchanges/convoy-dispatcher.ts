import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Gauge, Histogram, Registry } from 'prom-client';
import type { Exchange } from '../../contracts/nouns.js';
import { ConvoyBuilder, type Seat } from './convoy-builder.js';
import { departsNow, patienceMs } from './departure.rules.js';
import { ExchangeStarter } from './exchange-starter.service.js';
import { messageOf } from '../errors.js';

/** How many exchanges wait for a convoy at most. What comes then is left to the sweep, so that memory is bounded. */
const maxWaiting = 4_096;

/**
 * How long a convoy counts as under way. One that takes longer waits for an outage, goes on by itself, and must not
 * keep others from being tried.
 */
const countsMs = 30_000;

/**
 * Sends exchanges on their way together. It clocks itself: an exchange that comes when nothing is under way waits for
 * nobody, and otherwise what comes meanwhile goes next, together.
 */
@Injectable()
export class ConvoyDispatcher implements BeforeApplicationShutdown {
  private readonly log = new Logger(ConvoyDispatcher.name);
  /** Those that are gathering, in the order in which they will depart. */
  private readonly line: ConvoyBuilder[] = [];
  private underWay = 0;
  /** How long the last one took that came back. */
  private lastTookMs = 0;
  private timer: NodeJS.Timeout | undefined;
  /** The exchanges that sit in the line or are under way. */
  private readonly aboard = new Set<string>();
  private ending = false;
  private readonly sizes: Histogram;

  constructor(
    private readonly starter: ExchangeStarter,
    @Inject(Registry) registry: Registry,
  ) {
    this.sizes = new Histogram({
      name: 'veltrix_convoy_exchanges',
      help: 'Exchanges that travelled through one run that this process has started',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers: [registry],
    });
    const waiting = (): number => this.waiting();
    new Gauge({
      name: 'veltrix_convoy_waiting_exchanges',
      help: 'Exchanges that wait in this process for a convoy',
      registers: [registry],
      collect() {
        this.set(waiting());
      },
    });
  }

  /**
   * Gives seats to exchanges. Every seat must be taken or given back soon, because its convoy waits for that.
   * @returns one for each, or undefined where too many wait already, so that the exchange is the sweep's, and where it
   *   is aboard already
   */
  seats(exchanges: readonly Exchange[]): (Seat | undefined)[] {
    const seats = exchanges.map((exchange) => this.seat(exchange));
    this.depart();
    return seats;
  }

  /** What waits goes at once, and the process ends when it is started; what it comes to is found in the rows. */
  beforeApplicationShutdown(): void {
    this.ending = true;
    this.depart();
  }

  private seat(exchange: Exchange): Seat | undefined {
    if (this.aboard.has(exchange.id)) return undefined;
    let seat = this.line.at(-1)?.seat(exchange);
    if (seat === undefined && this.waiting() < maxWaiting) {
      const next = new ConvoyBuilder();
      this.line.push(next);
      seat = next.seat(exchange);
    }
    if (seat !== undefined) this.aboard.add(exchange.id);
    return seat;
  }

  private waiting(): number {
    return this.line.reduce((sum, { size }) => sum + size, 0);
  }

  /** Sends those off that may go now, and looks again when the first of the others has waited long enough. */
  private depart(): void {
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
        for (const id of next.ids) this.aboard.delete(id);
        this.underWay -= 1;
        this.depart();
      });
    }
  }

  /** Waits for those who sit, starts the run, and tells the passengers what has become of them. */
  private async travel(convoy: ConvoyBuilder): Promise<void> {
    await convoy.close();
    const { exchanges } = convoy;
    const [first] = exchanges;
    if (first === undefined) return;
    this.sizes.observe(exchanges.length);
    const began = performance.now();
    try {
      const { workflowId } = convoy;
      const runId = await this.starter.start(exchanges, workflowId);
      convoy.tell(await this.starter.ended(workflowId, countsMs, runId));
      this.lastTookMs = performance.now() - began;
    } catch (error) {
      this.log.warn(
        `${exchanges.length} exchanges from ${first.id} on were accepted and could not be started; ` +
          `the sweep will start them: ${messageOf(error)}`,
      );
      convoy.tell(undefined);
    }
  }
}
