import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateTrades1795514300000 } from './migrations/create-trades.js';
import { KeepOpenTradesApart1795600800000 } from './migrations/keep-open-trades-apart.js';
import { TellOfTradesByTheCall1795773900000 } from './migrations/tell-by-the-call.js';

/** The schema of the trades. */
export const tradesMigrations: BoundaryMigrations = {
  schema: 'trades',
  database: 'main',
  migrations: [CreateTrades1795514300000, KeepOpenTradesApart1795600800000, TellOfTradesByTheCall1795773900000],
};
