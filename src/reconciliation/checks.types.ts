import type { DatabaseName } from '../postgres/data-sources.js';
import type { BreakType } from './break-types.rules.js';

/*
 * What a reconciliation is made of: checks, each of which walks through one kind of record part by part. The SQL of a
 * check names the tables of every boundary, reads alone, and shares no code with the services that have written them.
 */

/**
 * `hot` looks at what is open and at what is late, `incremental` at what is new as well, `full` at everything, and
 * `history` also at every run that is stored.
 */
export const runKinds = ['hot', 'incremental', 'full', 'history'] as const;
export type RunKind = (typeof runKinds)[number];

/** What answers statements. Numbers of 64 bits and numerics come as decimal strings, moments as dates. */
export interface Snapshot {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** A connection that reads alone. Every statement of it is one snapshot. */
export interface Reader extends Snapshot {
  /**
   * Reads what there is at one moment by several statements. PostgreSQL keeps that moment until the last of them has
   * ended, so this is for sums alone: what is summed up changes from statement to statement otherwise.
   */
  inOneSnapshot<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T>;
}

/**
 * Where a database was cut. Every transaction below `xmax` has ended before the run looks at anything, so the rows
 * whose `transaction_id` is less are the same however often and however late they are read.
 */
export interface Cut {
  /** An xid8 in decimal. */
  xmax: string;
  /** The moment of the database at the cut. */
  at: Date;
}

/** With what a check looks. */
export interface Look {
  read: Readonly<Record<DatabaseName, Reader>>;
  cut: Readonly<Record<DatabaseName, Cut>>;
  run: {
    /** `rec_…` */
    id: string;
    kind: RunKind;
    /** Only what is this title's; null for all titles. */
    title: string | null;
    /** Only what was made since then, where the check can tell; null for all. */
    since: Date | null;
  };
  /** The moment by which it is judged what is late: that of the cut of the main database. */
  now: Date;
}

/** Two records that do not agree. */
export interface Finding {
  type: BreakType;
  title: string;
  /** What it is about: the id, for example `pur_…`, `trf_…`, `ins_…` or `txn_…`, or the owner of an account. */
  subject: string;
  /** The owner of the account where it is about one: `player:anna`, `system:clearing:stripe`. */
  account?: string;
  /** The asset, the currency or the item. */
  asset?: string;
  /** By how much, in minor units or instances. Its sign says the direction: what is too much is above 0. */
  amount?: bigint;
  /** What disagrees, in one sentence with the values of both sides. */
  detail: string;
  /** Since when, as the records say. */
  since: Date;
  /** From when on it is a break. Until then it is pending. Missing where there is nothing to wait for. */
  breaksAt?: Date;
  /** By what the check looks at it again: see Check.again. */
  place: string;
}

/** A line of the bridge: what an account had, what has moved on it, and what it has. */
export interface BridgeLine {
  title: string;
  /** `asset` for what all owners but the mint have of it, or the owner of a clearing account. */
  account: string;
  asset: string;
  /** What has moved until the cut, by what moved it. */
  movements: Readonly<Record<string, bigint>>;
  /** What the records say that there is. */
  closing: bigint;
}

/** Why a run cannot say that the records agree, though nothing was found. A verdict with reasons is `INCOMPLETE`. */
export interface Reason {
  code:
    | 'short-page'
    | 'changed-while-read'
    | 'side-unreadable'
    | 'permission'
    | 'broken-chain'
    | 'newer-schema'
    | 'balance-differs'
    | 'items-differ';
  detail: string;
  /** Whose run it is no more; null for everybody's. */
  title: string | null;
}

/** What a look at one part came to. */
export interface Part {
  findings: Finding[];
  lines?: BridgeLine[];
  reasons?: Reason[];
  /** How many records were looked at, by what they are: `{ trades: 1000, entries: 4000 }`. */
  looked: Readonly<Record<string, number>>;
  /** Where the next part begins, or null where this was the last. It is kept, so that a run goes on after a crash. */
  next: string | null;
}

/** One kind of record that is compared with others. */
export interface Check {
  /** Its name in progress and evidence, for example `trades`. */
  readonly name: string;
  readonly kinds: readonly RunKind[];
  /** Whether it writes what the checks behind it read. Those wait for it, and it waits for those before it. */
  readonly writes?: true;
  /**
   * Looks at the part behind a place. A part is some thousand records, takes less than some seconds, and keeps
   * nothing in memory. It answers the same for the same part, as long as no record has changed.
   * @param after null for the first part
   * @throws what PostgreSQL throws. The part is looked at again then
   */
  look(look: Look, after: string | null): Promise<Part>;
  /**
   * Looks once more at what was found, with everything read anew. The sides of a comparison are read one after the
   * other, and what moves on between two reads looks like a break. Only what is found twice counts.
   * @param places the places of findings of this check
   */
  again(look: Look, places: readonly string[]): Promise<Finding[]>;
  /**
   * Of which of the places this run cannot say that nothing is wrong there, because a side of them was not read in it.
   * A check without this can always say so.
   */
  unsure?(look: Look, places: readonly string[]): Promise<string[]>;
}
