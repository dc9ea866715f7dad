import { Global, Module, type DynamicModule } from '@nestjs/common';
import { BacklogMetricsModule } from './backlog-metrics.js';
import { boundaries } from './boundaries.js';
import { CONFIG, type Config } from './process/config.js';
import { DealBooksModule } from './deal-books.module.js';
import { KnownDeals } from './exchanges/known-deals.service.js';
import { RedriveService } from './exchanges/redrive.service.js';
import { SweepService } from './exchanges/sweep.service.js';
import { Waker } from './exchanges/waker.js';
import { ExchangesModule } from './exchanges/exchanges.module.js';
import { HttpModule } from './http/http.module.js';
import { InventoryModule } from './inventory/inventory.module.js';
import { EntryCheck } from './ledger/entry-check.service.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { EventActs } from './payments/event-acts.service.js';
import { LooksAgain } from './payments/looks-again.service.js';
import { PaymentsModule } from './payments/payments.module.js';
import { PAYMENT_LISTENER } from './payments/payments.tokens.js';
import { PostgresModule } from './postgres/postgres.module.js';
import { ReconciliationWorkerModule } from './reconciliation/reconciliation.module.js';
import { RefundsWorkerModule } from './refunds/refunds.module.js';
import { TemporalModule } from './temporal/temporal.module.js';
import { Upkeep } from './temporal/upkeep.js';

/** The process that runs sagas: the commands that its activities call, and health and metrics over HTTP. */
@Global()
@Module({})
export class WorkerModule {
  static forConfig(config: Config): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PostgresModule.forProcess('worker', boundaries),
        HttpModule,
        TemporalModule,
        LedgerModule,
        InventoryModule,
        PaymentsModule,
        DealBooksModule,
        RefundsWorkerModule,
        ReconciliationWorkerModule,
        ExchangesModule,
        BacklogMetricsModule,
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        SweepService,
        RedriveService,
        KnownDeals,
        { provide: PAYMENT_LISTENER, useExisting: Waker },
        EventActs,
        LooksAgain,
        Upkeep,
        EntryCheck,
      ],
      exports: [CONFIG],
    };
  }
}
