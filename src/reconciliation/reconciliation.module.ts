import { Module } from '@nestjs/common';
import { BreaksReads } from './breaks.reads.js';
import { CasesController } from './cases.controller.js';
import { CasesService } from './cases.service.js';
import { ChainVerifier } from './chain-verifier.js';
import { PaymentsModule } from '../payments/payments.module.js';
import type { Check } from './checks.types.js';
import { moneyChecks } from './money/money-checks.js';
import { ProviderImport } from './money/provider-import.js';
import { PeriodsService } from './periods.service.js';
import { Readers } from './readers.js';
import { ReconciliationMetricsModule } from './reconciliation-metrics.js';
import { ReconciliationService } from './reconciliation.service.js';
import { ReconciliationsController } from './reconciliations.controller.js';
import { RunIntake } from './run-intake.js';
import { RunStarter } from './run-starter.js';
import { RunTakeover } from './run-takeover.js';
import { RunsReads } from './runs.reads.js';
import { SchedulesController } from './schedules.controller.js';
import { ReconciliationSchedules } from './schedules.service.js';
import { CHECKS } from './reconciliation.tokens.js';
import { SagaRunsCheck } from './saga-runs.check.js';
import { valueChecks } from './value/value-checks.js';

/** The runs of reconciliation, for the worker. */
@Module({
  imports: [PaymentsModule, ReconciliationMetricsModule],
  providers: [
    Readers,
    SagaRunsCheck,
    ProviderImport,
    {
      provide: CHECKS,
      inject: [SagaRunsCheck, ProviderImport],
      useFactory: (sagaRuns: SagaRunsCheck, importer: ProviderImport): readonly Check[] => [
        ...valueChecks,
        ...moneyChecks(importer),
        sagaRuns,
      ],
    },
    ReconciliationService,
    RunStarter,
    RunTakeover,
    PeriodsService,
  ],
  exports: [ReconciliationService, PeriodsService],
})
export class ReconciliationWorkerModule {}

/** The routes of reconciliation, for the API. */
@Module({
  imports: [ReconciliationMetricsModule],
  controllers: [ReconciliationsController, CasesController, SchedulesController],
  providers: [RunIntake, RunStarter, RunsReads, BreaksReads, CasesService, ChainVerifier, ReconciliationSchedules],
})
export class ReconciliationApiModule {}
