import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateTrades1795514300000 } from './migrations/create-trades.js';

/** The schema of the trades. */
export const tradesMigrations: BoundaryMigrations = {
  schema: 'trades',
  database: 'main',
  migrations: [CreateTrades1795514300000],
};
