import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import { undoTaskQueue, type Answers, type LeaveActivities, type NoteActivities, type ResolveActivities, type StepActivities, type UndoActivities } from './contracts.js';

/**
 * A step is tried until it answers, because every step is idempotent and none may be given up half way: a refusal is
 * an answer, and what is not an answer is an outage that ends. There is no bound on the attempts and none on the
 * whole, only on one attempt, which is longer than any statement may run.
 */
export const untilAnswered = {
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
} satisfies ActivityOptions;

/** A step or an undo step by its name, as the sagas call it: with a list, to be answered for each element of it. */
export interface Step<E, O extends { id: string }> {
  name: string;
  /** Whether it undoes. A saga whose undo cannot be done is parked, and not only stuck. */
  undo: boolean;
  run(options: ActivityOptions, elements: readonly E[]): Promise<Answers<O>>;
}

type Element<F> = F extends (elements: (infer E)[]) => unknown ? E : never;
type Answer<F> = F extends (elements: never[]) => Promise<Answers<infer O>> ? O : never;

/** A step, on the task queue of the workflow itself. */
export function step<N extends keyof StepActivities>(name: N): Step<Element<StepActivities[N]>, Answer<StepActivities[N]>> {
  return named(name, false, proxyActivities<StepActivities>(untilAnswered));
}

/** An undo step, on the task queue of the undo steps. */
export function undoStep<N extends keyof UndoActivities>(name: N): Step<Element<UndoActivities[N]>, Answer<UndoActivities[N]>> {
  return named(name, true, proxyActivities<UndoActivities>(onUndoQueue(untilAnswered)));
}

function named<E, O extends { id: string }>(name: string, undo: boolean, activities: object): Step<E, O> {
  const activity = (activities as Record<string, { executeWithOptions(options: ActivityOptions, args: [E[]]): Promise<Answers<O>> }>)[name];
  if (activity === undefined) throw new Error(`There is no step ${name}.`);
  return { name, undo, run: (options, elements) => activity.executeWithOptions(options, [[...elements]]) };
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

/** The type and the words of what an activity has failed with, or undefined for any other error. */
export function failureOf(error: unknown): { type: string; message: string } | undefined {
  if (!(error instanceof ActivityFailure)) return undefined;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Error', message: cause.message };
  return { type: cause?.name ?? 'Error', message: cause?.message ?? error.message };
}
