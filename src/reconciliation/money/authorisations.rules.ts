import { grace } from '../grace.rules.js';
import type { Found, IntentBundle, MoneyBundle } from './money-bundle.types.js';
import { endOf, latest, ownOf } from './money-facts.rules.js';

/* Whether what was authorised is captured or let go in time. */

/** What is wrong with the authorisations of a purchase. */
export function judgeAuthorisations(bundle: MoneyBundle, now: Date): Found[] {
  const end = endOf(bundle);
  if (end === 'open') return judgeExpiry(bundle, now);
  if (!bundle.isWhole || end === 'unknown') return [];
  return bundle.intents.filter(({ intent }) => intent.status === 'requires_capture').map((one) => left(bundle, one));
}

function left({ purchase }: MoneyBundle, { intent, charges }: IntentBundle): Found {
  const { id, capturable, currency } = intent;
  return {
    type: 13,
    asset: currency,
    amount: BigInt(capturable),
    detail: `${capturable} ${currency} are authorised on ${id}, and the purchase is ${purchase?.state}.`,
    since: latest(intent.at, purchase?.closedAt, ...charges.map(({ at }) => at)),
    graceMs: grace.providerMs,
  };
}

/** An authorisation that somebody works on is captured long before it ends. What is captured there cannot expire. */
function judgeExpiry(bundle: MoneyBundle, now: Date): Found[] {
  const { payment, purchase } = bundle;
  const own = ownOf(bundle);
  const isCaptured = own?.intent.status === 'succeeded';
  const isHere = !isCaptured && (payment.state === 'authorized' || payment.state === 'capturing');
  const isThere = own?.intent.status === 'requires_capture' && !['captured', 'cancelled'].includes(payment.state);
  const charge = own?.charges.find(({ id }) => id === own.intent.charge);
  const told = charge?.captureBefore ?? null;
  const until = told === null ? payment.captureBefore : new Date(told * 1_000);
  if ((!isHere && !isThere) || until === null || until.getTime() - grace.expiryMs > now.getTime()) return [];
  const at = until.toISOString();
  return [
    {
      type: 14,
      asset: payment.currency,
      amount: BigInt(payment.amount),
      detail: `${payment.reference} can be captured until ${at}, and the purchase is ${purchase?.state}.`,
      since: latest(charge?.at ?? payment.createdAt),
      graceMs: grace.providerMs,
    },
  ];
}
