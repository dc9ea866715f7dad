import { Histogram, type Registry } from 'prom-client';
import { crashPoint } from '../process/crash-point.js';

/**
 * Makes what measures activities. An attempt counts where the service is called: as an activity that Temporal has
 * dispatched, or as a step of the local attempt.
 * @returns puts a timer and the crash points around each activity
 */
export function timeActivities(registry: Registry): <T extends object>(activities: T) => T {
  const seconds = new Histogram({
    name: 'veltrix_step_seconds',
    help: 'Seconds that one attempt of a saga step took, by step and whether it answered',
    labelNames: ['step', 'result'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  const timed =
    (step: string, activity: Activity): Activity =>
    async (...given) => {
      const end = seconds.startTimer({ step });
      try {
        await crashPoint(`${step}:before`, given);
        const answer = await activity(...given);
        await crashPoint(`${step}:after`, given);
        end({ result: 'answered' });
        return answer;
      } catch (error) {
        end({ result: 'failed' });
        throw error;
      }
    };
  return <T extends object>(activities: T): T =>
    Object.fromEntries(
      Object.entries(activities as Record<string, Activity>).map(([step, activity]) => [step, timed(step, activity)]),
    ) as T;
}

type Activity = (...given: unknown[]) => Promise<unknown>;
