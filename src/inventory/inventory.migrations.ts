import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateInventory1795514133788 } from './migrations/create-inventory.js';
import { LeaveRoomForUpdates1795600900000 } from './migrations/leave-room-for-updates.js';
import { TellOfTheInventoryByTheCall1795773800000 } from './migrations/tell-by-the-call.js';

/** The schema of the inventory. */
export const inventoryMigrations: BoundaryMigrations = {
  schema: 'inventory',
  database: 'inventory',
  migrations: [CreateInventory1795514133788, LeaveRoomForUpdates1795600900000, TellOfTheInventoryByTheCall1795773800000],
};
