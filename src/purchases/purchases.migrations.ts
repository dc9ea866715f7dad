import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreatePurchases1795968000000 } from './migrations/create-purchases.js';

/** The schema of the purchases. */
export const purchasesMigrations: BoundaryMigrations = {
  schema: 'purchases',
  database: 'main',
  migrations: [CreatePurchases1795968000000],
};
