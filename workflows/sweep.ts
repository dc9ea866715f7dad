import { proxyActivities } from '@temporalio/workflow';
import type { SweepActivities } from '../contracts/activities.js';

/**
 * One try is enough: the schedule comes again in a moment. The next sweep waits for this one, so one that hangs, or
 * whose worker is gone, must end soon.
 */
const { sweepExchanges } = proxyActivities<SweepActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 1 },
});

/**
 * Starts what was accepted and is not being worked on.
 * @returns how many exchanges it started
 */
export async function sweep(): Promise<number> {
  return sweepExchanges();
}
