import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { Histogram, type Registry } from 'prom-client';
import { undoTaskQueue, type LeaveActivities, type NoteActivities, type ResolveActivities, type StepActivities, type SweepActivities, type UndoActivities } from '../../contracts/activities.js';
import type { Config } from '../process/config.js';
import { crashPoint } from '../process/crash-point.js';
import { temporalConnectionOptions } from './connection-options.js';
import { localSteps } from './local-steps.js';
import { stuckSteps } from './stuck-steps.js';

/** Every activity by the task queue that it runs on. */
export interface SagaActivities {
  steps: StepActivities & LeaveActivities & NoteActivities & SweepActivities;
  undo: UndoActivities & ResolveActivities;
}

/** Where `npm run build` puts the workflows, seen from the compiled form of this file. */
const builtWorkflows = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));

/** Connects a worker process to Temporal. Compression costs more than it saves on the way to a server nearby. */
export function connectWorker(config: Config): Promise<NativeConnection> {
  return NativeConnection.connect({ ...temporalConnectionOptions(config), grpcCompression: { codec: 'none' } });
}

/**
 * Makes the two workers of a process: one for workflows and steps, and one for undo steps, which have a task queue
 * of their own so that a crowd of steps never delays an undo.
 * @param workflows the file of the workflow bundle, or the built one
 * @throws what Temporal throws, for example where the namespace does not exist
 */
export async function makeSagaWorkers(
  connection: NativeConnection,
  config: Config,
  activities: SagaActivities,
  registry: Registry,
  workflows = builtWorkflows,
): Promise<Worker[]> {
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    // Activities are short and cannot be interrupted; what is running may finish before the process ends.
    shutdownGraceTime: '25 seconds',
    interceptors: { activity: [stepTimer(registry), stuckSteps(config.STUCK_AFTER_SECONDS * 1_000), localSteps] },
  };
  return Promise.all([
    Worker.create({ ...shared, taskQueue: config.TASK_QUEUE, workflowBundle: { codePath: workflows }, activities: { ...activities.steps } }),
    Worker.create({ ...shared, taskQueue: undoTaskQueue(config.TASK_QUEUE), activities: { ...activities.undo } }),
  ]);
}

type ActivityInterceptorsFactory = NonNullable<NonNullable<WorkerOptions['interceptors']>['activity']>[number];

function stepTimer(registry: Registry): ActivityInterceptorsFactory {
  const seconds = new Histogram({
    name: 'veltrix_step_seconds',
    help: 'Seconds that one attempt of a saga step took, by step and whether it answered',
    labelNames: ['step', 'result'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  return (context) => ({
    inbound: {
      async execute(input, next) {
        const end = seconds.startTimer({ step: context.info.activityType });
        try {
          await crashPoint(`${context.info.activityType}:before`, input.args);
          const answer = await next(input);
          await crashPoint(`${context.info.activityType}:after`, input.args);
          end({ result: 'answered' });
          return answer;
        } catch (error) {
          end({ result: 'failed' });
          throw error;
        }
      },
    },
  });
}
