/** The kinds of records that are read from a provider. */
export const objectKinds = ['payment_intent', 'charge', 'refund', 'dispute', 'balance_transaction', 'payout'] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** A record of a provider as it is kept: what the checks need of it, amounts as decimal strings. */
export interface ReadObject {
  kind: ObjectKind;
  id: string;
  body: Readonly<Record<string, unknown>>;
  /** The SHA-256 of the body. */
  version: string;
  /** The SHA-256 of what can change no more; null where all of it may change yet. */
  settled: string | null;
  /** Our own key on it, where it has one. */
  purchase: string | null;
  /** The intent of a charge, refund or dispute, and the source of a balance transaction. */
  about: string | null;
  /** Seconds since 1970. */
  created: number;
}

/** An intent. A currency is upper case here, and a title and a purchase are those of its metadata. */
export interface ToldIntent {
  status: string;
  amount: string;
  received: string;
  capturable: string;
  currency: string;
  charge: string | null;
  title: string | null;
  purchase: string | null;
  /** By what it says that another application has made it: `application`, `metadata` or `description`. */
  foreign: string | null;
}

export interface ToldCharge {
  status: string;
  amount: string;
  captured: string;
  currency: string;
  intent: string | null;
  transaction: string | null;
  captureBefore: number | null;
  title: string | null;
  purchase: string | null;
  foreign: string | null;
}

export interface ToldRefund {
  status: string;
  amount: string;
  currency: string;
  intent: string | null;
  charge: string | null;
  transaction: string | null;
  title: string | null;
  purchase: string | null;
  /** The id of the refund that we have asked for. */
  refund: string | null;
  foreign: string | null;
}

export interface ToldDispute {
  status: string;
  amount: string;
  currency: string;
  intent: string | null;
  charge: string | null;
  transactions: readonly { id: string; amount: string; fee: string; currency: string; created: number }[];
}

/** A movement on the balance of an account. What has left is below 0, and the fee is taken off it. */
export interface ToldTransaction {
  type: string;
  amount: string;
  fee: string;
  currency: string;
  source: string | null;
}

export interface ToldPayout {
  status: string;
  amount: string;
  currency: string;
  automatic: boolean;
  /** Whether the provider says yet what it contains. */
  contents: string | null;
  transaction: string | null;
}

/** The body of each kind. */
export interface Bodies {
  payment_intent: ToldIntent;
  charge: ToldCharge;
  refund: ToldRefund;
  dispute: ToldDispute;
  balance_transaction: ToldTransaction;
  payout: ToldPayout;
}

/** The name of a record. */
export interface ObjectName {
  title: string;
  provider: string;
  kind: ObjectKind;
  id: string;
}

/** A record with the intent that it belongs to, as far as that was read. */
export interface RecordRow extends ObjectName {
  body: Record<string, unknown>;
  about: string | null;
  at: Date;
  before: Record<string, unknown> | null;
  beforeAt: Date | null;
  /** The kind of the record that a movement on the balance is of. */
  source: ObjectKind | null;
  intentId: string | null;
  intent: Record<string, unknown> | null;
}
