import { ActivityFailure, ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { ActivityCancellationType, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { undoTaskQueue, type LeaveActivities, type NoteActivities, type ResolveActivities, type StepActivities, type UndoActivities } from '../contracts/activities.js';
import type { Answers } from '../contracts/answers.js';

/**
 * A step is tried until it answers, because every step is idempotent and none may be given up half way: a refusal is
 * an answer, and what is not an answer is an outage that ends. There is no bound on the attempts and none on the
 * whole, only on one attempt, which is longer than any statement may run.
 */
export const untilAnswered = {
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
} satisfies ActivityOptions;

/**
 * The one attempt at a step that the worker makes itself, within the workflow task that asks for it. It is short, because
 * until the task ends nobody sees the run wait, and all else that the run is told or asks for waits.
 */
const locally = {
  startToCloseTimeout: '2 seconds',
  retry: { maximumAttempts: 1 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
} satisfies LocalActivityOptions;

/** A step or an undo step by its name, as the sagas call it: with a list, to be answered for each element of it. */
export interface Step<E, O extends { id: string }> {
  name: string;
  /** Whether it undoes. A saga whose undo cannot be done is parked, and not only stuck. */
  undo: boolean;
  /** Has Temporal dispatch it, and try it again as the options say. */
  run(options: ActivityOptions, elements: readonly E[]): Promise<Answers<O>>;
  /**
   * Makes one short attempt within the workflow task. An undo step has none: it belongs on the task queue of the undo steps.
   * `ofAll` says whether the elements are of all exchanges of the run, for the history.
   */
  runLocally: ((summary: string, elements: readonly E[], ofAll: boolean) => Promise<Answers<O>>) | undefined;
}

type Element<F> = F extends (elements: (infer E)[]) => unknown ? E : never;
type Answer<F> = F extends (elements: never[]) => Promise<Answers<infer O>> ? O : never;

/** A step, on the task queue of the workflow itself. */
export function step<N extends keyof StepActivities>(name: N): Step<Element<StepActivities[N]>, Answer<StepActivities[N]>> {
  const activity = named<LocalActivityOptions>(name, proxyLocalActivities<StepActivities>(locally));
  return { ...dispatched(name, false, proxyActivities<StepActivities>(untilAnswered)), runLocally: (summary, elements, ofAll) => activity({ summary }, elements, ofAll) };
}

/** An undo step, on the task queue of the undo steps. */
export function undoStep<N extends keyof UndoActivities>(name: N): Step<Element<UndoActivities[N]>, Answer<UndoActivities[N]>> {
  return { ...dispatched(name, true, proxyActivities<UndoActivities>(onUndoQueue(untilAnswered))), runLocally: undefined };
}

function dispatched<E, O extends { id: string }>(name: string, undo: boolean, activities: object): Omit<Step<E, O>, 'runLocally'> {
  return { name, undo, run: named<ActivityOptions>(name, activities) };
}

function named<Options>(name: string, activities: object): <O extends { id: string }>(options: Options, elements: readonly unknown[], ...more: unknown[]) => Promise<Answers<O>> {
  const activity = (activities as Record<string, { executeWithOptions(options: Options, args: unknown[]): Promise<never> }>)[name];
  if (activity === undefined) throw new Error(`There is no step ${name}.`);
  return (options, elements, ...more) => activity.executeWithOptions(options, [[...elements], ...more]);
}

/** What is no step of the protocol: how exchanges leave, and how others are told of the saga. */
export function besides(): ActivityInterfaceFor<LeaveActivities & NoteActivities> {
  return proxyActivities<LeaveActivities & NoteActivities>(untilAnswered);
}

/** What an operator's `resolve` asks and does. He waits for it, so it is not tried for ever. */
export function byHand(): ActivityInterfaceFor<ResolveActivities> {
  return proxyActivities<ResolveActivities>(onUndoQueue({ startToCloseTimeout: '10 seconds', retry: { initialInterval: '200 milliseconds', maximumAttempts: 2 } }));
}

function onUndoQueue(options: ActivityOptions): ActivityOptions {
  return { ...options, taskQueue: undoTaskQueue(workflowInfo().taskQueue) };
}

/**
 * The type and the words of what a step has failed with, or undefined for any other error. A dispatched step's failure is
 * wrapped in an ActivityFailure. A local activity's error is not wrapped. Its timeout is wrapped live and not on replay. So
 * the type and the message decide, never the class.
 */
export function failureOf(error: unknown): { type: string; message: string } | undefined {
  if (!(error instanceof TemporalFailure)) return undefined;
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Error', message: cause.message };
  return { type: cause?.name ?? 'Error', message: cause?.message ?? error.message };
}
