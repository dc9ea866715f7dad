import type { AccountMode, AccountSecrets } from './accounts.types.js';
import type { FraudWarning, OutsideEntry, OutsideName, ProviderDispute } from './outside-port.types.js';

/*
 * The port to payment providers. Each adapter speaks to one provider, and nothing else in Veltrix names its words.
 * Amounts are minor units as the provider counts them, which are those of the ledger.
 */

/** The status of an intent. `other` is one that this release does not know. */
export type IntentStatus =
  | 'requires-payment-method'
  | 'requires-confirmation'
  | 'requires-action'
  | 'processing'
  | 'requires-capture'
  | 'succeeded'
  | 'canceled'
  | 'other';

/** A payment as the provider tells it. */
export interface ProviderIntent {
  /** The provider's id, for example `pi_…`. */
  reference: string;
  status: IntentStatus;
  amount: bigint;
  /** ISO 4217, in upper case. */
  currency: string;
  /** What can be captured. */
  capturable: bigint;
  /** What was captured. */
  received: bigint;
  /** What was given back of it, also by refunds that the bank is not done with; null where that is not told. */
  refunded: bigint | null;
  mode: AccountMode;
  /** What Veltrix has said of it when it was made. Another application's has none of it. */
  title: string | null;
  purchase: string | null;
  /** By it the buyer's page confirms the payment. It is shown to the title alone, and never logged. */
  clientSecret: string | null;
  /** Until when an authorisation can be captured. */
  captureBefore: Date | null;
  /** Why it was canceled, in the provider's word; `expired` for an authorisation that nobody has captured. */
  cancellation: string | null;
  /** What the provider keeps of what was captured; null until it is known, which is later than the capture. */
  fee: ProviderFee | null;
  /** Why the last try to pay was declined, in the provider's words. */
  declined: { code: string; detail: string } | null;
  createdAt: Date;
}

/** What a provider keeps of a payment. */
export interface ProviderFee {
  /** In minor units; 0 where it keeps nothing. */
  amount: bigint;
  /** That in which the account is settled, which may be another than that of the payment. */
  currency: string;
  /** The provider's id of the movement on the account's balance. */
  transaction: string;
}

/** The status of a refund. `other` is one that this release does not know. */
export type RefundStatus = 'pending' | 'requires-action' | 'succeeded' | 'failed' | 'canceled' | 'other';

/** A refund as the provider tells it. */
export interface ProviderRefund {
  /** The provider's id, for example `re_…`. */
  reference: string;
  status: RefundStatus;
  amount: bigint;
  /** ISO 4217, in upper case. */
  currency: string;
  /** Why it failed or waits, in the provider's word. */
  reason: string | null;
  /** What Veltrix has said of it when it was made: the id of its refund. Another's has none. */
  refund: string | null;
}

/**
 * What became of a call. Only `intent`, `declined` and `refused` are answers of the provider about the payment.
 * `unknown` is a call that may have been done or not: a timeout, a cut connection, a 5xx, an answer that cannot be
 * read, a key that is in use. `stored-error` is a 5xx that the provider has kept under the key, and answers for ever.
 * `throttled` and `denied` are calls of which nothing was done: too many at once, and a key that the provider does not
 * take. `key-misused` says that the key was used before with another body.
 */
export type ProviderAnswer = ProviderResult & {
  /** What is kept of the answer, as JSON: no secret is in it. */
  evidence: Evidence;
};
export type ProviderResult =
  | { result: 'intent'; intent: ProviderIntent }
  | { result: 'declined'; code: string; detail: string; intent: ProviderIntent | null }
  | { result: 'refused'; code: string; detail: string; intent: ProviderIntent | null }
  | CallFailure;

/** What became of a refund, or of a look at one. It is as for ProviderAnswer. */
export type RefundAnswer = RefundResult & { evidence: Evidence };
export type RefundResult =
  { result: 'refund'; refund: ProviderRefund } | { result: 'refused'; code: string; detail: string } | CallFailure;

/** A call that has not told what became of the payment. */
export type CallFailure =
  | { result: 'missing' }
  | { result: 'unknown'; why: string }
  | { result: 'stored-error'; why: string }
  | { result: 'throttled'; retryAfterMs: number }
  | { result: 'denied'; why: string }
  | { result: 'key-misused'; why: string };

/** A refund as a list of them tells it, with what Veltrix has said of it where Veltrix has asked for it. */
export interface ListedRefund extends ProviderRefund {
  title: string | null;
  purchase: string | null;
  createdAt: Date;
}

/** All refunds of an intent, of whomever. */
export type RefundListAnswer = ListResult<{ result: 'refunds'; refunds: ListedRefund[] }> & { evidence: Evidence };

/** What the disputes of an intent come to, all of them. */
export type DisputesAnswer = ListResult<{ result: 'disputes'; disputes: ProviderDispute[] }> & { evidence: Evidence };

/** Which intent something is about, and what a bank warns of where it is a warning. */
export type NamedAnswer = ListResult<{ result: 'named'; intent: string | null; warning: FraudWarning | null }> & {
  evidence: Evidence;
};

/** One page of what an account has told. `next` is where the next page begins, or null where there is none. */
export type OutsidePage = ListResult<{ result: 'page'; entries: OutsideEntry[]; next: string | null }> & {
  evidence: Evidence;
};

