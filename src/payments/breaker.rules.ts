/*
 * The breaker of one account at a provider. It keeps a provider that is away from being asked by all at once.
 *
 * | the breaker is | most calls fail, or one is denied | its pause is over | a call succeeds |
 * |----------------|-----------------------------------|-------------------|-----------------|
 * | closed         | → open                            |                   |                 |
 * | open           |                                   | → half open       |                 |
 * | half open      | → open, for twice as long         |                   | → closed        |
 *
 * Half open it lets one call go at a time. Closed again it lets two go, then four, up to as many as may.
 */
export type BreakerState = 'closed' | 'open' | 'half open';

export interface Breaker {
  state: BreakerState;
  /** What it was opened by. */
  why: string;
  /** When it lets a call go again, in milliseconds of a clock. */
  until: number;
  pauseMs: number;
  /** How many calls may be under way. */
  atOnce: number;
  /** The ends of calls in the last minute, the oldest first. */
  recent: readonly { at: number; failed: boolean }[];
}

const firstPauseMs = 2_000;
const maxPauseMs = 30_000;
/** The most calls of one account that a process has under way. */
export const maxAtOnce = 128;
const window = { ms: 60_000, calls: 500 };
/** So many calls at least must have ended before their failures count. */
const enough = 5;

export const closedBreaker: Breaker = {
  state: 'closed',
  why: '',
  until: 0,
  pauseMs: firstPauseMs,
  atOnce: maxAtOnce,
  recent: [],
};

/** The breaker as it is now: one whose pause is over is half open. */
export function breakerAt(breaker: Breaker, now: number): Breaker {
  return breaker.state === 'open' && now >= breaker.until ? { ...breaker, state: 'half open', atOnce: 1 } : breaker;
}

/** The breaker after a call has ended. */
export function afterCall(breaker: Breaker, now: number, end: 'succeeded' | 'failed' | 'denied', why: string): Breaker {
  const since = breaker.recent.findIndex(({ at }) => at > now - window.ms);
  const first = since < 0 ? breaker.recent.length : Math.max(since, breaker.recent.length + 1 - window.calls);
  const recent = [...breaker.recent.slice(first), { at: now, failed: end !== 'succeeded' }];
  const counted = { ...breaker, recent };
  if (end === 'succeeded') return afterSuccess(counted);
  if (breaker.state === 'open') return counted;
  if (breaker.state === 'half open') return opened(counted, now, Math.min(breaker.pauseMs * 2, maxPauseMs), why);
  const failed = counted.recent.filter((one) => one.failed).length;
  const mostFail = counted.recent.length >= enough && failed * 2 > counted.recent.length;
  return end === 'denied' || mostFail ? opened(counted, now, firstPauseMs, why) : counted;
}

function afterSuccess(breaker: Breaker): Breaker {
  // A call that was sent before the breaker opened says nothing of how it is now.
  if (breaker.state === 'open') return breaker;
  const recent = breaker.state === 'half open' ? [] : breaker.recent;
  return { ...breaker, state: 'closed', why: '', recent, atOnce: Math.min(breaker.atOnce * 2, maxAtOnce) };
}

function opened(breaker: Breaker, now: number, pauseMs: number, why: string): Breaker {
  return { ...breaker, state: 'open', why, until: now + pauseMs, pauseMs, atOnce: 1 };
}
