import { Module } from '@nestjs/common';
import { AccountReads } from './account.reads.js';
import { AccountSettingsController } from './account-settings.controller.js';
import { AccountSettingsService } from './account-settings.service.js';
import { AssetsController } from './assets.controller.js';
import { AssetsService } from './assets.service.js';
import { DebtReads } from './debt.reads.js';
import { DebtsController } from './debts.controller.js';
import { LedgerReads } from './ledger.reads.js';
import { LedgerService } from './ledger.service.js';
import { PlayerBooksController } from './player-books.controller.js';
import { TransferIntake } from './transfer-intake.js';
import { TransfersController } from './transfers.controller.js';

/** The commands of the ledger. It needs the PostgresModule of the process. */
@Module({
  providers: [LedgerService, AssetsService],
  exports: [LedgerService, AssetsService],
})
export class LedgerModule {}

/** The routes of the ledger, for the API. */
@Module({
  imports: [LedgerModule],
  controllers: [
    AssetsController,
    TransfersController,
    PlayerBooksController,
    AccountSettingsController,
    DebtsController,
  ],
  providers: [LedgerReads, AccountReads, DebtReads, AccountSettingsService, TransferIntake],
})
export class LedgerApiModule {}
