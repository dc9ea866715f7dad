import type { Fact } from '../events/outbox.js';
import type { DisputeStatus, ProviderDispute } from './outside-port.types.js';
import type { Dispute, DisputeState, OutsideOwner } from './outside.types.js';
import type { DisputeStanding } from './payments.types.js';

/** The states that a dispute leaves for each. One that is lost may be appealed against, and be lost again. */
const moves: Readonly<Record<DisputeState, readonly DisputeState[]>> = {
  inquiry: ['inquiry_closed', 'needs_response', 'under_review', 'prevented', 'lost', 'appealed', 'won'],
  inquiry_closed: ['needs_response', 'under_review', 'prevented', 'lost', 'appealed', 'won'],
  needs_response: ['under_review', 'prevented', 'lost', 'appealed', 'won'],
  under_review: ['prevented', 'lost', 'appealed', 'won'],
  prevented: ['lost', 'won'],
  lost: ['appealed', 'won'],
  appealed: ['lost', 'won'],
  won: [],
};

export const disputeStates = Object.keys(moves) as DisputeState[];

/** The states in which somebody still decides. */
const openStates: readonly DisputeState[] = ['inquiry', 'needs_response', 'under_review', 'appealed'];

/** Whether a dispute is still decided about. */
export function isOpenDispute(state: DisputeState): boolean {
  return openStates.includes(state);
}

/**
 * How a payment stands whose disputes are in these states. An inquiry is no dispute yet: the buyer may be given their
 * money back meanwhile, which may be the end of it.
 */
export function standingOf(states: readonly DisputeState[]): DisputeStanding | null {
  if (states.some((state) => state !== 'inquiry' && isOpenDispute(state))) return 'open';
  return states.includes('lost') ? 'lost' : null;
}

/** The state of a dispute after the provider has told a status. What leads back changes nothing. */
export function nextDisputeState(state: DisputeState | undefined, told: DisputeStatus): DisputeState {
  // One that is met in a status that nobody knows is open until it is told better.
  if (told === 'other') return state ?? 'under_review';
  return state === undefined || moves[state].includes(told) ? told : state;
}

/** A dispute after a look: the very same object where nothing of it has changed. */
export function changedDispute(before: Dispute | undefined, told: ProviderDispute): Dispute {
  const { reference, amount, currency, reason, dueBy, hasEvidence, openedAt } = told;
  const state = nextDisputeState(before?.state, told.status);
  const after = { reference, state, amount, currency, reason, dueBy, hasEvidence, openedAt };
  const isSame =
    before !== undefined &&
    before.state === state &&
    before.amount === amount &&
    before.reason === reason &&
    before.dueBy?.getTime() === dueBy?.getTime() &&
    before.hasEvidence === hasEvidence;
  return isSame ? before : { ...after, evidence: { status: told.said, transactions: told.transactions.length } };
}

/** The facts of a dispute that is new or has changed. */
export function factsOfDispute(owner: OutsideOwner, before: Dispute | undefined, dispute: Dispute): Fact[] {
  const { reference: subject, currency, amount, reason, state } = dispute;
  const { title, payment: purchase, provider } = owner;
  const data = { purchase, provider, currency, amount: String(amount), reason };
  const fact = (type: string): Fact => ({ title, type, subject, data });
  const wasOpened = before !== undefined && !before.state.startsWith('inquiry');
  const isInquiry = state.startsWith('inquiry');
  const isNew = before === undefined;
  return [
    ...(isNew && isInquiry ? [fact('dispute.inquired')] : []),
    ...(!wasOpened && !isInquiry ? [fact('dispute.opened')] : []),
    ...(before?.state === state ? [] : endOf(state).map(fact)),
  ];
}

/** What is told of a dispute that has come to a state, beside that it was opened. */
function endOf(state: DisputeState): string[] {
  switch (state) {
    case 'inquiry_closed':
      return ['dispute.closed'];
    case 'prevented':
      return ['dispute.prevented'];
    case 'lost':
      return ['dispute.lost'];
    case 'appealed':
      return ['dispute.appealed'];
    case 'won':
      return ['dispute.won'];
    default:
      return [];
  }
}
