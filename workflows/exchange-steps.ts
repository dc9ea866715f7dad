import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import { undoTaskQueue, type LeaveActivities, type StepActivities, type UndoActivities } from './contracts.js';

/**
 * A step is tried until it answers, because every step is idempotent and none may be given up half way: a refusal is
 * an answer, and what is not an answer is an outage that ends. There is no bound on the attempts and none on the
 * whole, only on one attempt, which is longer than any statement may run.
 */
export const untilAnswered = {
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
} satisfies ActivityOptions;

/** The steps, on the task queue of the workflow itself. */
export function steps(): ActivityInterfaceFor<StepActivities & LeaveActivities> {
  return proxyActivities<StepActivities & LeaveActivities>(untilAnswered);
}

/** The undo steps, on their own task queue. */
export function undoSteps(): ActivityInterfaceFor<UndoActivities> {
  return proxyActivities<UndoActivities>({ ...untilAnswered, taskQueue: undoTaskQueue(workflowInfo().taskQueue) });
}
