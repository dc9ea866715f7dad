import type { RefundState } from '../payments/refunds.types.js';
import type { Refund } from './refunds.types.js';

/** The states that a refund is shown in, from its beginning to its ends. */
export const shownStates = [
  'planned',
  'sent',
  'pending',
  'requires_action',
  'stuck',
  'succeeded',
  'failed',
  'canceled',
  'refused',
  'compensated',
] as const;
export type ShownState = (typeof shownStates)[number];

/**
 * The state that a refund is shown in. A closed one says how it has ended. Of an open one:
 *
 * | of an open refund | it is shown as |
 * |---|---|
 * | the row says stuck | stuck |
 * | the row says requires_action, or the provider does | requires_action |
 * | the row says processing | pending |
 * | the provider has told more than that it was sent | pending |
 * | it was sent | sent |
 * | nothing was sent yet, or nothing is to be sent | planned |
 */
export function shownState(
  { state, closedAt }: Pick<Refund, 'state' | 'closedAt'>,
  atProvider: RefundState | undefined,
): ShownState {
  if (closedAt !== null || state === 'stuck') return shownStates.find((one) => one === state) ?? unknown(state);
  if (state === 'requires_action' || atProvider === 'requires_action') return 'requires_action';
  if (state === 'processing') return 'pending';
  if (atProvider === undefined || atProvider === 'accepted') return 'planned';
  if (atProvider === 'sending') return 'sent';
  return 'pending';
}

function unknown(state: string): never {
  throw new Error(`No refund is ${state}.`);
}
