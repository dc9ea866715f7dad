import type { ItemCounts } from '../inventory/integrity.types.js';
import type { AssetBooks, Days } from '../ledger/integrity.types.js';

/** Two numbers that ought to be the same and are not. */
export interface Break {
  /**
   * `sum` of all balances, which is zero; `faucets` and `sinks`, whose totals are what the account of the mint says;
   * `entries` that are broken, which are none; `instances` that are there, which are minted without those burned.
   */
  check: 'sum' | 'faucets' | 'sinks' | 'entries' | 'instances';
  expected: bigint;
  found: bigint;
}

/** What does not hold of an asset. */
export function breaksOfAsset(books: AssetBooks): Break[] {
  return unequal([
    { check: 'sum', expected: 0n, found: books.sum },
    { check: 'faucets', expected: books.issued, found: books.keptIssued },
    { check: 'sinks', expected: books.returned, found: books.keptReturned },
    { check: 'entries', expected: 0n, found: books.broken },
  ]);
}

/** What does not hold of an item. */
export function breaksOfItem({ minted, burned, owned, held }: ItemCounts): Break[] {
  return unequal([{ check: 'instances', expected: minted - burned, found: owned + held }]);
}

function unequal(checks: Break[]): Break[] {
  return checks.filter(({ expected, found }) => expected !== found);
}

export const dayMs = 86_400_000;

/** The days of a period whose ends are at midnight in UTC. */
export function daysOf(period: { from?: string | undefined; to?: string | undefined }): Days {
  const day = (moment: string | undefined): number | undefined =>
    moment === undefined ? undefined : new Date(moment).getTime() / dayMs;
  return { from: day(period.from), to: day(period.to) };
}
