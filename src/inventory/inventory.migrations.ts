import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateInventory1795514133788 } from './migrations/create-inventory.js';

/** The schema of the inventory. */
export const inventoryMigrations: BoundaryMigrations = {
  schema: 'inventory',
  database: 'inventory',
  migrations: [CreateInventory1795514133788],
};
