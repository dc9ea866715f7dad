import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateRefunds1796016000000 } from './migrations/create-refunds.js';

/** The schema of the refunds. */
export const refundsMigrations: BoundaryMigrations = {
  schema: 'refunds',
  database: 'main',
  migrations: [CreateRefunds1796016000000],
};
