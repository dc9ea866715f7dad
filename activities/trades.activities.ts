import type { TradesService } from '../src/trades/trades.service.js';
import type { DealActivities } from '../contracts/activities.js';
import { isolated } from './isolate.js';

/** The last step of a trade's exchange, and how its row says that it is stuck. */
export function tradesActivities(trades: TradesService): DealActivities {
  return { closeTrades: (closings, stop) => isolated(closings, (some) => trades.close(some), stop), markTrades: (ids, mark) => trades.mark(ids, mark) };
}
