import { Module } from '@nestjs/common';
import { InventoryService } from './inventory.service.js';
import { ItemsService } from './items.service.js';

/** The commands of the inventory. It needs the PostgresModule of the process. */
@Module({
  providers: [InventoryService, ItemsService],
  exports: [InventoryService, ItemsService],
})
export class InventoryModule {}
