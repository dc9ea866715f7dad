import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CatalogApiModule } from './catalog/catalog.module.js';
import { boundaries } from './boundaries.js';
import { CONFIG, type Config } from './process/config.js';
import { DealBooksModule } from './deal-books.module.js';
import { ExchangesModule } from './exchanges/exchanges.module.js';
import { Waker } from './exchanges/waker.js';
import { HttpModule } from './http/http.module.js';
import { BacklogMetricsModule } from './backlog-metrics.js';
import { IntegrityApiModule } from './integrity/integrity.module.js';
import { InventoryApiModule } from './inventory/inventory.module.js';
import { LedgerApiModule } from './ledger/ledger.module.js';
import { PaymentsApiModule } from './payments/payments.module.js';
import { PAYMENT_LISTENER } from './payments/payments.tokens.js';
import { PostgresModule } from './postgres/postgres.module.js';
import { PurchasesApiModule } from './purchases/purchases.module.js';
import { REFUND_SUMS } from './purchases/purchases.tokens.js';
import { ReconciliationApiModule } from './reconciliation/reconciliation.module.js';
import { RefundsApiModule, RefundsModule } from './refunds/refunds.module.js';
import { RefundsReads } from './refunds/refunds.reads.js';
import { SagasApiModule } from './sagas/sagas.module.js';
import { TemporalModule } from './temporal/temporal.module.js';
import { TradesApiModule } from './trades/trades.module.js';
import { TitlesModule } from './titles/titles.module.js';

/** The process that answers HTTP: the platform, and every boundary that has routes. */
@Global()
@Module({})
export class ApiModule {
  static forConfig(config: Config): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        PostgresModule.forProcess('api', boundaries),
        HttpModule,
        TemporalModule,
        TitlesModule,
        LedgerApiModule,
        InventoryApiModule,
        CatalogApiModule,
        DealBooksModule,
        TradesApiModule,
        PurchasesApiModule,
        RefundsModule,
        RefundsApiModule,
        PaymentsApiModule,
        SagasApiModule,
        IntegrityApiModule,
        ReconciliationApiModule,
        ExchangesModule,
        BacklogMetricsModule,
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: REFUND_SUMS, useExisting: RefundsReads },
        { provide: PAYMENT_LISTENER, useExisting: Waker },
      ],
      exports: [CONFIG, PAYMENT_LISTENER, REFUND_SUMS],
    };
  }
}
