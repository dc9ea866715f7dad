import { isDeepStrictEqual } from 'node:util';
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import {
  feesId,
  feesWorkflow,
  orphansId,
  orphansWorkflow,
  outsideId,
  outsideWorkflow,
  sweepId,
  sweepWorkflow,
} from '../../contracts/sagas.js';
import type { Config } from '../process/config.js';

/** What had to be done for a schedule: nothing, or it was missing, or it said something else. */
export type ScheduleCare = 'as-it-should-be' | 'made' | 'brought-up-to-date';

/** What Temporal is to start from time to time. */
export interface Schedule {
  /** The id of the schedule and of its runs. */
  id: string;
  workflow: string;
  everySeconds: number;
}

/** The schedules of an installation. */
export function schedulesOf({ TASK_QUEUE, SWEEP_EVERY_SECONDS }: Config): Schedule[] {
  return [
    { id: sweepId(TASK_QUEUE), workflow: sweepWorkflow, everySeconds: SWEEP_EVERY_SECONDS },
    { id: feesId(TASK_QUEUE), workflow: feesWorkflow, everySeconds: 30 },
    { id: orphansId(TASK_QUEUE), workflow: orphansWorkflow, everySeconds: 30 },
    { id: outsideId(TASK_QUEUE), workflow: outsideWorkflow, everySeconds: 10 },
  ];
}

/**
 * Makes a schedule where it is missing, and brings one that says something else up to date. One that an operator has
 * paused stays paused.
 * @throws what Temporal throws
 */
export async function ensureSchedule(client: Client, config: Config, schedule: Schedule): Promise<ScheduleCare> {
  const options = optionsOf(config, schedule);
  const handle = client.schedule.getHandle(options.scheduleId);
  try {
    if (isAsItShouldBe(await handle.describe(), options)) return 'as-it-should-be';
    await handle.update(({ state: { paused, note } }) => ({
      ...options,
      state: { paused, ...(note !== undefined && { note }) },
    }));
    return 'brought-up-to-date';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
  try {
    await client.schedule.create(options);
  } catch (error) {
    // Another worker was quicker.
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  return 'made';
}

const catchupWindowMs = 10_000;

function optionsOf({ TASK_QUEUE }: Config, { id, workflow, everySeconds }: Schedule) {
  return {
    scheduleId: id,
    spec: { intervals: [{ every: everySeconds * 1_000 }] },
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      workflowId: id,
      taskQueue: TASK_QUEUE,
      args: [],
    },
    policies: {
      // A run that is late has nothing to do that the next one does not do.
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: catchupWindowMs,
      pauseOnFailure: false,
    },
  } satisfies ScheduleOptions;
}

/**
 * Whether a schedule says all that it should and nothing else. One with a number of actions left would end by itself.
 */
function isAsItShouldBe(
  { spec, action, policies, state }: ScheduleDescription,
  wanted: ReturnType<typeof optionsOf>,
): boolean {
  const said = { spec, action, policies, left: state.remainingActions };
  return isDeepStrictEqual(
    withoutEmpty(said),
    withoutEmpty({ spec: wanted.spec, action: wanted.action, policies: wanted.policies }),
  );
}

/** A value without what says nothing in it: nothing, empty texts, empty lists, and objects of such alone. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return value === '' || value === null ? undefined : value;
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, withoutEmpty(inner)] as const)
    .filter(([, inner]) => inner !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
