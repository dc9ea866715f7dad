import type { SweepActivities } from '../workflows/contracts.js';
import type { SweepService } from '../src/exchanges/sweep.service.js';

/** What the sweep's schedule runs. */
export function sweepActivities(sweep: SweepService): SweepActivities {
  return { sweepExchanges: () => sweep.run() };
}
