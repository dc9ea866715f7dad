import { grace } from '../grace.rules.js';
import type { Found, IntentBundle, MoneyBundle } from './money-bundle.types.js';
import { isLate, latest, postedUnder } from './money-facts.rules.js';
import { keys } from './money-keys.rules.js';
import { bookedOtherwise } from './money-places.rules.js';

/* Whether what the provider keeps of each capture is booked, to the minor unit. */

/** The kinds of movement by which a provider books a capture. */
export const captureKinds = ['charge', 'payment'];

/** What is wrong with the fees of what was captured. Those of disputes are judged with their movements. */
export function judgeFees(bundle: MoneyBundle): Found[] {
  return bundle.intents.flatMap((one) => judgeFee(bundle, one));
}

function judgeFee(bundle: MoneyBundle, one: IntentBundle): Found[] {
  const { intent, transactions } = one;
  const key = isLate(bundle, one) ? keys.lateFee(intent.id) : keys.fee(bundle.payment.id);
  const posting = postedUnder(bundle, key);
  const told = transactions.find(({ type }) => captureKinds.includes(type));
  const asset = told?.currency ?? posting?.asset ?? intent.currency;
  const wanted = BigInt(told?.fee ?? 0);
  const booked = -(posting?.amount ?? 0n);
  if (told === undefined && (posting === undefined || !bundle.isWhole)) return [];
  if (wanted === booked && (posting === undefined || posting.asset === asset)) return [];
  const detail = `The provider keeps ${wanted} ${asset} of ${intent.id}, and the books have ${booked}.`;
  const since = latest(told?.at, posting?.at);
  const isBooked = posting !== undefined;
  return [
    {
      type: 21,
      asset,
      amount: wanted - booked,
      detail,
      since,
      // What is booked stays so. Only what is missing may come yet, and only that is asked for.
      graceMs: isBooked ? 0 : grace.feeMs,
      ...(isBooked && { place: `${bookedOtherwise}${bundle.payment.id}` }),
    },
  ];
}
