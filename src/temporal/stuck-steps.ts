import { ApplicationFailure, type RetryPolicy } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { stuckError } from '../../contracts/activities.js';
import { afterFailure, hangsAfterMs, type RetryPace } from './stuck.rules.js';
import { messageOf } from '../errors.js';

/**
 * Fails an activity with `StepStuck` once it has failed for longer than `stuckAfterMs`. A run opts in by listing that
 * type as non-retryable. So a healthy run needs no timer. A run that is stuck already no longer lists it.
 */
export function stuckSteps(stuckAfterMs: number): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const pace = info.retryPolicy && paceOf(info.retryPolicy);
        if (pace === undefined) return next(input);
        // Both moments are the server's, so that its clock and this one need not agree.
        const triedForMs = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
        const began = performance.now();
        const { attempt } = info;
        try {
          return await within(next(input), hangsAfterMs({ failedForMs: triedForMs, stuckAfterMs, attempt }));
        } catch (error) {
          const failedForMs = triedForMs + performance.now() - began;
          const after = afterFailure({ failedForMs, stuckAfterMs, attempt, pace });
          // The run asked for this error type itself, so it is passed on.
          if (
            error instanceof ApplicationFailure &&
            info.retryPolicy?.nonRetryableErrorTypes?.includes(error.type ?? '')
          )
            throw error;
          if (after.tell === 'stuck')
            throw ApplicationFailure.create({
              type: stuckError,
              message: messageOf(error),
              cause: error instanceof Error ? error : undefined,
            });
          throw after.nextRetryMs === undefined
            ? error
            : ApplicationFailure.fromError(error, { nextRetryDelay: after.nextRetryMs });
        }
      },
    },
  });
}

/** How the attempts follow each other, where the run wants to be told that it is stuck. */
function paceOf({
  nonRetryableErrorTypes,
  initialInterval,
  backoffCoefficient,
  maximumInterval,
}: RetryPolicy): RetryPace | undefined {
  if (nonRetryableErrorTypes?.includes(stuckError) !== true) return undefined;
  // The SDK hands the policy over with its intervals in milliseconds.
  const firstMs = Number(initialInterval ?? 1_000);
  return { firstMs, coefficient: backoffCoefficient ?? 2, maxMs: Number(maximumInterval ?? firstMs * 100) };
}

/** Rejects after `ms`. The call is not cancelled. A late effect of it is harmless, as for any late attempt. */
async function within<T>(answer: Promise<T>, ms: number | undefined): Promise<T> {
  if (ms === undefined) return answer;
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The step has not answered for ${Math.round(ms / 1_000)} s.`)), ms);
  });
  try {
    return await Promise.race([answer, hangs]);
  } finally {
    clearTimeout(timer);
  }
}
