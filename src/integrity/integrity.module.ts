import { Module } from '@nestjs/common';
import { InventoryIntegrity } from '../inventory/integrity.reads.js';
import { LedgerIntegrity } from '../ledger/integrity.reads.js';
import { IntegrityController } from './integrity.controller.js';

/** The route that tells whether the books hold, for the API. */
@Module({ controllers: [IntegrityController], providers: [LedgerIntegrity, InventoryIntegrity] })
export class IntegrityApiModule {}
