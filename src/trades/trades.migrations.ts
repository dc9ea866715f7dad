import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateTrades1795514300000 } from './migrations/create-trades.js';
import { KeepOpenTradesApart1795600800000 } from './migrations/keep-open-trades-apart.js';

/** The schema of the trades. */
export const tradesMigrations: BoundaryMigrations = {
  schema: 'trades',
  database: 'main',
  migrations: [CreateTrades1795514300000, KeepOpenTradesApart1795600800000],
};
