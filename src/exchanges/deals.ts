import type { DataSource } from 'typeorm';
import type { Cause, Exchange } from '../../contracts/nouns.js';

/** The injection token of the deal books, one for each kind of deal. */
export const DEAL_BOOKS = Symbol('deal books');

/** An open deal whose row names a workflow. That the workflow was started is likely and not known. */
export interface StartedExchange {
  exchange: Exchange;
  workflowId: string;
}

/** Rows that a sweep has looked at. One that cannot be read is counted and is not among what was found. */
export interface Looked<T> {
  looked: number;
  found: T[];
}

/** A deal as an operator sees it beside its saga. */
export interface Deal {
  exchange: Exchange;
  /** The state of its row, for example `settled`. */
  state: string;
  reason: Cause | null;
  /** The workflow that is to settle it, or null where none is yet. */
  workflowId: string | null;
  acceptedAt: Date;
  closedAt: Date | null;
}

/** What the starter, the sweep, the operator's view and the metrics ask of a kind of deal. */
export interface DealBook {
  /** In one word, for example `trade`. */
  readonly kind: string;
  /** The three letters before the underscore of its ids. */
  readonly prefix: string;
  /** The path of its collection, for example `/v1/trades`. A deal is there by its id. */
  readonly path: string;
  /** Records the workflow on the rows of open deals before it is started, so that a sweep knows what to look for. */
  recordStart(ids: readonly string[], workflowId: string): Promise<void>;
  /**
   * Records that a workflow could not be started, on the rows of open deals that still name it. It is for the metrics
   * alone: the start may have taken effect, so a sweep asks Temporal.
   */
  recordFailedStart(ids: readonly string[], workflowId: string): Promise<void>;
  /**
   * Open deals that do not wait, were accepted at least so long ago and whose rows name no workflow, those that were
   * looked at longest ago first.
   */
  withoutRun(olderThanSeconds: number, limit: number): Promise<Looked<Exchange>>;
  /**
   * Open deals that do not wait and whose last start is at least so long ago, those that were looked at longest ago
   * first.
   */
  stillOpen(olderThanSeconds: number, limit: number): Promise<Looked<StartedExchange>>;
  /** Open deals whose wait is over, those that were looked at longest ago first. */
  dueAgain(limit: number): Promise<Looked<Exchange>>;
  /**
   * Ends the waits of deals now, so that a sweep takes them if nobody comes first.
   * @returns those of these ids that have waited, and those that could not be woken, mostly because somebody holds
   *   their rows. Ids of another kind, of closed deals and of those with a run are among neither
   */
  wake(ids: readonly string[]): Promise<{ waited: Exchange[]; notWoken: string[] }>;
  /**
   * The deals of a title that have these ids, open or closed, in no order; ids of another kind or title are left out.
   */
  find(title: string, ids: readonly string[]): Promise<Deal[]>;
  /**
   * Open deals of a title, and of a player where one is given, the newest first: up to `limit` of those before a place,
   * which is the UUID in an id. What becomes of a deal never changes its place.
   */
  openDeals(title: string, player: string | undefined, limit: number, before: string | undefined): Promise<Deal[]>;
  /** Those of these ids that deals have, open or closed, in no order. */
  there(ids: readonly string[]): Promise<string[]>;
  /** Which of these ids are those of open deals. @param on the main database, by the connections of whoever asks */
  openAmong(ids: readonly string[], on: DataSource): Promise<Set<string>>;
  /**
   * The age in seconds of the oldest open deal that was started, and of the oldest that was not; 0 where there is none.
   * A deal that waits counts as neither. Once its wait is over it counts as not started, from then on.
   * @param on the main database, by the connections of whoever asks
   */
  oldestOpen(on: DataSource): Promise<{ started: number; waiting: number }>;
}
