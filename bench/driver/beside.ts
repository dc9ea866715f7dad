import { arrivedOf, type Arrival } from './arrivals.rules.js';
import { arrive, Sender, tradeAccepted, tradeSettled, type Sent } from './arriving.js';
import { Deck, playerName, type DrawnTrade } from './deck.js';
import type { BesideOrder, BesideReport, DriverTargets } from './orders.js';

/** What comes in a second that does not need the row: little enough for the machine to have room for it. */
const rates = { transfers: 18, accepted: 9, settled: 9 } as const;
/** One request in ten needs the row, where there is one. */
const needingForEach = 1 / 9;

/** Whose row it is. Nothing else touches this player. */
const holder = playerName(0);

/** Transfers and trades that arrive at their own pace, of which some may need one row. */
export class BesideRun {
  private readonly sender: Sender;
  private readonly traders: Deck;
  private made = 0;

  constructor(
    targets: DriverTargets,
    private readonly order: BesideOrder,
  ) {
    const { players, keyPrefix, holdings } = order;
    this.sender = new Sender(targets.apiUrl, targets.apiKey);
    this.traders = new Deck(players, false, `${keyPrefix}-trade`, holdings);
  }

  async carryOut(): Promise<BesideReport> {
    const { needing, seconds } = this.order;
    const others = (perSecond: number, send: () => Promise<string | undefined>): ReturnType<typeof arrive> =>
      arrive({ perSecond, seconds }, send);
    const needers = (rate: number, make: () => Sent): Promise<{ measured: Arrival[] }> =>
      needing === 'nothing' ? Promise.resolve({ measured: [] }) : others(rate * needingForEach, () => this.send(make));
    const [transfers, accepted, settled, ...those] = await Promise.all([
      others(rates.transfers, () => this.send(() => this.transfer(this.draw().b))),
      others(rates.accepted, () => this.send(() => tradeAccepted(this.draw()))),
      others(rates.settled, () => this.settle()),
      needers(needing === 'account' ? rates.transfers : 0, () => this.transfer(holder)),
      needers(rates.accepted, () => tradeAccepted(this.drawNeeding())),
      needers(rates.settled, () => tradeSettled(this.drawNeeding())),
    ]);
    return {
      transfers: arrivedOf(transfers.measured),
      accepted: arrivedOf(accepted.measured),
      settled: arrivedOf(settled.measured),
      needing: arrivedOf(those.flatMap(({ measured }) => measured)),
    };
  }

  close(): Promise<void> {
    return this.sender.close();
  }

  private send(make: () => Sent): Promise<string | undefined> {
    return this.sender.send(make());
  }

  /** A trade whose item is known to have its new owner can give it away again. */
  private async settle(): Promise<string | undefined> {
    const trade = this.draw();
    const failure = await this.sender.send(tradeSettled(trade));
    if (failure === undefined) this.traders.give(trade.a, trade.item);
    return failure;
  }

  /** A trade that does not need the row. */
  private draw(): DrawnTrade {
    for (;;) {
      const trade = this.traders.draw();
      if (trade.a !== holder) return trade;
      this.traders.give(trade.b, trade.item);
    }
  }

  private drawNeeding(): DrawnTrade {
    const trade = this.draw();
    const { needing } = this.order;
    if (typeof needing === 'string') return { ...trade, a: holder };
    this.traders.give(trade.b, trade.item);
    return { ...trade, b: holder, item: needing.item };
  }

  private transfer(to: string): Sent {
    const { a, b, item } = this.draw();
    this.traders.give(b, item);
    const body = JSON.stringify({
      legs: [{ from: `player:${a}`, to: `player:${to}`, asset: 'gold', amount: '1' }],
      reason: 'benchmark',
    });
    return {
      path: '/v1/transfers',
      key: `${this.order.keyPrefix}-transfer-${this.made++}`,
      body,
      accepted: '"id":"trf_',
    };
  }
}
