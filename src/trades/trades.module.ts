import { Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ConvoyDispatcher } from '../exchanges/convoy-dispatcher.js';
import { DealIntake } from '../exchanges/deal-intake.js';
import { DealMetrics, DealMetricsModule } from '../exchanges/deal-metrics.js';
import { DealWait } from '../exchanges/deal-wait.js';
import { DealsService } from '../exchanges/deals.service.js';
import { ExchangeStarter } from '../exchanges/exchange-starter.service.js';
import { ExchangesModule } from '../exchanges/exchanges.module.js';
import { StoredDeals } from '../exchanges/stored-deals.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Draining } from '../process/draining.js';
import { tradeKind } from './trade-kind.js';
import { TradesController } from './trades.controller.js';
import { TradesReads } from './trades.reads.js';
import { STORED_TRADES, TRADES_INTAKE, TRADES_SERVICE, TRADES_WAIT } from './trades.tokens.js';
import type { TradeTerms } from './trades.types.js';

/** The commands of trades, for the worker, which has no routes of theirs. */
@Module({
  imports: [DealMetricsModule],
  providers: [
    {
      provide: TRADES_SERVICE,
      inject: [MAIN_DATABASE, DealMetrics],
      useFactory: (database: DataSource, metrics: DealMetrics) => new DealsService(tradeKind, database, metrics),
    },
    {
      provide: STORED_TRADES,
      inject: [MAIN_DATABASE],
      useFactory: (database: DataSource) => new StoredDeals(tradeKind, database),
    },
  ],
  exports: [TRADES_SERVICE, STORED_TRADES],
})
export class TradesModule {}

/** The routes of trades, for the API. */
@Module({
  imports: [TradesModule, ExchangesModule],
  controllers: [TradesController],
  providers: [
    {
      provide: TRADES_INTAKE,
      inject: [TRADES_SERVICE, ConvoyDispatcher],
      useFactory: (service: DealsService<TradeTerms>, dispatcher: ConvoyDispatcher) =>
        new DealIntake(tradeKind, service, dispatcher),
    },
    {
      provide: TRADES_WAIT,
      inject: [STORED_TRADES, ExchangeStarter, Draining],
      useFactory: (trades: StoredDeals<TradeTerms>, starter: ExchangeStarter, draining: Draining) =>
        new DealWait(trades, starter, draining),
    },
    TradesReads,
  ],
})
export class TradesApiModule {}
