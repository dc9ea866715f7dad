/** What is to be done about an attempt of a step that has failed. */
export type AfterFailure = { tell: 'stuck' } | { tell: 'failed'; nextRetryMs?: number };

/** How the attempts of a step follow each other, in milliseconds. */
export interface RetryPace {
  firstMs: number;
  coefficient: number;
  maxMs: number;
}

/**
 * Whether the run is to be told that it is stuck. A step that has been tried once only is not, however long it
 * took: its worker may have been away. The attempt after which the run would be told is not put off beyond that moment.
 * @param failedForMs since when the step was to be done
 * @param attempt the number of the attempt that has failed, 1 for the first
 */
export function afterFailure({
  failedForMs,
  stuckAfterMs,
  attempt,
  pace,
}: {
  failedForMs: number;
  stuckAfterMs: number;
  attempt: number;
  pace: RetryPace;
}): AfterFailure {
  if (attempt > 1 && failedForMs >= stuckAfterMs) return { tell: 'stuck' };
  const next = Math.min(pace.firstMs * pace.coefficient ** (attempt - 1), pace.maxMs);
  const left = stuckAfterMs - failedForMs;
  return left > 0 && left < next ? { tell: 'failed', nextRetryMs: left } : { tell: 'failed' };
}

/**
 * How long an attempt may take before the run is told that it is stuck, since one that hangs does not fail: undefined
 * for the first, which may take its time.
 */
export function hangsAfterMs({
  failedForMs,
  stuckAfterMs,
  attempt,
}: {
  failedForMs: number;
  stuckAfterMs: number;
  attempt: number;
}): number | undefined {
  return attempt > 1 ? Math.max(stuckAfterMs - failedForMs, minForOneAttemptMs) : undefined;
}

/** Longer than an attempt takes that works. */
const minForOneAttemptMs = 5_000;
