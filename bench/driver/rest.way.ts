import { price, type DrawnTrade } from './deck.js';
import type { DriverTargets } from './orders.js';
import { RestClient } from './rest-client.js';
import type { TradeEnd, Way } from './way.js';

/** Trades through the REST API. */
export class RestWay implements Way {
  private readonly client: RestClient;

  constructor(targets: DriverTargets, inFlight: number) {
    this.client = new RestClient(targets, inFlight, '/v1/trades');
  }

  get repeated(): Record<string, number> {
    return this.client.repeated;
  }

  settle(trade: DrawnTrade): Promise<TradeEnd> {
    return this.client.settle(trade.key, bodyOf(trade), 'settled');
  }

  async accept(trade: DrawnTrade): Promise<void> {
    await this.client.accept(trade.key, bodyOf(trade));
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** The body of a trade. */
export function bodyOf({ a, b, item }: DrawnTrade): string {
  return (
    `{"parties":[{"player":"${a}","gives":{"amounts":[{"asset":"gold","amount":"${price}"}]}},` +
    `{"player":"${b}","gives":{"items":["${item}"]}}]}`
  );
}
