import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateLedger1795514160233 } from './migrations/create-ledger.js';

/** The schema of the ledger. */
export const ledgerMigrations: BoundaryMigrations = {
  schema: 'ledger',
  database: 'ledger',
  migrations: [CreateLedger1795514160233],
};
