/* What a place says before an id, where how a break is repaired goes by it. */

/** Before a purchase: a fee of it is booked as another amount, which no look at the provider mends. */
export const bookedOtherwise = 'booked:';

/** Before a call: it is about an intent that no purchase takes, and is looked up with that, and by no saga. */
export const ofOrphan = 'orphan:';
