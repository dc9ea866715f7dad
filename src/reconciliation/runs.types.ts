import type { DatabaseName } from '../postgres/data-sources.js';
import type { Cut, Finding, Reason, RunKind } from './checks.types.js';

/** What a run came to. Only `RECONCILED` is green; `INCOMPLETE` says that a side could not be read whole. */
export const verdicts = ['INCOMPLETE', 'BREAKS', 'RECONCILED_WITH_PENDING', 'RECONCILED'] as const;
export type Verdict = (typeof verdicts)[number];

export const runStates = ['accepted', 'running', 'finished'] as const;
export type RunState = (typeof runStates)[number];

export type Cuts = Readonly<Record<DatabaseName, Cut>>;

/** A run as its row says while it goes on. */
export interface StoredRun {
  /** `rec_…` */
  id: string;
  kind: RunKind;
  /** Null for all titles. */
  title: string | null;
  state: RunState;
  since: Date | null;
  /** Null before it has started. */
  cuts: Cuts | null;
  /** The names of its checks, in order; which of them it is at; and behind which place of that. */
  checks: readonly string[];
  atCheck: number;
  after: string | null;
  parts: number;
  looked: Readonly<Record<string, Readonly<Record<string, number>>>>;
  reasons: readonly Reason[];
  /** The last link of the chain when it began to look again; null before that. */
  againFrom: string | null;
}

/** There is no such run: the database was restored to before it was accepted. */
export class RunNotThere extends Error {
  constructor(id: string) {
    super(`There is no reconciliation ${id}. The database may have been restored.`);
  }
}

/** A finding that was found twice, with the check that has found it. */
export interface Confirmed extends Finding {
  check: string;
}

/** What was open before, what has come and gone, and what is open after, of one class. */
export interface Continuity {
  class: string;
  before: Count;
  opened: Count;
  cleared: Count;
  /** By how much the amounts of cases that stay open have changed. */
  changed: bigint;
  after: Count;
}

export interface Count {
  cases: number;
  /** The sum of the amounts without their signs. */
  amount: bigint;
}
