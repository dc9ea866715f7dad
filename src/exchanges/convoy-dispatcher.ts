import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Gauge, Histogram, Registry } from 'prom-client';
import type { Exchange } from '../../contracts/nouns.js';
import type { Seat } from './convoy-builder.js';
import { ConvoyLane, type Yard } from './convoy-lane.js';
import { laneOf, paces } from './departure.rules.js';
import { ExchangeStarter } from './exchange-starter.service.js';

/**
 * Sends exchanges on their way together. Those without a payment share one lane, and each account at a payment provider
 * has its own, so that an account that hangs delays nobody else.
 */
@Injectable()
export class ConvoyDispatcher implements BeforeApplicationShutdown {
  /** The lane of the exchanges without a payment. */
  private readonly shared: ConvoyLane;
  /** Those of accounts that somebody waits in or is under way in, by `laneOf`. */
  private readonly lanes = new Map<string, ConvoyLane>();
  /** The exchanges that sit in a line or are under way. */
  private readonly aboard = new Set<string>();
  private ending = false;
  private readonly yard: Yard;

  constructor(starter: ExchangeStarter, @Inject(Registry) registry: Registry) {
    const sizes = new Histogram({
      name: 'veltrix_convoy_exchanges',
      help: 'Exchanges that travelled through one run that this process has started',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers: [registry],
    });
    const waiting = (): number => [this.shared, ...this.lanes.values()].reduce((sum, lane) => sum + lane.waiting, 0);
    new Gauge({
      name: 'veltrix_convoy_waiting_exchanges',
      help: 'Exchanges that wait in this process for a convoy',
      registers: [registry],
      collect() {
        this.set(waiting());
      },
    });
    this.yard = { starter, sizes, log: new Logger(ConvoyDispatcher.name), aboard: this.aboard };
    this.shared = new ConvoyLane(this.yard, paces.shared, () => undefined);
  }

  /**
   * Gives seats to exchanges. Every seat must be taken or given back soon, because its convoy waits for that.
   * @returns one for each, or undefined where too many wait already, so that the exchange is the sweep's, and where it
   *   is aboard already
   */
  seats(exchanges: readonly Exchange[]): (Seat | undefined)[] {
    const lanes = new Set<ConvoyLane>();
    const seats = exchanges.map((exchange) => {
      if (this.aboard.has(exchange.id)) return undefined;
      const lane = this.lane(laneOf(exchange));
      lanes.add(lane);
      const seat = lane.seat(exchange);
      if (seat !== undefined) this.aboard.add(exchange.id);
      return seat;
    });
    for (const lane of lanes) lane.depart();
    return seats;
  }

  /** What waits goes at once, and the process ends when it is started; what it comes to is found in the rows. */
  beforeApplicationShutdown(): void {
    this.ending = true;
    for (const lane of [this.shared, ...this.lanes.values()]) lane.end();
  }

  /** A lane that nobody is in any more is forgotten, so that accounts that were used once cost no memory. */
  private lane(name: string | undefined): ConvoyLane {
    if (name === undefined) return this.shared;
    const known = this.lanes.get(name);
    if (known !== undefined) return known;
    const lane: ConvoyLane = new ConvoyLane(this.yard, paces.account, () => {
      // A lane whose run takes long may be empty twice, and another one may have its name by then.
      if (this.lanes.get(name) === lane) this.lanes.delete(name);
    });
    if (this.ending) lane.end();
    this.lanes.set(name, lane);
    return lane;
  }
}
