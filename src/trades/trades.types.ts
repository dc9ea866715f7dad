import type { Cause } from '../../contracts/nouns.js';

/** What one party gives. Amounts are decimal strings of minor units, which is how they are stored and travel. */
export interface Gives {
  amounts: { asset: string; amount: string }[];
  /** `ins_…` */
  items: string[];
}

/** One side of a trade. */
export interface Party {
  /** The title's own id of the player. */
  player: string;
  gives: Gives;
}

/** A trade always has two sides. */
export type Parties = readonly [Party, Party];

/**
 * `accepted` until its saga has come to an end; `stuck` while it waits for an operator; the other three are final.
 *
 *     accepted ──▶ settled | refused | compensated
 *         ▲  └──▶ stuck ──▶ settled | refused | compensated
 */
export type TradeState = 'accepted' | 'settled' | 'refused' | 'stuck' | 'compensated';
export const tradeStates = ['accepted', 'settled', 'refused', 'stuck', 'compensated'] as const satisfies readonly TradeState[];

/** A trade as its row says. */
export interface Trade {
  /** `trd_…` */
  id: string;
  title: string;
  state: TradeState;
  reason: Cause | null;
  parties: Parties;
  reference: string | null;
  /** The workflow that is to settle it, or null where none is yet. */
  workflowId: string | null;
  createdAt: Date;
  closedAt: Date | null;
}

/** A trade as it is asked for. */
export interface AskedTrade {
  title: string;
  /** The idempotency key of the request. */
  key: string;
  /** SHA-256 of the request's canonical body. */
  fingerprint: Buffer;
  parties: Parties;
  reference: string | null;
}

/** A trade to be accepted. */
export interface NewTrade extends AskedTrade {
  /** `trd_…` */
  id: string;
  /** The workflow that is to settle it, or null where the sweep is to choose one. */
  workflowId: string | null;
}

/** What became of a request for a trade. */
export type AcceptOutcome = { outcome: 'accepted' | 'replayed'; trade: Trade } | { outcome: 'key-reused' };

/** A deal that was closed just now. */
export interface ClosedTrade {
  id: string;
  state: Exclude<TradeState, 'accepted' | 'stuck'>;
  reason: string;
  closedAt: Date;
  /** Seconds from acceptance to close. */
  seconds: number;
}
