import { Global, Module, type DynamicModule } from '@nestjs/common';
import { BacklogMetricsModule } from './backlog-metrics.js';
import { CONFIG, type Config } from './process/config.js';
import { DealBooksModule } from './deal-books.module.js';
import { SweepService } from './exchanges/sweep.service.js';
import { ExchangesModule } from './exchanges/exchanges.module.js';
import { HttpModule } from './http/http.module.js';
import { InventoryModule } from './inventory/inventory.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import { PostgresModule } from './postgres/postgres.module.js';
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
        PostgresModule.forProcess('worker'),
        HttpModule,
        TemporalModule,
        LedgerModule,
        InventoryModule,
        PaymentsModule,
        DealBooksModule,
        ExchangesModule,
        BacklogMetricsModule,
      ],
      providers: [{ provide: CONFIG, useValue: config }, SweepService, Upkeep],
      exports: [CONFIG],
    };
  }
}
