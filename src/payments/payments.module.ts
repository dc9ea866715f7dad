import { Module } from '@nestjs/common';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './accounts.service.js';
import { PaymentsReads } from './payments.reads.js';
import { PaymentsService } from './payments.service.js';

/** What purchases ask of payments. It needs the PostgresModule of the process. */
@Module({
  providers: [AccountsService, PaymentsReads, PaymentsService],
  exports: [AccountsService, PaymentsReads, PaymentsService],
})
export class PaymentsModule {}

/** The routes of payment accounts, for the API. */
@Module({ imports: [PaymentsModule], controllers: [AccountsController] })
export class PaymentsApiModule {}
