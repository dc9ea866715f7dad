import type { OutsideMovementKind } from '../../contracts/activities.js';
import type { AccountMode, Provider } from './accounts.types.js';
import type { DisputeStatus, OutsideName } from './outside-port.types.js';
import type { ProviderMovement } from './payments.types.js';
import type { Evidence } from './provider.types.js';

/** How far a dispute is. It is `other` nowhere: what is not known changes nothing. */
export type DisputeState = Exclude<DisputeStatus, 'other'>;

/** What a dispute is kept as. */
export interface Dispute {
  /** The provider's id. */
  reference: string;
  state: DisputeState;
  amount: bigint;
  currency: string;
  reason: string | null;
  dueBy: Date | null;
  hasEvidence: boolean;
  openedAt: Date;
  /** The status in the provider's own word, and what else it goes by. */
  evidence: Evidence;
}

/** A movement of money that Veltrix has not asked for, as it is kept. */
export interface OutsideMovement {
  kind: OutsideMovementKind;
  /** The provider's id of the refund, or of the movement on the balance. */
  reference: string;
  /** The provider's id of the dispute; null for a refund. */
  dispute: string | null;
  currency: string;
  amount: bigint;
  /** By how much it changes what has gone back of its payment. Less than the amount where that is all of it. */
  counted: bigint;
  movedAt: Date;
  evidence: Evidence;
}

/** The payment that an intent belongs to, with what is known of the money that went back of it. */
export interface OutsideOwner {
  /** The id of the purchase. */
  payment: string;
  title: string;
  provider: Provider;
  /** The provider's id of the intent. */
  intent: string;
  mode: AccountMode;
  currency: string;
  captured: bigint;
  returned: bigint;
  /**
   * Whether the purchase is paid with the intent, an orphan that nothing was granted for is, or that is not decided
   * yet.
   */
  is: 'payment' | 'orphan' | 'undecided';
  movements: readonly Pick<OutsideMovement, 'kind' | 'reference' | 'dispute' | 'counted'>[];
  disputes: readonly Dispute[];
}

/** What a look has come to for an owner. */
export interface OutsideFound {
  movements: OutsideMovement[];
  /** The disputes that are new or have changed, with what they were before. */
  disputes: { before: Dispute | undefined; dispute: Dispute }[];
  returned: bigint;
  /** Whether more will happen by itself: a refund is pending, or a dispute is open. */
  isOpen: boolean;
  /** What keeps some of it from being booked, for a person. */
  trouble: string | undefined;
}

/** A look that is due, taken by one process. Another take of it makes this one worth nothing. */
export interface OutsideLook extends OutsideName {
  look: string;
  takes: number;
  title: string;
  provider: Provider;
  createdAt: Date;
}

/** A walk through what an account tells, as far as it is. */
export interface OutsideWalk {
  title: string;
  provider: Provider;
  /** All that was made before is seen. */
  walkedUntil: Date;
  /** The walk that is under way, or null. */
  window: { from: Date; to: Date } | null;
  after: string | null;
}

/** A movement of principal with which the goods of its purchase have to follow. */
export interface MovedForGoods {
  /** The id of its row. */
  movement: string;
  title: string;
  provider: Provider;
  /** The id of the purchase. */
  payment: string;
  kind: OutsideMovementKind;
  /** The provider's id of the refund, or of the movement on the balance. */
  reference: string;
  /** The provider's id of the refund, or of the dispute. */
  about: string;
  /** By how much it changes what has gone back of the purchase; negative where money came back. */
  counted: bigint;
  /** What all movements of the refund or dispute come to, up to this one. */
  away: bigint;
  /** Whether it was found long ago. */
  isLate: boolean;
}

/** A movement that is to be booked, with the id of its row. */
export interface OutsideBooking extends ProviderMovement {
  kind: OutsideMovementKind;
  movement: string;
}
