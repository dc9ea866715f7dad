import { Module } from '@nestjs/common';
import { AssetsService } from './assets.service.js';
import { LedgerService } from './ledger.service.js';

/** The commands of the ledger. It needs the PostgresModule of the process. */
@Module({
  providers: [LedgerService, AssetsService],
  exports: [LedgerService, AssetsService],
})
export class LedgerModule {}
