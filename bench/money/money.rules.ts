import type { Summary } from '../report/summary.rules.js';
import type { ProcessName } from '../system/system.js';
import type { ArrivalResult } from './arrival-run.js';

/** Half of the purchases a second that complete where most are in flight, as a whole number. */
export function halfOfMost(completions: readonly Summary[]): number {
  const rates = completions.filter(({ way }) => way === 'money').map(({ tradesPerSecond }) => tradesPerSecond);
  return Math.max(1, Math.round(Math.max(...rates) / 2));
}

/** Who takes the processor time of a purchase, as shares of all of it. */
export function sharesOf(cpu: Summary['cpu']): [name: ProcessName, share: number][] {
  const all = Object.values(cpu).reduce((sum, value) => sum + value, 0);
  return (Object.entries(cpu) as [ProcessName, number][])
    .filter(([, value]) => value > 0)
    .map(([name, value]) => [name, value / all]);
}

/** Processor milliseconds of a purchase, without what only stands for the provider and speaks to it. */
export function withoutProvider(cpu: Summary['cpu'], clientMs: number): number {
  const all = Object.values(cpu).reduce((sum, value) => sum + value, 0);
  return all - cpu.simulator - clientMs;
}

/** What the arrivals at one rate come to, after beside before. */
export interface Change {
  perSecond: number;
  /** Accept p50 with a processor that is healthy, as a share of what it was before. */
  latency: number;
  /** The worst and the best accept p99 of Veltrix, whatever was wrong. */
  p99: { worst: number; best: number };
  /** The share of the purchases that were not accepted while the processor hung or was gone. */
  errors: { before: number; after: number };
}

/** Compares what was before with what is after, at each rate. */
export function changesOf(arrivals: readonly ArrivalResult[]): Change[] {
  return [...new Set(arrivals.map(({ perSecond }) => perSecond))].map((perSecond) => {
    const some = arrivals.filter((one) => one.perSecond === perSecond);
    const after = some.filter(({ design }) => design === 'veltrix');
    const before = some.filter(({ design }) => design !== 'veltrix');
    const healthy = (all: readonly ArrivalResult[]): number =>
      all.find(({ outage }) => outage === 'none')?.purchases.p50 ?? Number.NaN;
    const p99s = after.map(({ purchases }) => purchases.p99);
    return {
      perSecond,
      latency: healthy(after) / healthy(before),
      p99: { worst: Math.max(...p99s), best: Math.min(...p99s) },
      errors: { before: errorsOf(before), after: errorsOf(after) },
    };
  });
}

function errorsOf(all: readonly ArrivalResult[]): number {
  const away = all.filter(({ outage }) => outage === 'hung' || outage === 'gone');
  const sum = (of: (one: ArrivalResult) => number): number => away.reduce((total, one) => total + of(one), 0);
  const sent = sum(({ purchases }) => purchases.sent);
  return (sent - sum(({ purchases }) => purchases.accepted)) / sent;
}
