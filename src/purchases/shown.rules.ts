import type { Provider } from '../payments/accounts.types.js';
import type { PaymentView } from '../payments/payments.types.js';
import type { Purchase } from './purchases.types.js';

/** The states that a purchase is shown in, from its beginning to its ends. */
export const shownStates = [
  'accepted',
  'authorizing',
  'requires_action',
  'processing',
  'authorized',
  'capturing',
  'captured',
  'unknown',
  'parked',
  'voiding',
  'stuck',
  'completed',
  'refused',
  'compensated',
  'declined',
  'cancelled',
  'expired',
] as const;
export type ShownState = (typeof shownStates)[number];

/**
 * The state that a purchase is shown in. A closed one says how it has ended. Of an open one the payment says more than
 * its row: what a person must know first comes first.
 *
 * | of an open purchase | it is shown as |
 * |---|---|
 * | the payment is parked | parked |
 * | the outcome of a call is not known | unknown |
 * | the row says stuck | stuck |
 * | the payment is voided, or was | voiding |
 * | there is a payment | what it says |
 * | there is none yet | what the row says |
 */
export function shownState(
  { state, closedAt }: Pick<Purchase, 'state' | 'closedAt'>,
  view: Pick<PaymentView, 'state' | 'unknown' | 'parked'> | undefined,
): ShownState {
  if (closedAt !== null || view === undefined) return rowState(state);
  if (view.parked !== null) return 'parked';
  if (view.unknown) return 'unknown';
  if (state === 'stuck') return 'stuck';
  return view.state === 'cancelled' || view.state === 'voiding' ? 'voiding' : view.state;
}

function rowState(state: Purchase['state']): ShownState {
  if (state === 'settled') throw new Error('No purchase is settled; it is completed.');
  return state;
}

/** The payment beside a purchase. The buyer's page is given its secret as long as the buyer can still pay. */
export function shownPayment(
  provider: Provider,
  open: boolean,
  view: Pick<PaymentView, 'reference' | 'clientSecret'> | undefined,
): { provider: Provider; reference?: string; clientSecret?: string } {
  const reference = view?.reference ?? null;
  const clientSecret = view?.clientSecret ?? null;
  return {
    provider,
    ...(reference !== null && { reference }),
    ...(open && clientSecret !== null && { clientSecret }),
  };
}
