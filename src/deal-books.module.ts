import { Global, Module } from '@nestjs/common';
import { DEAL_BOOKS, type DealBook } from './exchanges/deals.js';
import { PurchasesModule } from './purchases/purchases.module.js';
import { STORED_PURCHASES } from './purchases/purchases.tokens.js';
import { RefundsModule } from './refunds/refunds.module.js';
import { STORED_REFUNDS } from './refunds/refunds.tokens.js';
import { TradesModule } from './trades/trades.module.js';
import { STORED_TRADES } from './trades/trades.tokens.js';

/** Every kind of deal, for all that asks about deals and knows no kind. Each adds its module and its book. */
@Global()
@Module({
  imports: [TradesModule, PurchasesModule, RefundsModule],
  providers: [
    {
      provide: DEAL_BOOKS,
      inject: [STORED_TRADES, STORED_PURCHASES, STORED_REFUNDS],
      useFactory: (...books: DealBook[]) => books,
    },
  ],
  exports: [DEAL_BOOKS],
})
export class DealBooksModule {}
