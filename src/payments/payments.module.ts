import { Module } from '@nestjs/common';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './accounts.service.js';
import { PaymentsReads } from './payments.reads.js';
import { PaymentsService } from './payments.service.js';
import { PAYMENT_PROVIDERS } from './payments.tokens.js';
import { ProviderAccounts } from './provider-accounts.js';
import { ProviderCalls } from './provider-calls.js';
import { ProviderMetrics } from './provider-metrics.js';

/** The commands of payments, for the worker and for the purchases. */
@Module({
  providers: [
    AccountsService,
    PaymentsService,
    PaymentsReads,
    ProviderAccounts,
    ProviderCalls,
    ProviderMetrics,
    { provide: PAYMENT_PROVIDERS, useFactory: () => new Map() },
  ],
  exports: [AccountsService, PaymentsService, PaymentsReads],
})
export class PaymentsModule {}

/** The routes of payment accounts, for the API. */
@Module({ imports: [PaymentsModule], controllers: [AccountsController] })
export class PaymentsApiModule {}
