import { Client } from '@temporalio/client';
import { usualConnection } from '../usual-way/connection.js';
import { usualTaskQueue, usualTradeWorkflow, type UsualTrade } from '../usual-way/contracts.js';
import { price, type DrawnTrade } from './deck.js';
import type { DriverTargets } from './orders.js';
import type { TradeEnd, Way } from './way.js';

/** One Temporal workflow for each trade, started and awaited by the client. */
export class UsualWay implements Way {
  readonly repeated: Record<string, number> = {};
  private readonly client: Client;
  private readonly title: string;

  constructor(targets: DriverTargets) {
    this.client = new Client({ connection: usualConnection(targets.temporalAddress) });
    this.title = targets.title;
  }

  async settle({ key, a, b, item }: DrawnTrade): Promise<TradeEnd> {
    const trade: UsualTrade = { title: this.title, key, a, b, item, price: String(price) };
    const state: string = await this.client.workflow.execute(usualTradeWorkflow, {
      workflowId: key,
      taskQueue: usualTaskQueue,
      args: [trade],
    });
    return { state };
  }

  async close(): Promise<void> {
    await this.client.connection.close();
  }
}
