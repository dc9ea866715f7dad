import type { DealActivities } from '../contracts/activities.js';
import type { DealsService } from '../src/exchanges/deals.service.js';
import { asStepAnswers } from './step-answers.js';

/** The last step of a trade's exchange, and how its row says that it is stuck. */
export function tradesActivities(trades: Pick<DealsService<never>, 'close' | 'mark'>): DealActivities {
  return {
    closeTrades: (closings, stop) => asStepAnswers(closings, (some) => trades.close(some), stop),
    markTrades: (ids, mark) => trades.mark(ids, mark),
  };
}
