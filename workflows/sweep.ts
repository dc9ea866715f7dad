import { proxyActivities } from '@temporalio/workflow';
import type { SweepActivities } from './contracts.js';

/** One try is enough: the schedule comes again in a moment, and a sweep that hangs must not keep it from doing so. */
const { sweepExchanges } = proxyActivities<SweepActivities>({ startToCloseTimeout: '1 minute', retry: { maximumAttempts: 1 } });

/**
 * Starts what was accepted and is not being worked on.
 * @returns how many exchanges it started
 */
export async function sweep(): Promise<number> {
  return sweepExchanges();
}
