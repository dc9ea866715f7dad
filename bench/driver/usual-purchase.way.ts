import { Client } from '@temporalio/client';
import { usualConnection } from '../usual-way/connection.js';
import { usualPurchaseWorkflow, usualTaskQueue, type UsualPurchase } from '../usual-way/contracts.js';
import type { DrawnTrade } from './deck.js';
import type { DriverTargets } from './orders.js';
import { packPrice } from './pack.js';
import type { TradeEnd, Way } from './way.js';

/** One Temporal workflow for each purchase in real money, started and awaited by the client. */
export class UsualPurchaseWay implements Way {
  readonly repeated: Record<string, number> = {};
  private readonly client: Client;
  private readonly title: string;

  constructor(targets: DriverTargets) {
    this.client = new Client({ connection: usualConnection(targets.temporalAddress) });
    this.title = targets.title;
  }

  async settle({ key, a }: DrawnTrade): Promise<TradeEnd> {
    const purchase: UsualPurchase = { title: this.title, key, player: a, price: String(packPrice) };
    const state: string = await this.client.workflow.execute(usualPurchaseWorkflow, {
      workflowId: key,
      taskQueue: usualTaskQueue,
      args: [purchase],
    });
    return { state };
  }

  async close(): Promise<void> {
    await this.client.connection.close();
  }
}
