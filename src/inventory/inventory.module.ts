import { Module } from '@nestjs/common';
import { InstancesController } from './instances.controller.js';
import { InventoryReads } from './inventory.reads.js';
import { InventoryService } from './inventory.service.js';
import { IssueIntake } from './issue-intake.js';
import { ItemsController } from './items.controller.js';
import { ItemsService } from './items.service.js';
import { PlayerInstancesController } from './player-instances.controller.js';

/** The commands of the inventory. It needs the PostgresModule of the process. */
@Module({
  providers: [InventoryService, ItemsService],
  exports: [InventoryService, ItemsService],
})
export class InventoryModule {}

/** The routes of the inventory, for the API. */
@Module({
  imports: [InventoryModule],
  controllers: [ItemsController, InstancesController, PlayerInstancesController],
  providers: [InventoryReads, IssueIntake],
})
export class InventoryApiModule {}
