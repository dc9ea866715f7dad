import type { WaitsFor } from '../../contracts/answers.js';
import type { Cause, ExchangeRef, Refund } from '../../contracts/nouns.js';
import { providers, type Provider } from './accounts.types.js';
import type { Operation, ResultOf } from './payments.types.js';
import type { Evidence } from './provider.types.js';

/**
 * How far a refund is. From `sending` on a call may have been made. `succeeded`, `failed` and `canceled` are final.
 * `canceled` is what the provider has canceled, and what was turned back before it was sent.
 */
export const refundStates = [
  'accepted',
  'sending',
  'pending',
  'requires_action',
  'succeeded',
  'failed',
  'canceled',
] as const;
export type RefundState = (typeof refundStates)[number];

/** A refund as a step is asked about it. */
export interface RefundElement {
  /** `rfd_…` */
  id: string;
  title: string;
  provider: Provider;
  /** The id of the purchase, whose payment it is of. */
  purchase: string;
  /** ISO 4217. */
  currency: string;
  /** Minor units. */
  amount: bigint;
}

/** The call that gives money back, written down before it is made. */
export type RefundCall = Operation<'refund'> & {
  /** When it was written last, by the clock of the database. */
  changedAt: Date;
};

/** What the payment of a refund says. */
export interface RefundedPayment {
  /** The provider's id of the intent. */
  reference: string | null;
  currency: string;
  captured: bigint;
  /** What was given back of it for good, by whomever. */
  returned: bigint;
}

/** A refund as its row, its calls and its payment say. */
export interface StoredRefund extends RefundElement {
  state: RefundState;
  /** The provider's id of it, or null where none is known. */
  reference: string | null;
  /** Why it waits or has failed, in the provider's word. */
  reason: string | null;
  /** Why nothing is given back. It is decided once, for ever. */
  turnedBack: Cause | null;
  /** Why a person has to look at it. */
  parked: Cause | null;
  evidence: Evidence | null;
  /** How often it was looked at since it has succeeded. */
  looks: number;
  /** When it is looked at again after it has succeeded, or null for never. */
  dueAt: Date | null;
  createdAt: Date;
  /** Undefined where the title has no such payment at the provider. */
  payment: RefundedPayment | undefined;
  /** The last call; undefined where none was ever made. */
  call: RefundCall | undefined;
}

/** A refund as it is shown beside its deal. */
export interface RefundView {
  /** `rfd_…` */
  id: string;
  state: RefundState;
  /** The provider's id of it, or null where there is none yet. */
  reference: string | null;
  /** Why it waits or has failed, in the provider's word. */
  reason: string | null;
  /** Whether the outcome of a call to the provider is not known, and is being found out. */
  unknown: boolean;
  /** Why it waits for a person, or null where it does not. */
  parked: Cause | null;
}

/** What a step answers for a refund. */
export type RefundStepAnswer =
  | { outcome: 'refunded' }
  | { outcome: 'waits'; for: WaitsFor; until: Date }
  | { outcome: 'turned-back' | 'cancelled'; cause: Cause };

/** As StepResult. `later` is also a refund that its bank has not ended, where it is turned back. */
export type RefundStepResult = ResultOf<RefundStepAnswer>;

/**
 * A refund as the steps of a saga name it, with its amount as a bigint.
 * @throws Error for a provider that there is not
 */
export function refundElementOf({ id, title }: ExchangeRef, refund: Refund): RefundElement {
  const { purchase, currency, amount } = refund;
  const known = providers.find((one) => one === refund.provider);
  if (known === undefined) throw new Error(`There is no provider ${refund.provider}.`);
  return { id, title, provider: known, purchase, currency, amount: BigInt(amount) };
}
