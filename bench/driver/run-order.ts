import { setTimeout as sleep } from 'node:timers/promises';
import { Buyers, Deck, type Source } from './deck.js';
import { quantile } from './measure.rules.js';
import { hasBuyers, type DriverNews, type DriverReport, type RunOrder } from './orders.js';
import type { Way } from './way.js';

/**
 * What is not measured at the beginning of a run: at least this long, and until each place was taken by a second trade.
 */
const rampMs = 1_000;
/** A way that settles next to nothing must come to an end all the same. */
const maxPartMs = 30_000;
/**
 * How often something is accepted when the acceptance alone is measured, so that what it sets off has come to rest
 * before the next.
 */
const acceptEveryMs = 200;
const fewestAcceptances = 100;
const maxTimes = 100_000;

/** Carries one order out. */
export class Run {
  private stopping = false;
  private measuring = false;
  private settledSoFar = 0;
  private readonly windowTimes: number[] = [];
  private readonly report: DriverReport = {
    acknowledged: 0,
    settled: 0,
    otherwise: {},
    repeated: {},
    window: { milliseconds: 0, settled: 0, p50: Number.NaN, p99: Number.NaN },
  };
  private readonly deck: Source;

  constructor(
    private readonly way: Way,
    private readonly order: RunOrder,
    private readonly tell: (news: DriverNews) => void,
  ) {
    this.deck = hasBuyers(order.way)
      ? new Buyers(order.players, order.keyPrefix)
      : new Deck(order.players, order.hot, order.keyPrefix, order.holdings);
  }

  async carryOut(): Promise<DriverReport> {
    const places = this.order.acceptOnly
      ? [this.acceptNowAndThen()]
      : Array.from({ length: this.order.inFlight }, () => this.oneAfterTheOther());
    try {
      await Promise.all([this.keepTime(), ...places]);
    } finally {
      this.stopping = true;
    }
    return { ...this.report, repeated: this.way.repeated };
  }

  private async oneAfterTheOther(): Promise<void> {
    while (!this.stopping) {
      const trade = this.deck.draw();
      const from = performance.now();
      const { state } = await this.way.settle(trade);
      const milliseconds = performance.now() - from;
      this.report.acknowledged += 1;
      if (state === 'settled') {
        this.settledSoFar += 1;
        this.report.settled += 1;
        if (this.measuring) this.windowTimes.push(milliseconds);
        this.deck.give(trade.a, trade.item);
      } else {
        this.report.otherwise[state] = (this.report.otherwise[state] ?? 0) + 1;
        if (state.startsWith('refused')) this.deck.give(trade.b, trade.item);
      }
    }
  }

  private async acceptNowAndThen(): Promise<void> {
    while (!this.stopping) {
      const trade = this.deck.draw();
      const from = performance.now();
      await this.way.accept?.(trade);
      if (this.measuring) this.windowTimes.push(performance.now() - from);
      this.settledSoFar += 1;
      this.report.acknowledged += 1;
      await sleep(acceptEveryMs);
    }
  }

  /** The ramp, the window that is measured, and the end. */
  private async keepTime(): Promise<void> {
    const { seconds, inFlight, acceptOnly, trades } = this.order;
    const fewest = acceptOnly ? fewestAcceptances : 2 * inFlight;
    await this.until(rampMs, () => this.settledSoFar >= inFlight);
    const from = performance.now();
    const already = this.settledSoFar;
    this.measuring = true;
    this.tell({ news: 'window-begins' });
    if (trades === undefined) await this.until(seconds * 1_000, () => this.settledSoFar - already >= fewest);
    else await this.untilTrades(trades);
    this.measuring = false;
    this.tell({ news: 'window-ends' });
    const times = this.windowTimes;
    this.report.window = {
      milliseconds: performance.now() - from,
      settled: this.settledSoFar - already,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    };
    this.stopping = true;
  }

  private async until(minMs: number, enough: () => boolean): Promise<void> {
    await sleep(minMs);
    for (const deadline = performance.now() + maxPartMs; !enough() && performance.now() < deadline;) await sleep(50);
  }

  private async untilTrades(trades: number): Promise<void> {
    while (this.settledSoFar < trades) {
      this.tell({ news: 'progress', settled: this.settledSoFar });
      await sleep(1_000);
      // A long run keeps no time of every trade, because the driver's own memory is not what is looked at.
      this.windowTimes.splice(0, this.windowTimes.length - maxTimes);
    }
  }
}
