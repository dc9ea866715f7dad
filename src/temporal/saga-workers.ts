import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { paymentsTaskQueue, undoTaskQueue, type WorkerActivities } from '../../contracts/activities.js';
import type { Config } from '../process/config.js';
import { temporalConnectionOptions } from './connection-options.js';
import { stuckSteps } from './stuck-steps.js';

/** Where `npm run build` puts the workflows, seen from the compiled form of this file. */
const builtWorkflows = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));

/** Connects a worker process to Temporal. Compression costs more than it saves on the way to a server nearby. */
export function connectWorker(config: Config): Promise<NativeConnection> {
  return NativeConnection.connect({ ...temporalConnectionOptions(config), grpcCompression: { codec: 'none' } });
}

/**
 * How many steps of payments a process makes at once. They do little but wait for their provider, and one that is slow
 * must not use up all of them.
 */
const maxPaymentSteps = 200;

/**
 * Makes the three workers of a process: one for workflows and steps, one for undo steps, which have a task queue
 * of their own so that a crowd of steps never delays an undo, and one for the steps of payments, which may hang with
 * their provider and delay no other step.
 * @param workflows the file of the workflow bundle, or the built one
 * @throws what Temporal throws, for example where the namespace does not exist
 */
export async function makeSagaWorkers(
  connection: NativeConnection,
  config: Config,
  activities: WorkerActivities,
  workflows = builtWorkflows,
): Promise<Worker[]> {
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    // Activities are short and cannot be interrupted; what is running may finish before the process ends.
    shutdownGraceTime: '25 seconds',
    interceptors: { activity: [stuckSteps(config.STUCK_AFTER_SECONDS * 1_000)] },
  };
  return Promise.all([
    Worker.create({
      ...shared,
      taskQueue: config.TASK_QUEUE,
      workflowBundle: { codePath: workflows },
      activities: { ...activities.steps },
    }),
    Worker.create({ ...shared, taskQueue: undoTaskQueue(config.TASK_QUEUE), activities: { ...activities.undo } }),
    Worker.create({
      ...shared,
      taskQueue: paymentsTaskQueue(config.TASK_QUEUE),
      activities: { ...activities.payments },
      maxConcurrentActivityTaskExecutions: maxPaymentSteps,
    }),
  ]);
}
