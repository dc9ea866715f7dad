import type { IntentBundle, MoneyBundle, Posting } from './money-bundle.types.js';

/* What the rules of money ask of a purchase, in words. */

const goesOn = ['accepted', 'stuck', 'requires_action', 'processing'];

/** How a purchase stands: it goes on, it is done, it has ended without anything, or nobody knows it. */
export function endOf({ purchase }: MoneyBundle): 'open' | 'completed' | 'given-up' | 'unknown' {
  if (purchase === undefined) return 'unknown';
  if (goesOn.includes(purchase.state)) return 'open';
  return purchase.state === 'completed' ? 'completed' : 'given-up';
}

/** What was captured on an intent. */
export function capturedOf({ intent }: IntentBundle): bigint {
  return intent.status === 'succeeded' ? BigInt(intent.received) : 0n;
}

/** What of that has gone back, or is on its way back. */
export function goneOf({ refunds, disputes }: IntentBundle): bigint {
  const given = refunds
    .filter(({ status }) => !hasFailed(status))
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  const taken = disputes
    .flatMap(({ currency, transactions }) => transactions.filter((one) => one.currency === currency))
    .reduce((sum, { amount }) => sum - BigInt(amount), 0n);
  return given + taken;
}

/** Whether a refund has ended without money. */
export function hasFailed(status: string): boolean {
  return status === 'failed' || status === 'canceled';
}

/** The intent that the payment has taken, or undefined where the provider tells none. */
export function ownOf({ payment, intents }: MoneyBundle): IntentBundle | undefined {
  return intents.find(({ intent }) => intent.id === payment.reference);
}

/** Whether an intent is none that the purchase was paid with: what is captured on it goes back. */
export function isLate({ payment }: MoneyBundle, { intent }: IntentBundle): boolean {
  return intent.id !== payment.reference || payment.state === 'cancelled';
}

/** What is posted under a key. */
export function postedUnder({ postings }: MoneyBundle, key: string): Posting | undefined {
  return postings.find((posting) => posting.key === key);
}

/** The latest of some moments. */
export function latest(...moments: (Date | string | null | undefined)[]): Date {
  const all = moments.flatMap((one) => (one ? [new Date(one).getTime()] : []));
  return new Date(Math.max(0, ...all));
}

/** When an intent was captured at the latest, as far as is known. */
export function captureTime({ payment }: MoneyBundle, { intent, charges }: IntentBundle): Date {
  const charge = charges.find(({ id }) => id === intent.charge);
  return latest(intent.at, charge?.captured === intent.received ? charge.at : null, payment.captureAt);
}

export function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
