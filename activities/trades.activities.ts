import type { StepActivities } from '../workflows/contracts.js';
import type { TradesService } from '../src/trades/trades.service.js';

/** The last step of a trade's exchange. */
export function tradesActivities(trades: TradesService): Pick<StepActivities, 'closeTrades'> {
  return { closeTrades: (closings) => trades.close(closings) };
}
