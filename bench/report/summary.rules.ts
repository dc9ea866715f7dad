import { median } from '../driver/measure.rules.js';
import type { WayName } from '../driver/orders.js';
import type { RunResult } from '../run.js';

type Cpu = RunResult['cpu'];

/** The medians of all runs of one question. */
export interface Summary {
  way: WayName;
  inFlight: number;
  hot: boolean;
  acceptOnly: boolean;
  runs: number;
  tradesPerSecond: number;
  /** The slowest and the fastest run, which say how much the machine drifts. */
  slowest: number;
  fastest: number;
  p50: number;
  p99: number;
  cpu: Cpu;
  cpuOfOthers: number;
  historyBytes: number;
  postgresBytes: number;
}

/** Puts the runs of each question together, in the order in which the questions were asked first. */
export function summarise(results: readonly RunResult[]): Summary[] {
  const groups = new Map<string, RunResult[]>();
  for (const result of results) {
    const name = [result.way, result.inFlight, result.hot, result.acceptOnly].join(' ');
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  return [...groups.values()].map(summaryOf);
}

function summaryOf(results: readonly RunResult[]): Summary {
  const [{ way, inFlight, hot, acceptOnly, cpu }] = results as [RunResult];
  const of = (value: (result: RunResult) => number): number => median(results.map(value));
  const rates = results.map(({ tradesPerSecond }) => tradesPerSecond);
  return {
    way,
    inFlight,
    hot,
    acceptOnly,
    runs: results.length,
    tradesPerSecond: median(rates),
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    cpu: Object.fromEntries(
      Object.keys(cpu).map((name) => [name, of((result) => result.cpu[name as keyof Cpu])]),
    ) as Cpu,
    cpuOfOthers: of(({ cpuOfOthers }) => cpuOfOthers),
    historyBytes: of(({ historyBytes }) => historyBytes),
    postgresBytes: of(({ postgresBytes }) => postgresBytes),
  };
}

/** A figure of one way over that of another. */
export interface Ratio {
  what: string;
  value: number;
}

/** What the comparison comes to; only ratios of one call count, because machines differ. */
export function ratiosOf(summaries: readonly Summary[]): Ratio[] {
  const rates = (way: WayName, hot = false): Summary[] =>
    summaries.filter((one) => one.way === way && one.hot === hot && !one.acceptOnly);
  const best = (way: WayName): Summary | undefined =>
    [...rates(way)].sort((a, b) => b.tradesPerSecond - a.tradesPerSecond)[0];
  const ratios: Ratio[] = [];
  const most = Math.max(...rates('convoys').map(({ inFlight }) => inFlight));
  const ours = rates('convoys').find(({ inFlight }) => inFlight === most);
  for (const [way, name] of [
    ['usual-way', 'one workflow per trade'],
    ['bare-sql', 'one bare SQL transaction per trade'],
  ] as const) {
    const other = best(way);
    if (ours && other)
      ratios.push({
        what: `convoys at ${most} in flight / ${name} at its best, ${other.inFlight} in flight`,
        value: ours.tradesPerSecond / other.tradesPerSecond,
      });
  }
  for (const uniform of rates('convoys')) {
    const hot = rates('convoys', true).find(({ inFlight }) => inFlight === uniform.inFlight);
    if (hot)
      ratios.push({
        what: `20 % of trades on one account / uniform, ${uniform.inFlight} in flight`,
        value: hot.tradesPerSecond / uniform.tradesPerSecond,
      });
  }
  for (const ours of rates('money')) {
    const other = best('usual-purchase');
    if (other)
      ratios.push({
        what:
          `convoys at ${ours.inFlight} in flight / ` +
          `one workflow per purchase at its best, ${other.inFlight} in flight`,
        value: ours.tradesPerSecond / other.tradesPerSecond,
      });
  }
  for (const [way, name, other, otherName] of [
    ['amounts', 'purchases of amounts', 'convoys', 'trades'],
    ['minted', 'purchases with a minted instance', 'convoys', 'trades'],
    ['one-product', 'purchases of one product by all', 'amounts', 'purchases of many'],
  ] as const) {
    for (const ours of rates(way)) {
      const others = rates(other).find(({ inFlight }) => inFlight === ours.inFlight);
      if (others)
        ratios.push({
          what: `${name} / ${otherName}, ${ours.inFlight} in flight`,
          value: ours.tradesPerSecond / others.tradesPerSecond,
        });
    }
  }
  return ratios;
}
