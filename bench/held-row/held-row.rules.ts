import { median } from '../driver/measure.rules.js';
import type { BesideReport } from '../driver/orders.js';

/** What does not need the row, by the names that the table gives it. */
export const others = { transfers: 'a transfer', accepted: 'a trade accepted', settled: 'a trade settled' } as const;
export type OtherName = keyof typeof others;
export const otherNames = Object.keys(others) as OtherName[];

/** The parts of one run, in their order. */
export const parts = ['before', 'held', 'after'] as const;
export type PartName = (typeof parts)[number];

/** All runs beside one row, part by part. */
export interface HeldRuns {
  /** Which row is held. */
  row: string;
  parts: Record<PartName, BesideReport[]>;
}

/** How many times its p99 of before something may have while the row is held. */
const most = 2;

/** A quantile in a part, in the middle of all runs. */
export function middleOf({ parts }: HeldRuns, part: PartName, name: OtherName, quantile: 'p50' | 'p99'): number {
  return median(parts[part].map((report) => report[name][quantile]));
}

/** How many times its p99 of before something has in a part. */
export function timesBefore(runs: HeldRuns, part: PartName, name: OtherName): number {
  return middleOf(runs, part, name, 'p99') / middleOf(runs, 'before', name, 'p99');
}

/** Why runs do not count, or do not hold what is wanted; one sentence each. */
export function faultsOf(runs: HeldRuns): string[] {
  const failed = parts.flatMap((part) =>
    runs.parts[part].flatMap((report) =>
      otherNames.flatMap((name) =>
        Object.entries(report[name].failed).map(
          ([why, count]) => `${runs.row}, ${part}: ${others[name]} has failed ${count} times: ${why}`,
        ),
      ),
    ),
  );
  const slow = otherNames.flatMap((name) => {
    const times = timesBefore(runs, 'held', name);
    return times <= most ? [] : [`${runs.row}: the p99 of ${others[name]} is ${times.toFixed(2)} times that of before`];
  });
  return [...failed, ...slow];
}
