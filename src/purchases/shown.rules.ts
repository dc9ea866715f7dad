import type { Provider } from '../payments/accounts.types.js';
import type { PaymentView } from '../payments/payments.types.js';
import type { Purchase, RefundSum } from './purchases.types.js';

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
  'disputed',
  'refunding',
  'partially_refunded',
  'refunded',
  'charged_back',
  'refused',
  'compensated',
  'declined',
  'cancelled',
  'expired',
] as const;
export type ShownState = (typeof shownStates)[number];

/**
 * The state that a purchase is shown in. A closed one says how it has ended, a completed one what has gone back of it.
 * Of an open one the payment says more than its row: what a person must know first comes first.
 *
 * | of an open purchase | it is shown as |
 * |---|---|
 * | the payment is parked | parked |
 * | the outcome of a call is not known | unknown |
 * | the row says stuck | stuck |
 * | the payment is voided, or was | voiding |
 * | there is a payment | what it says |
 * | there is none yet | what the row says |
 *
 * | of a completed purchase | it is shown as |
 * |---|---|
 * | the buyer's bank decides about a dispute | disputed |
 * | a refund is under way | refunding |
 * | the bank has taken money of it for good | charged_back |
 * | all of it is refunded | refunded |
 * | a part of it is | partially_refunded |
 * | none of it is | completed |
 */
export function shownState(
  { state, closedAt, pay }: Pick<Purchase, 'state' | 'closedAt' | 'pay'>,
  view: Pick<PaymentView, 'state' | 'unknown' | 'parked' | 'dispute'> | undefined,
  sum?: RefundSum,
): ShownState {
  if (state === 'completed') return completedState(BigInt(pay.amount), view?.dispute ?? null, sum);
  if (closedAt !== null || view === undefined) return rowState(state);
  if (view.parked !== null) return 'parked';
  if (view.unknown) return 'unknown';
  if (state === 'stuck') return 'stuck';
  return view.state === 'cancelled' || view.state === 'voiding' ? 'voiding' : view.state;
}

function completedState(
  paid: bigint,
  dispute: PaymentView['dispute'],
  { promised, refunded }: RefundSum = { promised: 0n, refunded: 0n },
): ShownState {
  if (dispute === 'open') return 'disputed';
  if (promised > 0n) return 'refunding';
  if (dispute === 'lost') return 'charged_back';
  if (refunded === 0n) return 'completed';
  return refunded === paid ? 'refunded' : 'partially_refunded';
}

function rowState(state: Purchase['state']): ShownState {
  const shown = shownStates.find((one) => one === state);
  if (shown === undefined) throw new Error(`No purchase is ${state}.`);
  return shown;
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
