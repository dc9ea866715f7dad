import { quantile } from './measure.rules.js';
import type { Arrived } from './orders.js';

/** What became of one request. */
export interface Arrival {
  /** Milliseconds from the moment at which it was due. */
  milliseconds: number;
  /** Why it was not accepted; missing where it was. */
  failure?: string;
}

/** The moments at which requests are due, in milliseconds from the beginning. */
export function dueTimes(perSecond: number, milliseconds: number): number[] {
  return Array.from({ length: Math.round((perSecond * milliseconds) / 1_000) }, (_, n) => (n * 1_000) / perSecond);
}

/** Puts requests together. Only those that were accepted have a time. */
export function arrivedOf(arrivals: readonly Arrival[]): Arrived {
  const times = arrivals.filter(({ failure }) => failure === undefined).map(({ milliseconds }) => milliseconds);
  const failed: Record<string, number> = {};
  for (const { failure } of arrivals) if (failure !== undefined) failed[failure] = (failed[failure] ?? 0) + 1;
  return {
    sent: arrivals.length,
    accepted: times.length,
    failed,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}