/** The time that intents were created in, and the purchase whose intents are looked for. */
export interface CreatedWindow {
  from: Date;
  to: Date;
  purchase: string;
}

/**
 * One page of what was created. `intents` are those that Veltrix has made for the purchase, and `seen` how many intents
 * the page has of whomever. `next` is where the next page begins, or null where there is none.
 */
export type CreatedPage = ListResult<{
  result: 'created';
  intents: ProviderIntent[];
  seen: number;
  next: string | null;
}> & { evidence: Evidence };

/** What a list comes to, or that it could not be had. */
export type ListResult<Found> = Found | { result: 'refused'; code: string; detail: string } | CallFailure;

/** What is kept of an answer: enough for a person to find the call at the provider, and to see what it said. */
export type Evidence = Readonly<Record<string, string | number | boolean | null>>;

/** The calls that change something at the provider, by the names that they have in operations. */
export type OperationKind = 'create' | 'confirm' | 'capture' | 'cancel';

/**
 * The exact parameters of a call, as they are stored before it and sent again byte for byte. Every value is what goes
 * on the wire.
 */
export type CallBody = Readonly<Record<string, string>>;

/** A call that changes something. */
export interface ProviderCall {
  kind: OperationKind;
  /** The provider's id of the intent; null for `create`. */
  reference: string | null;
  /** Our own idempotency key. */
  key: string;
  body: CallBody;
}

/** What is given back, for the body of a refund. */
export interface RefundTerms {
  title: string;
  /** The id of the purchase. */
  purchase: string;
  /** The provider's id of the intent. */
  reference: string;
  amount: bigint;
  /** The id of the refund; null where no refund of a purchase has it given back. */
  refund: string | null;
}

/** How a call is made. */
export interface CallOptions {
  /** How long the answer may take, all of it. */
  timeoutMs: number;
}

/** What a payment is made of, for the body of `create` and `confirm`. */
export interface PaymentTerms {
  title: string;
  /** The id of the purchase. */
  id: string;
  currency: string;
  amount: bigint;
  method: string | null;
}

/** What a provider can do, for the saga to go by. */
export interface ProviderCapabilities {
  /** How long a key is known by what it has answered. */
  idempotencyWindowHours: number;
}

/** An event of a provider, whose signature was right. It is a hint: what it is about is fetched. */
export interface ProviderEvent {
  /** The provider's id, by which it comes once. */
  id: string;
  type: string;
  mode: AccountMode;
  /** The intent that it is about, or null where it is about none. */
  reference: string | null;
  /** The refund that it is about, or null where it is about none. */
  refund: string | null;
  /** What Veltrix has said of the intent when it was made, or null where the event does not tell. */
  purchase: string | null;
  /** What is to be looked at because money may have moved without our asking; null where the event is about no such. */
  outside: OutsideName | null;
  createdAt: Date;
}

/** One account at a provider. */
export interface ProviderAccount {
  /** What the body of a call is for these terms. It is the same in every release that has the same name for it. */
  bodyOf(kind: OperationKind, terms: PaymentTerms): CallBody;
  call(call: ProviderCall, options: CallOptions): Promise<ProviderAnswer>;
  fetch(reference: string, options: CallOptions): Promise<ProviderAnswer>;
  /** What the body of a refund is. It is the same in every release that has the same name for it. */
  refundBodyOf(terms: RefundTerms): CallBody;
  refund(call: { key: string; body: CallBody }, options: CallOptions): Promise<RefundAnswer>;
  /** @param reference the provider's id of the refund */
  fetchRefund(reference: string, options: CallOptions): Promise<RefundAnswer>;
  /** All disputes of an intent, the oldest first. @param reference the provider's id of the intent */
  listDisputes(reference: string, options: CallOptions): Promise<DisputesAnswer>;
  /** The intent that something is about. */
  fetchNamed(name: OutsideName, options: CallOptions): Promise<NamedAnswer>;
  /**
   * One page of what has moved on the account's balance without being paid in or out, and of its disputes and warnings,
   * by when it was made.
   * @param after where the page begins, as the page before has said; undefined for the first
   */
  listOutside(window: { from: Date; to: Date }, after: string | undefined, options: CallOptions): Promise<OutsidePage>;
  /**
   * All refunds of an intent, the oldest first. The time of the options is that of each page.
   * @param reference the provider's id of the intent
   * @returns `unknown` where the list broke off, since nothing is proved then by what is missing
   */
  listRefunds(reference: string, options: CallOptions): Promise<RefundListAnswer>;
  /**
   * One page of the intents that were created within a time, the newest first.
   * @param after where the page begins, as the page before has said; undefined for the first
   */
  listCreated(window: CreatedWindow, after: string | undefined, options: CallOptions): Promise<CreatedPage>;
}

/** A payment provider. */
export interface PaymentProvider {
  readonly name: string;
  readonly capabilities: ProviderCapabilities;
  account(secrets: AccountSecrets): ProviderAccount;
  /**
   * Reads an event that is signed by one of the secrets, just now.
   * @returns undefined where the signature is missing, wrong, too old or from the future
   */
  readEvent(
    rawBody: Buffer,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    webhookSecrets: readonly string[],
  ): ProviderEvent | undefined;
}
