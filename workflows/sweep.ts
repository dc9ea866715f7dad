import { proxyActivities } from '@temporalio/workflow';
import type { SweepActivities } from '../contracts/activities.js';

/**
 * The activity is tried once, since the schedule starts the next sweep in a moment. The next sweep waits for this one,
 * so a sweep that hangs or whose worker is gone must end soon. The activity begins nothing new after `maxSweepMs` of
 * sweep.service.ts, and has the rest of its minute for calls that are under way.
 */
const { sweepExchanges } = proxyActivities<SweepActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 1 },
});

/**
 * Sends the exchanges of open deals that no run works on.
 * @returns how many exchanges got a seat in a convoy, or were started alone. A convoy may start after that, or fail.
 * @throws ActivityFailure where its one try fails
 */
export async function sweep(): Promise<number> {
  return sweepExchanges();
}
