import type { EntityManager } from 'typeorm';
import type { WaitsFor } from '../../contracts/answers.js';
import type { Cause, Exchange } from '../../contracts/nouns.js';
import type { FieldError, ProblemMembers, Refusal } from '../errors.js';

/** The word of a kind for a deal whose saga has settled it: a trade is settled, a purchase is completed. */
export type DoneState = 'settled' | 'completed' | 'succeeded';

/** What the row of an open deal says that waits for the buyer, and of one that waits for the provider. */
export const waitingStates = { buyer: 'requires_action', provider: 'processing' } as const;
export type WaitingState = (typeof waitingStates)[WaitsFor];

/** How a deal may end beside the ends that all kinds have. */
export type OtherEnd = 'declined' | 'cancelled' | 'expired' | 'failed' | 'canceled';

/**
 * `accepted` until its saga has come to an end; `stuck` while its run is stuck or parked; a waiting state while there
 * is no run, because a person or a provider must act first. The others are final.
 *
 *     accepted ──▶ done | refused | compensated | another end
 *      ▲ ▲ └─▶ stuck ──▶ the same
 *      └─└───▶ requires_action | processing
 */
export type DealState = 'accepted' | DoneState | 'refused' | 'stuck' | 'compensated' | WaitingState | OtherEnd;

/** What a kind of deal says of the states of its deals. */
export interface KindStates {
  /** What its row says where its saga has settled it. */
  readonly done: DoneState;
  /** The states of its deals that wait; missing where none ever does. */
  readonly waiting?: readonly WaitingState[];
  /** What the row says in the place of `refused` and `compensated`, by the codes of the causes that it says it of. */
  readonly ends?: Readonly<Partial<Record<string, OtherEnd>>>;
}

/** The states of the deals of a kind. */
export type StatesOf<K extends KindStates> =
  | 'accepted'
  | K['done']
  | 'refused'
  | 'stuck'
  | 'compensated'
  | (K extends { waiting: readonly (infer W extends WaitingState)[] } ? W : never)
  | (K extends { ends: Readonly<Record<string, infer E extends OtherEnd>> } ? E : never);

/** The states of the deals of a kind, each once. */
export function statesOf<K extends KindStates>({ done, waiting = [], ends = {} }: K): StatesOf<K>[] {
  const states = ['accepted', done, 'refused', 'stuck', 'compensated', ...waiting, ...Object.values(ends)];
  return [...new Set(states)] as StatesOf<K>[];
}

/** Those of them that a deal has while it is open. */
export function openStatesOf({ waiting = [] }: KindStates): DealState[] {
  return ['accepted', 'stuck', ...waiting];
}

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
  | { outcome: 'accepted' | 'replayed'; deal: StoredDeal<Terms> }
  | { outcome: 'key-reused' }
  | { outcome: 'declined'; cause: Declined }
  | { outcome: 'outdated' };

/** Why a deal is not accepted although its request is right. Nothing of it is kept, not even its key. */
export interface Declined extends Refusal, ProblemMembers {
  errors?: readonly FieldError[];
}

/** What a kind of deal holds to beside its rows, in the transactions that accept and close them. */
export interface Admission<Terms> {
  /**
   * Locks the rows by which it decides, and decides for each deal in order. Where several deals of the list have one
   * key, only the first of them takes anything.
   * @returns `outdated` for a deal whose terms are not those of now, and undefined for one that can be accepted
   */
  admit(tx: EntityManager, deals: readonly NewDeal<Terms>[]): Promise<(Declined | 'outdated' | undefined)[]>;
  /** The names of the rows that `admit` decides a deal by. */
  rowsOf(deal: NewDeal<Terms>): readonly string[];
  /** Which of these rows, by their names, somebody holds now; see FindHeld. */
  findHeld(manager: EntityManager, rows: readonly string[], waits: boolean): Promise<string[]>;
  /** Counts deals that were accepted just now. */
  accepted(tx: EntityManager, deals: readonly NewDeal<Terms>[]): Promise<void>;
  /**
   * Locks the rows that `givenUp` and `settled` change for these deals, before the deals' own rows are locked. The
   * order matters: the transaction of `admit` holds the same locks while it waits for the row of a key.
   */
  lock(tx: EntityManager, ids: readonly string[]): Promise<void>;
  /** Which of these deals need rows of `lock` that somebody holds now; see FindHeld. */
  findHeldAtClose(manager: EntityManager, ids: readonly string[], waits: boolean): Promise<string[]>;
  /** Takes back the counts of deals that were closed just now without being done. */
  givenUp(tx: EntityManager, ids: readonly string[]): Promise<void>;
  /** Counts deals that are done just now. It is missing where these change no count. */
  settled?(tx: EntityManager, ids: readonly string[]): Promise<void>;
}

/** A deal that was closed just now. */
export interface JustClosed {
  id: string;
  state: Exclude<DealState, 'accepted' | 'stuck' | WaitingState>;
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
  type: 'text' | 'bigint' | 'uuid' | 'jsonb' | 'boolean';
  /** How a fact tells it, in SQL, where that is not the column as it is. */
  toldAs?: string;
  /** The value of a deal, as the driver takes it; of `jsonb`, as JSON will say it. */
  of(terms: Terms): unknown;
}

/** A kind of deal: where its rows are, what they say beside what all deals say, and what its sagas settle. */
export interface DealKind<Terms> extends KindStates {
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
