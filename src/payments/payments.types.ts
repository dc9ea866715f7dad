import type { MovementKind } from '../../contracts/activities.js';
import type { WaitsFor } from '../../contracts/answers.js';
import type { Cause, ExchangeRef, Payment } from '../../contracts/nouns.js';
import { providers, type AccountMode, type Provider } from './accounts.types.js';
import type { CallBody, Evidence, IntentStatus, OperationKind } from './provider.types.js';

/** How far a payment is; payments.rules.ts has the table. `captured` and `cancelled` are final. */
export const paymentStates = [
  'accepted',
  'authorizing',
  'requires_action',
  'processing',
  'authorized',
  'capturing',
  'captured',
  'voiding',
  'cancelled',
] as const;
export type PaymentState = (typeof paymentStates)[number];

/** A payment as a step is asked about it. */
export interface PaymentElement {
  /** The id of the purchase. */
  id: string;
  title: string;
  provider: Provider;
  /** ISO 4217. */
  currency: string;
  /** Minor units. */
  amount: bigint;
  /** The provider's id of what the buyer pays with; null where the buyer pays in a page of their own. */
  method: string | null;
}

/**
 * How far a call to the provider is. It is `sent` from the commit on that precedes it. `unknown` may have been done or
 * not. `resolved` was unknown until evidence said what has become of the payment.
 */
export type OperationState = 'sent' | 'succeeded' | 'failed' | 'unknown' | 'resolved';

/** A call that changes something at the provider, written down before it is made. */
export interface Operation<K extends string = OperationKind> {
  kind: K;
  /**
   * From 1. The next one has another key. It is made where the last is known to have done nothing, or cannot be sent
   * again and the intent shows no effect of it.
   */
  seq: number;
  /** `<purchase>:<kind>:<seq>` */
  key: string;
  /** What is sent, and sent again. */
  body: CallBody;
  state: OperationState;
  /** How often it was sent. What the provider has throttled does not count. */
  attempts: number;
  /** Whether the provider answers a 5xx for ever that it has kept under the key. */
  storedError: boolean;
  evidence: Evidence | null;
  firstSentAt: Date;
}

/** A payment as its row and its operations say. */
export interface StoredPayment extends PaymentElement {
  mode: AccountMode;
  state: PaymentState;
  /** The provider's id of its one intent, or null where none is recorded. Only a recorded one is ever paid. */
  reference: string | null;
  /** The status that the provider last told of the intent. */
  seen: IntentStatus | null;
  clientSecret: string | null;
  /** Why it is turned back. It is decided once, for ever. */
  turnedBack: Cause | null;
  /** Why a person has to look at it. */
  parked: Cause | null;
  captureBefore: Date | null;
  /** Until when the buyer may pay. */
  deadline: Date;
  createdAt: Date;
  /** What the last change of its state goes by. */
  evidence: Evidence | null;
  /** The provider's ids of intents that were made for it and are not recorded, where these are told just now. */
  orphans: readonly string[];
  /** The last of each kind. */
  operations: Partial<Record<OperationKind, Operation>>;
}

/** How a payment stands that was disputed: the bank has not decided yet, or has for the buyer. */
export type DisputeStanding = 'open' | 'lost';

/** A payment as it is shown beside its purchase. */
export interface PaymentView {
  /** The id of the purchase. */
  id: string;
  provider: Provider;
  state: PaymentState;
  /** Whether the outcome of a call to the provider is not known, and is being found out. */
  unknown: boolean;
  /** Why it waits for a person, or null where it does not. */
  parked: Cause | null;
  /** The provider's id of the intent, or null where there is none yet. */
  reference: string | null;
  /** Whether the buyer's bank is deciding about a dispute of it, or has decided against us; null for neither. */
  dispute: DisputeStanding | null;
  /** By it the buyer's page pays; null where there is nothing to pay in a page. */
  clientSecret: string | null;
  /** Until when the buyer may pay. */
  deadline: Date;
}

/** An amount that has moved at a provider, and that is to be booked. */
export interface ProviderMovement {
  /** By it the movement is booked once: `fee/pur_…`. */
  key: string;
  kind: MovementKind;
  /** The id of the purchase. */
  id: string;
  title: string;
  provider: Provider;
  currency: string;
  amount: bigint;
}

/** What a step answers for a payment. */
export type StepAnswer =
  | { outcome: 'authorized' | 'captured' }
  | { outcome: 'waits'; for: WaitsFor; until: Date }
  | { outcome: 'turned-back' | 'cancelled'; cause: Cause };

/**
 * What a step has come to for an element of its list: its answer, or why it has none now. `later` was not asked about,
 * because the provider cannot be asked now. `retryMs` says when what has failed is best tried again.
 */
export type ResultOf<Answer> = { answer: Answer } | { failed: string; retryMs?: number } | { later: string };

export type StepResult = ResultOf<StepAnswer>;

/** How a step is asked. An impatient one waits no longer for a slow payment than its neighbours should. */
export interface Asking {
  /** Whether the payment is the only one of its run. */
  alone: boolean;
  patient: boolean;
}

/**
 * A payment as the steps of a saga name it, with its amount as a bigint.
 * @throws Error for a provider that there is not
 */
export function elementOf({ id, title }: ExchangeRef, { provider, currency, amount, method }: Payment): PaymentElement {
  const known = providers.find((one) => one === provider);
  if (known === undefined) throw new Error(`There is no provider ${provider}.`);
  return { id, title, provider: known, currency, amount: BigInt(amount), method: method ?? null };
}
