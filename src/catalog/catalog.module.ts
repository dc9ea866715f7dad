import { Module } from '@nestjs/common';
import { CatalogReads } from './catalog.reads.js';

/** What a purchase reads of the catalog. It needs the PostgresModule of the process. */
@Module({ providers: [CatalogReads], exports: [CatalogReads] })
export class CatalogModule {}
