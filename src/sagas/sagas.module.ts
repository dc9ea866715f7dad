import { Module } from '@nestjs/common';
import { ExchangesModule } from '../exchanges/exchanges.module.js';
import { InventoryReads } from '../inventory/inventory.reads.js';
import { LedgerReads } from '../ledger/ledger.reads.js';
import { SagaOperator } from './saga-operator.service.js';
import { SagaRuns } from './saga-runs.js';
import { SagaViews } from './saga-views.js';
import { PaymentsReads } from '../payments/payments.reads.js';
import { Participants } from './participants.js';
import { SagasController } from './sagas.controller.js';
import { SagasReads } from './sagas.reads.js';
import { SagasService } from './sagas.service.js';

/**
 * What the sagas' runs tell, for the worker, and how many want somebody. It needs the PostgresModule of the process.
 */
@Module({
  providers: [SagasService, SagasReads],
  exports: [SagasService, SagasReads],
})
export class SagasModule {}

/** The routes of sagas, for the API. */
@Module({
  imports: [SagasModule, ExchangesModule],
  controllers: [SagasController],
  providers: [SagaViews, SagaRuns, SagaOperator, Participants, LedgerReads, InventoryReads, PaymentsReads],
})
export class SagasApiModule {}
