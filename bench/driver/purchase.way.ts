import { price, type DrawnTrade } from './deck.js';
import type { DriverTargets, PurchaseWayName } from './orders.js';
import { RestClient } from './rest-client.js';
import type { TradeEnd, Way } from './way.js';

/** How many products there are of each kind that is bought one of many. */
export const products = 100;

/** The code of the nth product of a kind. */
export function productName(way: PurchaseWayName, n: number): string {
  return `${way}-${n}`;
}

/** Purchases through the REST API: player A of a drawn trade buys a product for its price. */
export class PurchaseWay implements Way {
  private readonly client: RestClient;

  constructor(
    targets: DriverTargets,
    inFlight: number,
    private readonly name: PurchaseWayName,
  ) {
    this.client = new RestClient(targets, inFlight, '/v1/purchases');
  }

  get repeated(): Record<string, number> {
    return this.client.repeated;
  }

  async settle({ key, a }: DrawnTrade): Promise<TradeEnd> {
    const n = this.name === 'one-product' ? 0 : Math.floor(Math.random() * products);
    const product = productName(this.name, n);
    const body = `{"player":"${a}","product":"${product}","pay":{"asset":"gold","amount":"${price}"}}`;
    return this.client.settle(key, body, 'completed');
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
