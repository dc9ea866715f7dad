import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { arrivedOf, dueTimes, type Arrival } from './arrivals.rules.js';
import { Buyers, Deck, type DrawnTrade } from './deck.js';
import { moneyOrder } from './money.way.js';
import type { ArrivalOrder, ArrivalReport, DriverTargets } from './orders.js';
import { drawnPack, packCard } from './pack.js';
import { bodyOf } from './rest.way.js';

/** What comes before it is not measured. */
const rampMs = 1_000;
/** How long a request may take to be answered. Its sender has gone then, so it counts as failed. */
const patienceMs = 10_000;
/** Trades of bystanders, beside the purchases. */
const bystandersPerSecond = 10;

/** How a request goes to a design. */
interface Sent {
  path: string;
  key: string;
  body: string;
  headers?: Record<string, string>;
  /** The answer that says that it was accepted. */
  accepted: string;
}

/**
 * Purchases and trades that arrive at their own pace, which no answer keeps up. A time counts from the moment at which
 * the request was due, so that a driver that is late hides nothing.
 */
export class ArrivalRun {
  private readonly pool: Pool;
  private readonly buyers: Buyers;
  private readonly traders: Deck;

  constructor(
    private readonly targets: DriverTargets,
    private readonly order: ArrivalOrder,
  ) {
    const { design, players, keyPrefix, holdings } = order;
    this.pool = new Pool(design === 'veltrix' ? targets.apiUrl : (targets.insideUrl ?? ''), { pipelining: 1 });
    this.buyers = new Buyers(players, keyPrefix);
    this.traders = new Deck(players, false, `${keyPrefix}-trade`, holdings);
  }

  async carryOut(): Promise<ArrivalReport> {
    const [purchases, bystanders] = await Promise.all([
      this.arrive(this.order.perSecond, () => this.send(this.purchase(this.buyers.draw()))),
      this.arrive(bystandersPerSecond, () => this.trade()),
    ]);
    return {
      purchases: arrivedOf(purchases.measured),
      bystanders: arrivedOf(bystanders.measured),
      acceptedInAll: purchases.all.filter(({ failure }) => failure === undefined).length,
    };
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  private async arrive(
    perSecond: number,
    send: () => Promise<string | undefined>,
  ): Promise<{ measured: Arrival[]; all: Arrival[] }> {
    const began = performance.now();
    const arrivals: Promise<Arrival>[] = [];
    const due = dueTimes(perSecond, rampMs + this.order.seconds * 1_000);
    for (const at of due) {
      const early = began + at - performance.now();
      if (early > 0) await sleep(early);
      arrivals.push(
        send().then((failure) => ({
          milliseconds: performance.now() - began - at,
          ...(failure !== undefined && { failure }),
        })),
      );
    }
    const all = await Promise.all(arrivals);
    return { measured: all.filter((_, n) => (due[n] ?? 0) >= rampMs), all };
  }

  /** A trade whose item is known to have its new owner can give it away again. */
  private async trade(): Promise<string | undefined> {
    const trade = this.traders.draw();
    const failure = await this.send(this.bystander(trade));
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
    const sent = { path: '/v1/trades', key: trade.key, body: bodyOf(trade) };
    return this.order.bystandersSettle
      ? { ...sent, headers: { prefer: `wait=${patienceMs / 1_000}` }, accepted: '"state":"settled"' }
      : { ...sent, accepted: '"id":"trd_' };
  }

  /** @returns why it was not accepted */
  private async send({ path, key, body, headers, accepted }: Sent): Promise<string | undefined> {
    try {
      const answer = await this.pool.request({
        path,
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.targets.apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': key,
          ...headers,
        },
        body,
        signal: AbortSignal.timeout(patienceMs),
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) return String(answer.statusCode);
      return text.includes(accepted) ? undefined : 'not in time';
    } catch (error) {
      return (error as Error).name === 'TimeoutError' ? 'no answer' : (error as Error).message;
    }
  }
}
