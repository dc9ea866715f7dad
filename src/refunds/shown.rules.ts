import type { Refund } from './refunds.types.js';

/** How far a refund of real money is with its provider. The last three are final. */
export const providerStates = [
  'planned',
  'sent',
  'pending',
  'requires_action',
  'succeeded',
  'failed',
  'canceled',
] as const;
export type ProviderState = (typeof providerStates)[number];

/** A refund of real money as its provider is known to have it. */
export interface RefundView {
  /** The id of the refund: `rfd_…`. */
  id: string;
  state: ProviderState;
}

/** What tells how far refunds are with their providers. */
export interface ProviderRefunds {
  /** Those of a title that have these ids, by their ids. One that was not begun yet is not among them. */
  refundViews(title: string, ids: readonly string[]): Promise<ReadonlyMap<string, RefundView>>;
}

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
  view: Pick<RefundView, 'state'> | undefined,
): ShownState {
  if (closedAt !== null || state === 'stuck') return shownStates.find((one) => one === state) ?? unknown(state);
  if (state === 'requires_action' || view?.state === 'requires_action') return 'requires_action';
  if (state === 'processing') return 'pending';
  if (view === undefined || view.state === 'planned' || view.state === 'sent') return view?.state ?? 'planned';
  return 'pending';
}

function unknown(state: string): never {
  throw new Error(`No refund is ${state}.`);
}
