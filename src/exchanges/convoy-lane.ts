import { Logger } from '@nestjs/common';
import type { Histogram } from 'prom-client';
import type { Exchange } from '../../contracts/nouns.js';
import { ConvoyBuilder, type Seat } from './convoy-builder.js';
import { countsMs, departsNow, patienceMs, type Pace } from './departure.rules.js';
import type { ExchangeStarter } from './exchange-starter.service.js';
import { messageOf } from '../errors.js';

/**
 * How many exchanges wait in a lane at most, so that memory is bounded. Exchanges beyond them are left to the sweep.
 */
const maxWaiting = 4_096;

/** How long the end of a convoy is waited for. */
const awaitedMs = 30_000;

/** The things that all lanes of a process share. */
export interface Yard {
  starter: ExchangeStarter;
  sizes: Histogram;
  log: Logger;
  /** The exchanges that sit in a line or are under way. */
  aboard: Set<string>;
}

/**
 * A line of convoys that depart one after the other. An exchange that comes while no convoy is under way departs at
 * once. Exchanges that come while convoys are under way gather in the next one. Lanes do not wait for each other.
 */
export class ConvoyLane {
  /** The convoys that have not departed, in the order in which they will. Only the last one takes more exchanges. */
  private readonly line: ConvoyBuilder[] = [];
  private underWay = 0;
  /** How long the last convoy took that came back; 0 before there is one. */
  private lastTookMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private ending = false;

  /** @param emptied is called whenever no exchange waits and no convoy is under way */
  constructor(
    private readonly yard: Yard,
    private readonly pace: Pace,
    private readonly emptied: () => void,
  ) {}

  /** How many exchanges wait in the lane. */
  get waiting(): number {
    return this.line.reduce((sum, { size }) => sum + size, 0);
  }

  /** Gives an exchange a seat. @returns undefined where too many exchanges wait already */
  seat(exchange: Exchange): Seat | undefined {
    const seat = this.line.at(-1)?.seat(exchange);
    if (seat !== undefined || this.waiting >= maxWaiting) return seat;
    const next = new ConvoyBuilder();
    this.line.push(next);
    return next.seat(exchange);
  }

  /** From now on no convoy waits for more exchanges: those in the line depart at once, and later ones too. */
  end(): void {
    this.ending = true;
    this.depart();
  }

  /** Sends off the convoys that may depart now. Calls itself again when the next one has waited long enough. */
  depart(): void {
    clearTimeout(this.timer);
    for (let next = this.line[0]; next !== undefined; next = this.line[0]) {
      const waitedMs = performance.now() - next.since;
      const full = this.line.length > 1;
      if (
        !this.ending &&
        !departsNow(this.pace, {
          underWay: this.underWay,
          size: next.size,
          full,
          waitedMs,
          lastTookMs: this.lastTookMs,
        })
      ) {
        // Where as many are under way as may be, the next convoy that comes back calls `depart`.
        const leftMs = patienceMs(this.pace, this.lastTookMs) - waitedMs;
        if (leftMs > 0) this.timer = setTimeout(() => this.depart(), leftMs);
        return;
      }
      this.line.shift();
      this.underWay += 1;
      let counts = true;
      const countNoMore = (): void => {
        if (counts) this.underWay -= 1;
        counts = false;
        this.depart();
      };
      const timer = setTimeout(countNoMore, countsMs(this.pace, next.size));
      void this.travel(next).then((tookMs) => {
        clearTimeout(timer);
        for (const id of next.ids) this.yard.aboard.delete(id);
        // One that counts no more has met an outage or a held row. The next one does not wait for as long.
        if (counts && tookMs !== undefined) this.lastTookMs = tookMs;
        countNoMore();
      });
    }
    if (this.underWay === 0) this.emptied();
  }

  /**
   * Waits until the seats are taken or given back, starts the run, and tells each passenger how its deal ended.
   * @returns how long the run took; undefined where there was none
   */
  private async travel(convoy: ConvoyBuilder): Promise<number | undefined> {
    const { starter, sizes, log } = this.yard;
    await convoy.close();
    const { exchanges } = convoy;
    const [first] = exchanges;
    if (first === undefined) return undefined;
    sizes.observe(exchanges.length);
    const began = performance.now();
    try {
      const { workflowId } = convoy;
      const runId = await starter.start(exchanges, workflowId);
      convoy.tell(await starter.ended(workflowId, awaitedMs, runId));
      return performance.now() - began;
    } catch (error) {
      log.warn(
        `${exchanges.length} exchanges from ${first.id} on were accepted and could not be started; ` +
          `the sweep will start them: ${messageOf(error)}`,
      );
      convoy.tell(undefined);
      return undefined;
    }
  }
}
