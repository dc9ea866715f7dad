import { heartbeat } from '@temporalio/activity';
import type { SweepActivities } from '../contracts/activities.js';
import type { SweepService } from '../src/exchanges/sweep.service.js';

const heartbeatEveryMs = 2_000;

/** What the sweep's schedule runs. Its heartbeat tells Temporal soon that the worker of a sweep is gone. */
export function sweepActivities(sweep: Pick<SweepService, 'run'>): SweepActivities {
  return {
    async sweepExchanges() {
      const beat = setInterval(heartbeat, heartbeatEveryMs);
      try {
        return await sweep.run();
      } finally {
        clearInterval(beat);
      }
    },
  };
}
