import type { Flow } from './mint-totals.rules.js';

/** What the mint has given out or taken back for one reason, in minor units. Null for all other reasons together. */
export interface ReasonTotal {
  reason: string | null;
  amount: bigint;
}

/** What the books say of one asset, twice: by the accounts, and by the kept totals. In minor units. */
export interface AssetBooks {
  asset: string;
  /** Where it stands in the list of assets, which is ordered by it. */
  sequence: string;
  /** What all owners but the mint have together. */
  supply: bigint;
  /** What all owners have together, the mint included. */
  sum: bigint;
  /** All that ever left the mint and came back to it, by its account. */
  issued: bigint;
  returned: bigint;
  /** The same by the kept totals. */
  keptIssued: bigint;
  keptReturned: bigint;
  /** Entries and accounts that the check of entries has found broken. */
  broken: bigint;
}

/** A period of whole days of UTC, as days since 1970-01-01: from the first, and to before the last. */
export interface Days {
  from?: number | undefined;
  to?: number | undefined;
}

/** What is asked of the books of a title. */
export interface BooksQuestion {
  title: string;
  /** This asset alone. */
  asset?: string | undefined;
  days: Days;
  /** Which of the assets are shown with their reasons. */
  shown(books: readonly AssetBooks[]): readonly AssetBooks[];
}

/** What the books of a title say, all of it from one snapshot. */
export interface TitleBooks {
  at: Date;
  /** Since when every entry was looked at once by the check; null where it has not come through yet. */
  entriesCheckedSince: Date | null;
  /** Newest first. */
  assets: AssetBooks[];
  /** By asset, what `shown` has named, the largest first. */
  reasons: ReadonlyMap<string, Record<Flow, ReasonTotal[]>>;
}
