import type { TradesService } from '../src/trades/trades.service.js';
import type { NoteActivities, StepActivities } from '../contracts/activities.js';
import { isolated } from './isolate.js';

/** The last step of a trade's exchange, and how its row says that it is stuck. */
export function tradesActivities(trades: TradesService): Pick<StepActivities, 'closeTrades'> & Pick<NoteActivities, 'markTrades'> {
  return { closeTrades: (closings) => isolated(closings, (some) => trades.close(some)), markTrades: (ids, mark) => trades.mark(ids, mark) };
}
