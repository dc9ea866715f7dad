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
import { LedgerReads } from '../ledger/ledger.reads.js';
import { AccountsService } from '../payments/accounts.service.js';
import { PaymentsOutside } from '../payments/outside.service.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { PaymentsReads } from '../payments/payments.reads.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Draining } from '../process/draining.js';
import { CancelService } from '../purchases/cancel.service.js';
import { PurchasesApiModule, PurchasesModule } from '../purchases/purchases.module.js';
import { STORED_PURCHASES } from '../purchases/purchases.tokens.js';
import type { PurchaseTerms } from '../purchases/purchases.types.js';
import { Restock } from '../purchases/restock.js';
import { OutsideGoods } from './outside-goods.service.js';
import { PurchaseRefundsController } from './purchase-refunds.controller.js';
import { RefundBodies } from './refund-bodies.js';
import { RefundIntake } from './refund-intake.js';
import { refundKind } from './refund-kind.js';
import { RefundPages } from './refund-pages.js';
import { RefundTotals } from './refund-totals.js';
import { RefundsController } from './refunds.controller.js';
import { RefundsReads } from './refunds.reads.js';
import { REFUNDS_INTAKE, REFUNDS_SERVICE, REFUNDS_WAIT, STORED_REFUNDS } from './refunds.tokens.js';
import type { RefundTerms } from './refunds.types.js';

/** The commands of refunds, for the worker, which has no routes of theirs, and what is refunded of purchases. */
@Module({
  imports: [DealMetricsModule, PurchasesModule],
  providers: [
    {
      provide: REFUNDS_SERVICE,
      inject: [MAIN_DATABASE, DealMetrics, Restock],
      useFactory: (database: DataSource, metrics: DealMetrics, restock: Restock) =>
        new DealsService<RefundTerms>(refundKind, database, metrics, new RefundTotals(restock)),
    },
    {
      provide: STORED_REFUNDS,
      inject: [MAIN_DATABASE],
      useFactory: (database: DataSource) => new StoredDeals<RefundTerms>(refundKind, database),
    },
    RefundsReads,
  ],
  exports: [REFUNDS_SERVICE, STORED_REFUNDS, RefundsReads],
})
export class RefundsModule {}

/** What follows money that moves without our asking, for the worker. */
@Module({
  imports: [RefundsModule, PurchasesModule, PaymentsModule],
  providers: [
    LedgerReads,
    {
      provide: OutsideGoods,
      inject: [
        MAIN_DATABASE,
        STORED_PURCHASES,
        AccountsService,
        PaymentsOutside,
        LedgerReads,
        REFUNDS_SERVICE,
        RefundsReads,
      ],
      useFactory: (
        database: DataSource,
        purchases: StoredDeals<PurchaseTerms>,
        accounts: AccountsService,
        outside: PaymentsOutside,
        ...[ledger, service, refunds]: [LedgerReads, DealsService<RefundTerms>, RefundsReads]
      ) => new OutsideGoods(database, { purchases, accounts, outside, ledger }, service, refunds),
    },
  ],
  exports: [OutsideGoods],
})
export class RefundsWorkerModule {}

/** The routes of refunds, for the API. */
@Module({
  imports: [RefundsModule, PurchasesModule, PurchasesApiModule, PaymentsModule, ExchangesModule],
  controllers: [PurchaseRefundsController, RefundsController],
  providers: [
    {
      provide: REFUNDS_INTAKE,
      inject: [
        MAIN_DATABASE,
        STORED_PURCHASES,
        AccountsService,
        CancelService,
        PaymentsReads,
        REFUNDS_SERVICE,
        ConvoyDispatcher,
      ],
      useFactory: (
        database: DataSource,
        purchases: StoredDeals<PurchaseTerms>,
        accounts: AccountsService,
        cancels: CancelService,
        ...[payments, service, dispatcher]: [PaymentsReads, DealsService<RefundTerms>, ConvoyDispatcher]
      ) =>
        new RefundIntake(
          database,
          { purchases, accounts, cancels, payments },
          service,
          new DealIntake<RefundTerms>(refundKind, service, dispatcher),
        ),
    },
    {
      provide: REFUNDS_WAIT,
      inject: [STORED_REFUNDS, ExchangeStarter, Draining],
      useFactory: (refunds: StoredDeals<RefundTerms>, starter: ExchangeStarter, draining: Draining) =>
        new DealWait(refunds, starter, draining),
    },
    RefundBodies,
    RefundPages,
  ],
})
export class RefundsApiModule {}
