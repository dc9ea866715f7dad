import type { BreakType } from './break-types.rules.js';
import { bookedOtherwise, ofOrphan } from './money/money-places.rules.js';
import type { Confirmed } from './runs.types.js';

/**
 * How a break is repaired: `redrive` starts the saga of its deal again, `look` has the provider of its payment asked
 * again. Both come to what is right whatever that is, and do nothing where nothing is wrong.
 */
export type RepairAction = 'redrive' | 'look';

/** What a run does about a break. */
export interface Repair {
  type: BreakType;
  action: RepairAction;
  title: string;
  /** `pur_…`, `trd_…`, `rfd_…` */
  subject: string;
}

const actions: Partial<Record<BreakType, RepairAction>> = {
  1: 'redrive',
  2: 'look',
  10: 'redrive',
  12: 'redrive',
  13: 'look',
  14: 'redrive',
  15: 'look',
  19: 'look',
  20: 'look',
  21: 'look',
  28: 'redrive',
  29: 'look',
  30: 'redrive',
};

/** So many repairs of one type are made at most, however little was looked at. */
export const alwaysAllowed = 50;

/** The share of what was looked at of which more is no accident any more. */
const allowedShare = 0.005;

const deal = /^[a-z]{3}_[0-9a-f-]{36}$/;

/** A break, as far as its repair goes by it. */
export type Repairable = Pick<Confirmed, 'type' | 'title' | 'subject' | 'place'>;

/** What some breaks are repaired by, each deal once, in their order. */
export function repairsOf(breaks: readonly Repairable[]): Repair[] {
  const all = breaks.flatMap(({ type, title, subject, place }): Repair[] => {
    const repair = repairOf(type, subject, place);
    return repair === undefined || !deal.test(repair.subject) ? [] : [{ type, title, ...repair }];
  });
  return [...new Map(all.map((one) => [`${one.type} ${one.subject}`, one])).values()];
}

/**
 * How many repairs of one type a run makes at most. Where it needs more, it makes none of that type: so many do not go
 * wrong by accident, and a person has to look first.
 * @param looked how many records the run has looked at
 */
export function mostRepairs(looked: number): number {
  return Math.max(alwaysAllowed, Math.floor(looked * allowedShare));
}

/**
 * A refund or a dispute is known by its own id at the provider, and by the purchase where it is looked at again. The
 * saga of a refund of ours books it. Calls about an intent that no purchase takes are of no saga. A fee that is booked
 * as another amount stays as it is.
 */
function repairOf(
  type: BreakType,
  subject: string,
  place: string,
): { action: RepairAction; subject: string } | undefined {
  const action = type === 28 && place.startsWith(ofOrphan) ? 'look' : actions[type];
  if (action === undefined || (type === 21 && place.startsWith(bookedOtherwise))) return undefined;
  if (action === 'redrive' || subject.startsWith('rfd_')) return { action: 'redrive', subject };
  const purchase = [subject, place].find((one) => one.startsWith('pur_'));
  return purchase === undefined ? undefined : { action, subject: purchase };
}
