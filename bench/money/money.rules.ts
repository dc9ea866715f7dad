import type { Summary } from '../report/summary.rules.js';
import type { ProcessName } from '../system/system.js';

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
