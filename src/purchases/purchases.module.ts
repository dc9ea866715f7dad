import { Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CatalogModule } from '../catalog/catalog.module.js';
import { CatalogReads } from '../catalog/catalog.reads.js';
import { ConvoyDispatcher } from '../exchanges/convoy-dispatcher.js';
import { DealIntake } from '../exchanges/deal-intake.js';
import { DealMetrics, DealMetricsModule } from '../exchanges/deal-metrics.js';
import { DealWait } from '../exchanges/deal-wait.js';
import { DealsService } from '../exchanges/deals.service.js';
import { ExchangeStarter } from '../exchanges/exchange-starter.service.js';
import { ExchangesModule } from '../exchanges/exchanges.module.js';
import { StoredDeals } from '../exchanges/stored-deals.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { AccountsService } from '../payments/accounts.service.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { CONFIG, type Config } from '../process/config.js';
import { Draining } from '../process/draining.js';
import { PurchaseIntake } from './purchase-intake.js';
import { purchaseKind } from './purchase-kind.js';
import { CancelService } from './cancel.service.js';
import { PurchaseBodies } from './purchase-bodies.js';
import { PurchasesController } from './purchases.controller.js';
import { PurchasesReads } from './purchases.reads.js';
import { SalesController } from './sales.controller.js';
import { SalesReads } from './sales.reads.js';
import { PURCHASES_INTAKE, PURCHASES_SERVICE, PURCHASES_WAIT, STORED_PURCHASES } from './purchases.tokens.js';
import type { PurchaseTerms } from './purchases.types.js';
import { Restock } from './restock.js';
import { Sales } from './sales.js';
import { velocityLimitsOf } from './velocity.rules.js';

/** The commands of purchases, for the worker, which has no routes of theirs. */
@Module({
  imports: [DealMetricsModule, CatalogModule],
  providers: [
    {
      provide: PURCHASES_SERVICE,
      inject: [CONFIG, MAIN_DATABASE, DealMetrics, CatalogReads],
      useFactory: (config: Config, database: DataSource, metrics: DealMetrics, catalog: CatalogReads) =>
        new DealsService<PurchaseTerms>(purchaseKind, database, metrics, new Sales(catalog, velocityLimitsOf(config))),
    },
    {
      provide: STORED_PURCHASES,
      inject: [MAIN_DATABASE],
      useFactory: (database: DataSource) => new StoredDeals<PurchaseTerms>(purchaseKind, database),
    },
    Restock,
  ],
  exports: [PURCHASES_SERVICE, STORED_PURCHASES, Restock],
})
export class PurchasesModule {}

/** The routes of purchases, for the API. They need a module that has the sums of refunds. */
@Module({
  imports: [PurchasesModule, CatalogModule, ExchangesModule, PaymentsModule],
  controllers: [PurchasesController, SalesController],
  providers: [
    {
      provide: PURCHASES_INTAKE,
      inject: [MAIN_DATABASE, CatalogReads, PURCHASES_SERVICE, ConvoyDispatcher, AccountsService],
      useFactory: (
        database: DataSource,
        catalog: CatalogReads,
        service: DealsService<PurchaseTerms>,
        dispatcher: ConvoyDispatcher,
        accounts: AccountsService,
      ) =>
        new PurchaseIntake(
          database,
          catalog,
          service,
          new DealIntake<PurchaseTerms>(purchaseKind, service, dispatcher),
          accounts,
        ),
    },
    {
      provide: PURCHASES_WAIT,
      inject: [STORED_PURCHASES, ExchangeStarter, Draining],
      useFactory: (purchases: StoredDeals<PurchaseTerms>, starter: ExchangeStarter, draining: Draining) =>
        new DealWait(purchases, starter, draining),
    },
    PurchasesReads,
    PurchaseBodies,
    CancelService,
    SalesReads,
  ],
  exports: [CancelService],
})
export class PurchasesApiModule {}
