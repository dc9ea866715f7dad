import type { DrawnTrade } from './deck.js';
import type { DriverTargets } from './orders.js';
import { drawnPack, packCard, packCurrency, packPrice } from './pack.js';
import { RestClient } from './rest-client.js';
import type { TradeEnd, Way } from './way.js';

/** Purchases in real money through the REST API, with a card that is charged at once. */
export class MoneyWay implements Way {
  private readonly client: RestClient;

  constructor(targets: DriverTargets, inFlight: number) {
    this.client = new RestClient(targets, inFlight, '/v1/purchases');
  }

  get repeated(): Record<string, number> {
    return this.client.repeated;
  }

  settle({ key, a }: DrawnTrade): Promise<TradeEnd> {
    return this.client.settle(key, moneyOrder(a), 'completed');
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** The body of a purchase in real money. */
export function moneyOrder(player: string): string {
  const pay = `{"currency":"${packCurrency}","amount":"${packPrice}","provider":"stripe","method":"${packCard}"}`;
  return `{"player":"${player}","product":"${drawnPack()}","pay":${pay}}`;
}
