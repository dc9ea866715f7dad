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
import {
  reconcileWorkflow,
  reconciliationScheduleId,
  type ReconcileInput,
  type ReconciliationScheduleName,
} from '../../contracts/reconciliation.js';
import type { Config } from '../process/config.js';

/** What had to be done for a schedule: nothing, or it was missing, or it said something else. */
export type ScheduleCare = 'as-it-should-be' | 'made' | 'brought-up-to-date';

/** What Temporal is to start from time to time. */
export interface Schedule {
  /** The id of the schedule and of its runs. */
  id: string;
  workflow: string;
  everySeconds: number;
  /** How long after the begin of an interval it starts; 0 where it is missing. */
  offsetSeconds?: number;
  /** For how long a start that was missed is made up for; ten seconds where it is missing. */
  catchupSeconds?: number;
  /**
   * How long one run may take until Temporal ends it. The next one waits for it. A run that cannot go on, for example
   * after a release that cannot replay it, would have stopped all runs for ever.
   */
  maxRunSeconds: number;
  args?: [ReconcileInput];
}

const [minute, hour, day] = [60, 3_600, 86_400];

/**
 * When reconciliation runs. Intervals begin at midnight in UTC, and weeks at that of Thursday. What a workflow that was
 * ended for its length has still to make is started anew by the schedule `hot`, and goes on where it was.
 */
const reconciliation: Readonly<
  Record<ReconciliationScheduleName, Required<Omit<Schedule, 'id' | 'workflow' | 'args'>>>
> = {
  hot: { everySeconds: 5 * minute, offsetSeconds: 0, catchupSeconds: minute, maxRunSeconds: hour },
  hourly: { everySeconds: hour, offsetSeconds: 7 * minute, catchupSeconds: 15 * minute, maxRunSeconds: day },
  daily: { everySeconds: day, offsetSeconds: 2 * hour, catchupSeconds: 12 * hour, maxRunSeconds: day },
  weekly: { everySeconds: 7 * day, offsetSeconds: 3 * day + 3 * hour, catchupSeconds: day, maxRunSeconds: day },
};

/** The schedules that sagas need. */
export function sagaSchedulesOf({ TASK_QUEUE, SWEEP_EVERY_SECONDS }: Config): Schedule[] {
  return [
    {
      id: sweepId(TASK_QUEUE),
      workflow: sweepWorkflow,
      everySeconds: SWEEP_EVERY_SECONDS,
      maxRunSeconds: 2 * minute,
    },
    { id: feesId(TASK_QUEUE), workflow: feesWorkflow, everySeconds: 30, maxRunSeconds: hour },
    { id: orphansId(TASK_QUEUE), workflow: orphansWorkflow, everySeconds: 30, maxRunSeconds: hour },
    { id: outsideId(TASK_QUEUE), workflow: outsideWorkflow, everySeconds: 10, maxRunSeconds: hour },
  ];
}

/** All schedules of an installation. */
export function schedulesOf(config: Config): Schedule[] {
  return [
    ...sagaSchedulesOf(config),
    ...(Object.keys(reconciliation) as ReconciliationScheduleName[]).map((name) => ({
      id: reconciliationScheduleId(name, config.TASK_QUEUE),
      workflow: reconcileWorkflow,
      ...reconciliation[name],
      args: [{ schedule: name }] as [ReconcileInput],
    })),
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

const catchupSecondsOfMost = 10;

function optionsOf({ TASK_QUEUE }: Config, schedule: Schedule) {
  const { id, workflow, everySeconds, offsetSeconds = 0, catchupSeconds = catchupSecondsOfMost } = schedule;
  const { args = [], maxRunSeconds } = schedule;
  return {
    scheduleId: id,
    spec: { intervals: [{ every: everySeconds * 1_000, ...(offsetSeconds > 0 && { offset: offsetSeconds * 1_000 }) }] },
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      workflowId: id,
      taskQueue: TASK_QUEUE,
      args,
      workflowRunTimeout: maxRunSeconds * 1_000,
    },
    policies: {
      // A run that is late has nothing to do that the next one does not do.
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: catchupSeconds * 1_000,
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
