import { Module } from '@nestjs/common';
import { InventoryReads } from '../inventory/inventory.reads.js';
import { LedgerReads } from '../ledger/ledger.reads.js';
import { CatalogReads } from './catalog.reads.js';
import { ProductsController } from './products.controller.js';
import { ProductsService } from './products.service.js';

/** What a purchase reads of the catalog. It needs the PostgresModule of the process. */
@Module({ providers: [CatalogReads], exports: [CatalogReads] })
export class CatalogModule {}

/** The commands and the routes of the catalog, for the API. */
@Module({
  imports: [CatalogModule],
  controllers: [ProductsController],
  providers: [ProductsService, LedgerReads, InventoryReads],
})
export class CatalogApiModule {}
