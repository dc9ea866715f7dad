import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreatePayments1795975200000 } from './migrations/create-payments.js';

/** The schema of the payments. */
export const paymentsMigrations: BoundaryMigrations = {
  schema: 'payments',
  database: 'payments',
  migrations: [CreatePayments1795975200000],
};
