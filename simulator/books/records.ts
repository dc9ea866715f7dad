/** What the books hold. Times are seconds since 1970 where nothing else is said; amounts are minor units. */

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

export type CaptureMethod = 'manual' | 'automatic';

export const webhookModes = ['on', 'off', 'duplicate', 'reorder', 'delay', 'forge'] as const;
export type WebhookMode = (typeof webhookModes)[number];
export const webhookKinds = ['snapshot', 'thin'] as const;
export type WebhookKind = (typeof webhookKinds)[number];

/** An account. Its id is its secret key; its name is what Stripe calls `acct_…`. */
export interface Account {
  id: string;
  name: string;
  created: number;
}

/** Why a payment failed, as `last_payment_error` and the error of an answer say it. */
export interface PaymentFailure {
  type: 'card_error' | 'invalid_request_error';
  code: string;
  decline_code?: string;
  message: string;
}

interface Owned {
  id: string;
  /** The secret key of the account. */
  account: string;
  created: number;
}

export interface Intent extends Owned {
  amount: bigint;
  currency: string;
  captureMethod: CaptureMethod;
  status: IntentStatus;
  paymentMethod: string | null;
  clientSecret: string;
  metadata: Record<string, string>;
  description: string | null;
  latestCharge: string | null;
  capturable: bigint;
  received: bigint;
  canceledAt: number | null;
  cancellationReason: string | null;
  failure: PaymentFailure | null;
}

export interface Charge extends Owned {
  intent: string;
  amount: bigint;
  captured: bigint;
  /** What refunds that have not failed have taken of it. */
  refunded: bigint;
  currency: string;
  status: 'pending' | 'succeeded' | 'failed';
  paymentMethod: string;
  captureBefore: number | null;
  disputed: boolean;
  transaction: string | null;
  failure: PaymentFailure | null;
  metadata: Record<string, string>;
}

export type RefundStatus = 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

export interface Refund extends Owned {
  intent: string;
  charge: string;
  amount: bigint;
  currency: string;
  status: RefundStatus;
  reason: string | null;
  failureReason: string | null;
  transaction: string | null;
  metadata: Record<string, string>;
}

export type DisputeStatus =
  'warning_needs_response' | 'warning_closed' | 'needs_response' | 'appeal_under_review' | 'prevented' | 'won' | 'lost';

export interface Dispute extends Owned {
  intent: string;
  charge: string;
  amount: bigint;
  currency: string;
  status: DisputeStatus;
  transactions: string[];
}

/** A bank's warning that a payment may be fraud. It moves no money. */
export interface FraudWarning extends Owned {
  intent: string;
  charge: string;
}

export interface Transaction extends Owned {
  type: 'charge' | 'refund' | 'refund_failure' | 'adjustment' | 'payout';
  /** What it is about: a charge, refund, dispute or payout. */
  source: string;
  amount: bigint;
  fee: bigint;
  currency: string;
  payout: string | null;
}

export interface Payout extends Owned {
  amount: bigint;
  currency: string;
  transaction: string;
}

export interface EventRecord extends Owned {
  type: string;
  /** The object as it was, in Stripe's form. */
  object: { id: string; object: string };
  request: string | null;
  key: string | null;
}

export interface Endpoint extends Owned {
  url: string;
  secret: string;
  enabledEvents: string[];
  description: string | null;
  metadata: Record<string, string>;
}

/** An event that an endpoint has not taken yet. */
export interface Delivery {
  id: string;
  event: string;
  endpoint: string;
  mode: Exclude<WebhookMode, 'off'>;
  kind: WebhookKind;
  ms: number;
  attempts: number;
  /** Milliseconds since 1970. */
  firstAt: number;
  nextAt: number;
}

/** What was answered under an idempotency key. */
export interface KeptAnswer {
  id: string;
  /** Method, path and parameters. */
  request: string;
  requestId: string;
  status: number;
  body: string;
  at: number;
}

/** What a call did to the books. */
export type Effect =
  | 'none'
  | 'created'
  | 'updated'
  | 'authorized'
  | 'captured'
  | 'declined'
  | 'requires-action'
  | 'processing'
  | 'cancelled'
  | 'refunded'
  | 'deleted'
  | 'replayed';

/** A call of the API, with what it did. */
export interface Call {
  id: string;
  account: string;
  method: string;
  path: string;
  key: string | null;
  /** ISO 8601. */
  at: string;
  effect: Effect;
  /** Every id and every value of metadata that it was about. */
  about: string[];
}

export const faultNames = [
  'delay',
  'hang',
  'drop-before',
  'drop-after',
  'status',
  'status-stored',
  'truncate',
  'garbage',
  'decline',
  'requires-action',
  'processing',
  'wrong-amount',
  'already-captured',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface Fault {
  id: string;
  on: { method?: string; path?: string; reference?: string };
  fault: FaultName;
  ms?: number;
  status?: number;
  account?: string;
  /** How often it still strikes; without it, for ever. */
  left?: number;
  /** It strikes one call in so many that it fits; without it, each. */
  every?: number;
  /** How many calls it has let pass since it has struck last. */
  passed?: number;
}

/** How events of an account go out. The id is its secret key, or `*` for every other account. */
export interface WebhookSetting {
  id: string;
  mode: WebhookMode;
  kind: WebhookKind;
  ms?: number;
}

/** Every kind of record by the name of its table. */
export interface Tables {
  account: Account;
  intent: Intent;
  charge: Charge;
  refund: Refund;
  dispute: Dispute;
  warning: FraudWarning;
  transaction: Transaction;
  payout: Payout;
  event: EventRecord;
  endpoint: Endpoint;
  delivery: Delivery;
  kept: KeptAnswer;
  call: Call;
  fault: Fault;
  webhooks: WebhookSetting;
}
export type TableName = keyof Tables;
