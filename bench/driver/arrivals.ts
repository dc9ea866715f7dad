import { arrivedOf } from './arrivals.rules.js';
import { arrive, Sender, tradeAccepted, tradeSettled, type Sent } from './arriving.js';
import { Buyers, Deck, type DrawnTrade } from './deck.js';
import { moneyOrder } from './money.way.js';
import type { ArrivalOrder, ArrivalReport, DriverTargets } from './orders.js';
import { drawnPack, packCard } from './pack.js';

/** Trades of bystanders, beside the purchases. */
const bystandersPerSecond = 10;

/**
 * Purchases and trades that arrive at their own pace, which no answer keeps up. A time counts from the moment at which
 * the request was due, so that a driver that is late hides nothing.
 */
export class ArrivalRun {
  private readonly sender: Sender;
  private readonly buyers: Buyers;
  private readonly traders: Deck;

  constructor(
    targets: DriverTargets,
    private readonly order: ArrivalOrder,
  ) {
    const { design, players, keyPrefix, holdings } = order;
    this.sender = new Sender(design === 'veltrix' ? targets.apiUrl : (targets.insideUrl ?? ''), targets.apiKey);
    this.buyers = new Buyers(players, keyPrefix);
    this.traders = new Deck(players, false, `${keyPrefix}-trade`, holdings);
  }

  async carryOut(): Promise<ArrivalReport> {
    const { perSecond, seconds } = this.order;
    const [purchases, bystanders] = await Promise.all([
      arrive({ perSecond, seconds }, () => this.sender.send(this.purchase(this.buyers.draw()))),
      arrive({ perSecond: bystandersPerSecond, seconds }, () => this.trade()),
    ]);
    return {
      purchases: arrivedOf(purchases.measured),
      bystanders: arrivedOf(bystanders.measured),
      acceptedInAll: purchases.all.filter(({ failure }) => failure === undefined).length,
    };
  }

  close(): Promise<void> {
    return this.sender.close();
  }

  /** A trade whose item is known to have its new owner can give it away again. */
  private async trade(): Promise<string | undefined> {
    const trade = this.traders.draw();
    const failure = await this.sender.send(this.bystander(trade));
    const settled = failure === undefined && (this.order.bystandersSettle || this.order.design !== 'veltrix');
    if (settled) this.traders.give(trade.a, trade.item);
    return failure;
  }

  private purchase({ key, a }: DrawnTrade): Sent {
    if (this.order.design === 'veltrix')
      return { path: '/v1/purchases', key, body: moneyOrder(a), accepted: '"id":"pur_' };
    const body = JSON.stringify({ player: a, product: drawnPack(), method: packCard });
    return { path: '/purchases', key, body, accepted: '"state":"paid"' };
  }

  private bystander(trade: DrawnTrade): Sent {
    if (this.order.design !== 'veltrix')
      return { path: '/trades', key: trade.key, body: JSON.stringify(trade), accepted: '"state":"settled"' };
    return this.order.bystandersSettle ? tradeSettled(trade) : tradeAccepted(trade);
  }
}
