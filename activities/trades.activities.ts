import type { TradesService } from '../src/trades/trades.service.js';
import type { StepActivities } from '../workflows/contracts.js';
import { isolated } from './isolate.js';

/** The last step of a trade's exchange. */
export function tradesActivities(trades: TradesService): Pick<StepActivities, 'closeTrades'> {
  return { closeTrades: (closings) => isolated(closings, (some) => trades.close(some)) };
}
