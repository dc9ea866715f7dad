import type { MovementKind, OutsideMovementKind } from '../../contracts/activities.js';
import type { Cause } from '../../contracts/nouns.js';
import type { Provider } from './accounts.types.js';
import type { Operation, PaymentState, ProviderMovement } from './payments.types.js';
import type { Evidence } from './provider.types.js';

/**
 * How far an orphan is: looked at now and then, taken by its payment after all, open to be paid or captured, captured,
 * on its way back, or given back.
 */
export type OrphanState = 'watched' | 'taken' | 'open' | 'captured' | 'refunding' | 'returned';

export const orphanCallKinds = ['orphan-cancel', 'orphan-refund'] as const;
export type OrphanCallKind = (typeof orphanCallKinds)[number];

/** A call about an orphan, written down before it is made. Its seq counts those of the payment. */
export type OrphanCall = Operation<OrphanCallKind>;

/** What is booked of an orphan. */
export type OrphanBooking = Exclude<MovementKind, 'fee' | OutsideMovementKind>;

/** An intent at the provider that no purchase takes: its payment is cancelled, or has another intent. */
export interface Orphan {
  id: string;
  /** The id of the purchase. */
  payment: string;
  title: string;
  provider: Provider;
  /** The provider's id of the intent; null for one that may have been made, and is looked for. */
  reference: string | null;
  state: OrphanState;
  /** How often it was looked at since nothing of it is open. */
  looks: number;
  /** When it is looked at again, or null for never. */
  dueAt: Date | null;
  /** That of what was captured, as the provider tells it. */
  currency: string | null;
  captured: bigint;
  /** What was given back for good. */
  refunded: bigint;
  /** The provider's id of the refund that gives it back. */
  refund: string | null;
  fee: { amount: bigint; currency: string } | null;
  /** What is booked of it. */
  booked: readonly OrphanBooking[];
  parked: Cause | null;
  evidence: Evidence | null;
  createdAt: Date;
  /** The last call of each kind. */
  calls: Partial<Record<OrphanCallKind, OrphanCall>>;
}

/** An orphan as it is written down first. */
export interface NewOrphan {
  payment: string;
  title: string;
  provider: string;
  reference: string | null;
  /** In how many seconds it is looked at first. */
  seconds: number;
}

/** What an orphan's payment says of it. */
export interface OrphanOwner {
  state: PaymentState;
  reference: string | null;
  isTurnedBack: boolean;
  amount: bigint;
  mode: 'test' | 'live';
  /** When its first create was written down, and when the last was answered or sent; null where it has none. */
  created: { from: Date; to: Date } | null;
  /** The last seq of each kind, over all orphans of the payment. */
  lastSeq: Readonly<Record<OrphanCallKind, number>>;
}

/** What goes out for an orphan next. */
export interface OrphanNext {
  orphan: Orphan;
  call?: { kind: 'orphan-cancel'; seq: number } | { kind: 'orphan-refund'; seq: number; amount: bigint };
}

/** What a decision goes by. */
export interface OrphanLook {
  owner: OrphanOwner;
  now: Date;
  /** How long a key is known to the provider by what it has answered. */
  windowHours: number;
}

/** What has moved at a provider for an orphan, and is to be booked. */
export interface OrphanMovement extends ProviderMovement {
  kind: OrphanBooking;
  orphan: string;
}
