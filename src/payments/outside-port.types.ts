import type { AccountMode } from './accounts.types.js';

/* What a payment provider tells of money that moves without our asking: the nouns of the port. */

/** How far a dispute is, in the words of Veltrix. `other` is a status that this release does not know. */
export type DisputeStatus =
  | 'inquiry'
  | 'inquiry_closed'
  | 'needs_response'
  | 'under_review'
  | 'prevented'
  | 'lost'
  | 'appealed'
  | 'won'
  | 'other';

/** A dispute as the provider tells it: somebody has asked their bank to take a payment back. */
export interface ProviderDispute {
  /** The provider's id, for example `dp_…`. */
  reference: string;
  status: DisputeStatus;
  /** The status in the provider's own word. */
  said: string;
  /** What is disputed, which may be less or more than what was paid. */
  amount: bigint;
  /** ISO 4217, in upper case. */
  currency: string;
  /** Why, in the provider's word. */
  reason: string | null;
  mode: AccountMode;
  /** Until when evidence can be given. */
  dueBy: Date | null;
  hasEvidence: boolean;
  openedAt: Date;
  /** The movements of money that it has made so far. */
  transactions: ProviderTransaction[];
}

/** A movement on the balance of an account. What is taken from the balance is negative. */
export interface ProviderTransaction {
  /** The provider's id, for example `txn_…`. */
  reference: string;
  amount: bigint;
  /** What the provider keeps beside the amount; negative where it gives a fee back. */
  fee: bigint;
  currency: string;
  createdAt: Date;
}

/** What an account tells of money that moves without being asked for, by its id at the provider. */
export interface OutsideName {
  kind: 'intent' | 'refund' | 'dispute' | 'charge' | 'fraud-warning';
  id: string;
}

/** A bank's warning that a payment may be fraud. It moves no money. */
export interface FraudWarning {
  /** What kind of fraud, in the provider's word. */
  fraud: string;
  /** Whether giving the money back would keep a dispute away. */
  isActionable: boolean;
  mode: AccountMode;
}

/** One thing that an account has told since a moment. */
export interface OutsideEntry {
  /** The provider's id of what is told: of a movement on the balance, of a dispute or of a warning. */
  id: string;
  /** What is to be looked at for it, or null where it is about no payment. */
  about: OutsideName | null;
  /** Whether it is a refund that Veltrix has asked for. */
  isOwn: boolean;
}
