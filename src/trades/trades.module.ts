import { Module } from '@nestjs/common';
import { ExchangesModule } from '../exchanges/exchanges.module.js';
import { TradeDeals } from './trade-deals.js';
import { TradesController } from './trades.controller.js';
import { TradesIntake } from './trades-intake.js';
import { TradesReads } from './trades.reads.js';
import { TradesService } from './trades.service.js';

/** The commands of trades, for the worker, which has no routes of theirs. */
@Module({
  providers: [TradesService, TradeDeals],
  exports: [TradesService, TradeDeals],
})
export class TradesModule {}

/** The routes of trades, for the API. */
@Module({
  imports: [TradesModule, ExchangesModule],
  controllers: [TradesController],
  providers: [TradesIntake, TradesReads],
})
export class TradesApiModule {}
