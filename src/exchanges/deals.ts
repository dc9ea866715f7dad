import type { Exchange, ExchangeKind } from '../../workflows/contracts.js';

/** The injection token of the list of every kind of deal. */
export const ALL_DEALS = Symbol('all deals');

/** An open deal that was started once, by the workflow that was to settle it. */
export interface StartedExchange {
  exchange: Exchange;
  workflowId: string;
}

/**
 * What the starter and the sweep ask of the boundary that keeps a kind of deal. All three reads and writes
 * concern open rows only.
 */
export interface Deals {
  readonly kind: ExchangeKind;
  /** Notes the workflow on the rows before it is started, so that a sweep knows what to look for. */
  noteStart(ids: readonly string[], workflowId: string): Promise<void>;
  /** Open deals that were accepted at least so long ago and never started, the oldest first. */
  neverStarted(olderThanSeconds: number, most: number): Promise<Exchange[]>;
  /** Open deals whose last start is at least so long ago, those that were looked at longest ago first. */
  stillOpen(olderThanSeconds: number, most: number): Promise<StartedExchange[]>;
}
