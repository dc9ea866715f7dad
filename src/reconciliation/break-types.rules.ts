/**
 * How a break is mended: `auto` by a saga or a look that anybody may start again, `proposal` by one that a person has
 * to agree to, `manual` by a person alone.
 */
export const breakClasses = ['auto', 'proposal', 'manual'] as const;
export type BreakClass = (typeof breakClasses)[number];

/** `P1` alarms at once. */
export const priorities = ['P1', 'P2'] as const;
export type Priority = (typeof priorities)[number];

interface BreakKind {
  breakClass: BreakClass;
  priority: Priority;
  /** What it is, in words. */
  name: string;
}

const kind = (breakClass: BreakClass, priority: Priority, name: string): BreakKind => ({ breakClass, priority, name });

/** What can be found, by its number. The numbers never change. */
export const breakTypes = {
  1: kind('auto', 'P2', 'captured at the provider, and the purchase goes on'),
  2: kind('auto', 'P1', 'captured at the provider, and the purchase has ended without it'),
  3: kind('manual', 'P1', 'captured under a key of ours, and no purchase is known'),
  4: kind('manual', 'P1', 'captured in the ledger, and not at the provider'),
  5: kind('manual', 'P2', 'captured in the ledger, and failed or taken back at the provider since'),
  6: kind('proposal', 'P1', 'captured twice at the provider'),
  7: kind('manual', 'P2', 'another amount at the provider than in the books'),
  8: kind('manual', 'P1', 'another currency at the provider than in the books'),
  9: kind('manual', 'P1', 'granted, and not captured'),
  10: kind('auto', 'P2', 'captured, and not granted'),
  11: kind('manual', 'P1', 'granted twice'),
  12: kind('auto', 'P2', 'a hold that is left after its deal has ended'),
  13: kind('auto', 'P2', 'an open authorisation, and the purchase has ended'),
  14: kind('auto', 'P2', 'an authorisation that expires soon, and the purchase goes on'),
  15: kind('auto', 'P2', 'a refund at the provider that is not in the ledger'),
  16: kind('proposal', 'P2', 'a refund in the ledger that is not at the provider'),
  17: kind('manual', 'P2', 'a refund in the ledger that has failed at the provider'),
  18: kind('manual', 'P1', 'more refunded than captured'),
  19: kind('auto', 'P2', 'a dispute at the provider that is not known here'),
  20: kind('auto', 'P2', 'a dispute that is closed at the provider and open here'),
  21: kind('auto', 'P2', 'a fee that is missing, or other than booked'),
  22: kind('manual', 'P1', 'a movement at the provider without a key of ours'),
  23: kind('manual', 'P1', 'a posting on a clearing account without a movement at the provider'),
  25: kind('manual', 'P2', 'a payout that is not what it contains'),
  26: kind('manual', 'P2', 'a clearing account that is not what the provider has'),
  27: kind('manual', 'P1', 'one movement at the provider that is posted twice'),
  28: kind('auto', 'P2', 'a call whose end nobody knows, and whose key is known no more'),
  29: kind('auto', 'P2', 'something that a provider has told, and that nobody has looked at'),
  30: kind('auto', 'P2', 'a saga past its deadline, without its run, or with a run too many'),
  31: kind('manual', 'P1', 'books that do not follow from their entries, or an item without its history'),
  32: kind('manual', 'P2', 'a record at the provider that has changed after it was settled'),
  33: kind('manual', 'P2', 'a kind of movement at the provider that is not known'),
  34: kind('auto', 'P2', 'still within its time'),
  35: kind('proposal', 'P2', 'a counter that is not what it counts'),
} as const satisfies Record<number, BreakKind>;

export type BreakType = keyof typeof breakTypes;
