import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateReconciliation1796083200000 } from './migrations/create-reconciliation.js';

/** The schema of reconciliation. */
export const reconciliationMigrations: BoundaryMigrations = {
  schema: 'reconciliation',
  database: 'main',
  migrations: [CreateReconciliation1796083200000],
};
