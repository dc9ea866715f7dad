import { Inject, Injectable, Module } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { outboxDepth } from './events/outbox.js';
import { INVENTORY_DATABASE, LEDGER_DATABASE, MAIN_DATABASE } from './postgres/data-sources.js';
import { TradeDeals } from './trades/trade-deals.js';
import { TradesModule } from './trades/trades.module.js';

/** How far the eventual parts are behind: the oldest open deal, and the facts that wait in each outbox. */
@Injectable()
export class BacklogMetrics {
  constructor(
    @Inject(Registry) registry: Registry,
    @Inject(MAIN_DATABASE) main: DataSource,
    @Inject(LEDGER_DATABASE) ledger: DataSource,
    @Inject(INVENTORY_DATABASE) inventory: DataSource,
    trades: TradeDeals,
  ) {
    new Gauge({
      name: 'veltrix_oldest_open_trade_seconds',
      help: 'Age of the oldest trade that was accepted and is still open, by whether its saga was started; 0 if there is none',
      labelNames: ['started'],
      registers: [registry],
      async collect() {
        await othersLooked();
        const { started, waiting } = await trades.oldestOpen();
        this.set({ started: 'true' }, started);
        this.set({ started: 'false' }, waiting);
      },
    });
    const outboxes: [schema: string, database: DataSource][] = [['titles', main], ['trades', main], ['ledger', ledger], ['inventory', inventory]];
    new Gauge({
      name: 'veltrix_outbox_depth',
      help: 'Facts that wait in the outbox of a boundary',
      labelNames: ['boundary'],
      registers: [registry],
      async collect() {
        await othersLooked();
        await Promise.all(
          outboxes.map(async ([boundary, database]) => {
            const [row] = await database.query<[{ depth: string }]>(outboxDepth(boundary));
            this.set({ boundary }, Number(row.depth));
          }),
        );
      },
    });
  }
}

/** The registry asks all of its metrics in one turn; who asks a database lets that pass, so that no pool counts him. */
function othersLooked(): Promise<void> {
  return Promise.resolve();
}

@Module({ imports: [TradesModule], providers: [BacklogMetrics] })
export class BacklogMetricsModule {}
