import type { Cause, Exchange } from '../../contracts/nouns.js';

/**
 * `accepted` until its saga has come to an end; `stuck` while its run is stuck or parked; the other three are final.
 *
 *     accepted ──▶ settled | refused | compensated
 *         ▲  └──▶ stuck ──▶ settled | refused | compensated
 */
export type DealState = 'accepted' | 'settled' | 'refused' | 'stuck' | 'compensated';
export const dealStates = [
  'accepted',
  'settled',
  'refused',
  'stuck',
  'compensated',
] as const satisfies readonly DealState[];

/** What the row of every deal says, whatever its kind. */
export interface DealRecord {
  /** Prefix and UUID, for example `trd_…`. */
  id: string;
  title: string;
  state: DealState;
  reason: Cause | null;
  /** The workflow that is to settle it, or null where none is yet. */
  workflowId: string | null;
  createdAt: Date;
  closedAt: Date | null;
}

/** A deal as its row says. `Terms` is what its kind has of its own. */
export type StoredDeal<Terms> = DealRecord & Terms;

/** A deal as it is asked for. */
export type AskedDeal<Terms> = Terms & {
  title: string;
  /** The idempotency key of the request. */
  key: string;
  /** SHA-256 of the request's canonical body. */
  fingerprint: Buffer;
};

/** A deal to be accepted. Its `workflowId` is null where the sweep is to choose one. */
export type NewDeal<Terms> = AskedDeal<Terms> & { id: string; workflowId: string | null };

/** What became of a request for a deal. */
export type AcceptOutcome<Terms> =
  { outcome: 'accepted' | 'replayed'; deal: StoredDeal<Terms> } | { outcome: 'key-reused' };

/** A deal that was closed just now. */
export interface JustClosed {
  id: string;
  state: Exclude<DealState, 'accepted' | 'stuck'>;
  /** The code of its cause, or nothing. */
  reason: string;
  closedAt: Date;
  /** Seconds from acceptance to close. */
  seconds: number;
}

/** A row as PostgreSQL gives it. The columns of its kind are beside these. */
export interface DealRow extends Record<string, unknown> {
  id: string;
  title: string;
  key: string;
  fingerprint: Buffer;
  state: DealState;
  reason_code: string | null;
  reason_detail: string | null;
  workflow_id: string | null;
  created_at: Date;
  closed_at: Date | null;
  transaction_id: string;
  sequence: string;
}

/** A column that a kind of deal has of its own. */
export interface OwnColumn<Terms> {
  name: string;
  type: 'text' | 'bigint' | 'uuid' | 'jsonb';
  /** The value of a deal, as the driver takes it; of `jsonb`, as JSON will say it. */
  of(terms: Terms): unknown;
}

/** A kind of deal: where its rows are, what they say beside what all deals say, and what its sagas settle. */
export interface DealKind<Terms> {
  /** In one word, for example `trade`. Workflow ids, facts and metrics have it. */
  readonly kind: string;
  /** The three letters before the underscore of its ids. */
  readonly prefix: string;
  /** The path of its collection, for example `/v1/trades`. A deal is there by its id. */
  readonly path: string;
  /** The schema of its boundary, which has `open` and the outbox. */
  readonly schema: string;
  /** The table in that schema. */
  readonly table: string;
  readonly columns: readonly OwnColumn<Terms>[];
  /** Which of the columns name a player: of every deal there is one at least. */
  readonly players: readonly [string, ...string[]];
  /** Which of the columns the fact of its acceptance says. */
  readonly told: readonly string[];
  termsOf(row: DealRow): Terms;
  exchangeOf(deal: Terms & { id: string; title: string }): Exchange;
}
