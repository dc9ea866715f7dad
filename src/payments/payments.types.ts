import type { Provider } from './accounts.types.js';

/**
 * How far a payment is; payments.rules.ts has the table. `captured` and `cancelled` are final.
 */
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

/** A payment as it is shown beside its purchase. */
export interface PaymentView {
  /** The id of the purchase. */
  id: string;
  provider: Provider;
  state: PaymentState;
  /** Whether the outcome of a call to the provider is not known, and is being found out. */
  unknown: boolean;
  /** Why it waits for a person, or null where it does not. */
  parked: { code: string; detail: string } | null;
  /** The provider's id of the intent, or null where there is none yet. */
  reference: string | null;
  /** By it the buyer's page pays; null where there is nothing to pay in a page. */
  clientSecret: string | null;
  /** Until when the buyer may pay. */
  deadline: Date;
}
