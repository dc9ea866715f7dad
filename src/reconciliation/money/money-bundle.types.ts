import type { BreakType } from '../break-types.rules.js';
import type { Bodies, ObjectKind } from './provider-objects.types.js';

/* All that the four databases say of one purchase in real money. */

/** A record of a provider, with when it was made and when it was last seen to change. */
export type Told<Kind extends ObjectKind> = Bodies[Kind] & { id: string; at: Date };

export interface PurchaseRow {
  id: string;
  title: string;
  player: string;
  state: string;
  createdAt: Date;
  closedAt: Date | null;
}

export interface RefundRow {
  id: string;
  state: string;
  amount: string;
  currency: string;
  reference: string | null;
  updatedAt: string;
}

export interface OrphanRow {
  reference: string | null;
  state: string;
}

export interface DisputeRow {
  reference: string;
  state: string;
  updatedAt: string;
}

export interface MovementRow {
  kind: string;
  reference: string;
}

export interface PaymentRow {
  id: string;
  title: string;
  provider: string;
  currency: string;
  amount: string;
  state: string;
  reference: string | null;
  captured: string;
  captureBefore: Date | null;
  createdAt: Date;
  updatedAt: Date;
  /** When the capture was sent or answered last. */
  captureAt: Date | null;
  refunds: RefundRow[];
  orphans: OrphanRow[];
  disputes: DisputeRow[];
  movements: MovementRow[];
}

/** What a transfer has moved on the clearing account of the purchase's provider. What has come to it is above 0. */
export interface Posting {
  transfer: string;
  /** The key under which it is kept, where that is one that the purchase may have. */
  key: string | null;
  reason: string;
  reference: string;
  asset: string;
  amount: bigint;
  at: Date;
  /** Whether it moves something of a player as well. */
  hasPlayer: boolean;
}

/** An intent of the purchase with all that belongs to it. */
export interface IntentBundle {
  intent: Told<'payment_intent'>;
  charges: Told<'charge'>[];
  refunds: Told<'refund'>[];
  disputes: Told<'dispute'>[];
  /** The movements on the balance of its charges. */
  transactions: Told<'balance_transaction'>[];
}

export interface MoneyBundle {
  payment: PaymentRow;
  purchase: PurchaseRow | undefined;
  intents: IntentBundle[];
  /** What is about intents that the purchase names, and that the provider does not tell. */
  strays: Pick<IntentBundle, 'refunds' | 'disputes'>;
  /** Everything of it on the clearing account of its provider. */
  postings: Posting[];
  /** When a transfer has granted something to the player, whatever it has moved on the clearing account. */
  grantedAt: Date | null;
  /** The state of the hold of its items, if there is one. */
  hold: string | null;
  /** Whether every list of its account was read in this run, from some moment on. */
  isRead: boolean;
  /**
   * Whether all that the provider has of it was read in this run. Only then is what is missing missing, and what is
   * open open.
   */
  isWhole: boolean;
}

/** What a rule has found of a purchase. */
export interface Found {
  type: BreakType;
  /** Where it is to be looked at again; the purchase where it is missing. */
  place?: string;
  subject?: string;
  account?: string;
  asset?: string;
  amount?: bigint;
  detail: string;
  /** The latest of the moments that it goes by. */
  since: Date;
  /** For how long it may be so. */
  graceMs: number;
}
