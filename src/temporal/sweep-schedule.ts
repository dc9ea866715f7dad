import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import { sweepId, sweepWorkflow } from '../../workflows/contracts.js';
import type { Config } from '../config.js';

/**
 * Makes the sweep's schedule, or brings one that an earlier version made up to date. Every worker does this at its
 * start, so that a Temporal server that has lost its state gets the schedule back.
 * @throws what Temporal throws
 */
export async function ensureSweepSchedule(client: Client, config: Config): Promise<void> {
  const options = sweepSchedule(config);
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(options.scheduleId).update(({ state }) => ({ ...options, state }));
  }
}

function sweepSchedule(config: Config): ScheduleOptions {
  return {
    scheduleId: sweepId(config.TASK_QUEUE),
    spec: { intervals: [{ every: config.SWEEP_EVERY_SECONDS * 1_000 }] },
    action: { type: 'startWorkflow', workflowType: sweepWorkflow, workflowId: sweepId(config.TASK_QUEUE), taskQueue: config.TASK_QUEUE, args: [] },
    policies: {
      // A sweep that is late has nothing to do that the next one does not do.
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: '10 seconds',
    },
  };
}
