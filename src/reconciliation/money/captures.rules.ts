import { grace } from '../grace.rules.js';
import type { Found, IntentBundle, MoneyBundle } from './money-bundle.types.js';
import { capturedOf, captureTime, endOf, goneOf, isLate, latest, ownOf, postedUnder } from './money-facts.rules.js';
import { keys } from './money-keys.rules.js';

/* Whether what was captured at the provider is what the books and the purchase say. */

/** What is wrong with the captures of a purchase. */
export function judgeCaptures(bundle: MoneyBundle): Found[] {
  const own = ownOf(bundle);
  const isCaptured = own !== undefined && capturedOf(own) > 0n;
  const wrong = isCaptured ? judgeOwn(bundle, own) : judgeUncaptured(bundle, own);
  return [
    ...(wrong.length > 0 ? wrong : judgeGranted(bundle, own)),
    ...bundle.intents.filter((one) => one !== own).flatMap((one) => judgeOther(bundle, own, one)),
    ...bundle.intents.filter((one) => isLate(bundle, one)).flatMap((one) => judgeLate(bundle, one)),
    ...bundle.intents.flatMap(judgeReversed),
  ];
}

/** The intent of the payment is captured. */
function judgeOwn(bundle: MoneyBundle, own: IntentBundle): Found[] {
  const { payment, purchase } = bundle;
  const since = latest(captureTime(bundle, own), payment.updatedAt);
  const of = { asset: own.intent.currency, since, graceMs: grace.providerMs };
  const said = `The provider has captured ${own.intent.received} ${own.intent.currency} on ${own.intent.id}`;
  const end = endOf(bundle);
  if (end === 'unknown') return [unknownPurchase(own, of)];
  if (end === 'given-up') return endedWithout(bundle, own);
  const wrong = judgeAmount(bundle, own, of);
  if (wrong !== undefined) return [wrong];
  if (end === 'completed') return [];
  const amount = capturedOf(own);
  if (payment.state !== 'captured')
    return [{ ...of, type: 1, amount, detail: `${said}, and the purchase is ${purchase?.state}.` }];
  const isGranted = postedUnder(bundle, keys.exchange(payment.id)) !== undefined && bundle.hold !== 'held';
  if (isGranted) return [];
  const detail = `${said}, the purchase is ${purchase?.state}, and what it buys is not granted.`;
  return [{ ...of, type: 10, account: `player:${purchase?.player}`, amount, detail, graceMs: grace.sagaMs }];
}

/** Another currency, or another amount, than the books have. */
function judgeAmount(
  bundle: MoneyBundle,
  { intent }: IntentBundle,
  of: Pick<Found, 'since' | 'graceMs'>,
): Found | undefined {
  const { payment } = bundle;
  const posting = postedUnder(bundle, keys.exchange(payment.id));
  const received = BigInt(intent.received);
  const kept = BigInt(payment.state === 'captured' ? payment.captured : payment.amount);
  const currency = posting?.asset ?? payment.currency;
  const booked = posting !== undefined && posting.amount !== received ? posting.amount : kept;
  const said = `The provider has captured ${received} ${intent.currency} on ${intent.id}`;
  const detail = `${said}, and the books have ${booked} ${currency}.`;
  const other = [currency, payment.currency].find((one) => one !== intent.currency);
  if (other !== undefined) return { ...of, type: 8, asset: other, amount: received, detail };
  if (booked === received) return undefined;
  return { ...of, type: 7, asset: currency, amount: received - booked, detail };
}

/** The intent of the payment is not captured, or is not there. */
function judgeUncaptured(bundle: MoneyBundle, own: IntentBundle | undefined): Found[] {
  const { payment, intents, postings } = bundle;
  if (!bundle.isWhole) return [];
  const posting = postings.find(({ reason, reference }) => reason === 'exchange' && reference === payment.id);
  const booked = posting?.amount ?? (payment.state === 'captured' ? BigInt(payment.captured) : 0n);
  const since = latest(posting?.at, payment.updatedAt, own?.intent.at);
  if (booked === 0n) return [];
  // What the books have may be what was captured on another intent, which is judged by itself.
  if (own === undefined && intents.some((one) => capturedOf(one) > 0n)) return [];
  const wasCaptured = payment.state === 'captured' && own !== undefined;
  const type = wasCaptured ? 5 : 4;
  const there = own === undefined ? 'there is no intent at the provider' : `${own.intent.id} is ${own.intent.status}`;
  const asset = posting?.asset ?? payment.currency;
  const detail = `The books have captured ${booked} ${asset}, and ${there}.`;
  return [{ type, asset, amount: booked, detail, since, graceMs: grace.providerMs }];
}

/** What is granted although nothing of what was captured for it is left. */
function judgeGranted(bundle: MoneyBundle, own: IntentBundle | undefined): Found[] {
  const { payment, purchase, intents, grantedAt, hold, isWhole } = bundle;
  if (!isWhole || (grantedAt === null && hold !== 'moved')) return [];
  // What has gone back of a purchase that goes on or is completed is held to its refunds.
  const isGivenUp = endOf(bundle) === 'given-up';
  if (intents.some((one) => capturedOf(one) > (isGivenUp ? goneOf(one) : 0n))) return [];
  const there = own === undefined ? 'no intent is' : `${own.intent.id} is not`;
  const isBack = intents.some((one) => capturedOf(one) > 0n);
  const why = isBack ? 'all that was captured is back' : `${there} captured`;
  return [
    {
      type: 9,
      account: `player:${purchase?.player}`,
      asset: payment.currency,
      amount: BigInt(payment.amount),
      detail: `What the purchase buys is granted, and ${why}.`,
      since: latest(grantedAt, payment.updatedAt),
      graceMs: grace.providerMs,
    },
  ];
}

/** Another intent of the purchase, of which not all has gone back. */
function judgeOther(bundle: MoneyBundle, own: IntentBundle | undefined, other: IntentBundle): Found[] {
  const left = capturedOf(other) - goneOf(other);
  if (left <= 0n) return [];
  const { intent } = other;
  const of = { asset: intent.currency, since: captureTime(bundle, other), graceMs: grace.providerMs };
  const end = endOf(bundle);
  if (end === 'unknown') return [unknownPurchase(other, of)];
  if (end === 'given-up') return endedWithout(bundle, other);
  const isTwice = bundle.payment.state === 'captured' || (own !== undefined && capturedOf(own) > 0n);
  const said = `The provider has captured ${left} ${intent.currency} on ${intent.id}`;
  if (isTwice)
    return [{ ...of, type: 6, amount: left, detail: `${said}, beside ${bundle.payment.reference ?? 'another'}.` }];
  return [{ ...of, type: 1, amount: left, detail: `${said}, and the purchase is ${bundle.purchase?.state}.` }];
}

function endedWithout(bundle: MoneyBundle, one: IntentBundle): Found[] {
  const left = capturedOf(one) - goneOf(one);
  if (left <= 0n) return [];
  const { id, currency } = one.intent;
  const state = bundle.purchase?.state;
  const since = latest(captureTime(bundle, one), bundle.purchase?.closedAt);
  const detail = `The provider has captured ${left} ${currency} on ${id}, and the purchase is ${state}.`;
  return [{ type: 2, asset: currency, amount: left, detail, since, graceMs: grace.providerMs }];
}

function unknownPurchase({ intent }: IntentBundle, of: Pick<Found, 'asset' | 'since' | 'graceMs'>): Found {
  const detail = `The provider has captured ${intent.received} ${intent.currency}, and no purchase is known.`;
  return { ...of, type: 3, subject: intent.id, amount: BigInt(intent.received), detail };
}

/** What was captured late is booked by itself, also where all of it has gone back. */
function judgeLate(bundle: MoneyBundle, one: IntentBundle): Found[] {
  const { intent } = one;
  const received = capturedOf(one);
  const posting = postedUnder(bundle, keys.lateCapture(intent.id));
  if (received === 0n) {
    if (posting === undefined || !bundle.isWhole) return [];
    const detail = `${posting.transfer} books ${posting.amount} captured on ${intent.id}, which is ${intent.status}.`;
    return [
      { type: 4, asset: posting.asset, amount: posting.amount, detail, since: posting.at, graceMs: grace.providerMs },
    ];
  }
  // What is not booked and has not gone back is a finding of its own.
  if (posting === undefined && received > goneOf(one)) return [];
  const exchange = intent.id === bundle.payment.reference && postedUnder(bundle, keys.exchange(bundle.payment.id));
  const booked = posting ?? (exchange || undefined);
  const amount = received - (booked?.amount ?? 0n);
  if (amount === 0n) return [];
  const detail = `The provider has captured ${received} on ${intent.id}, and the books have ${booked?.amount ?? 0n}.`;
  const since = latest(captureTime(bundle, one), ...one.refunds.map(({ at }) => at), booked?.at);
  return [{ type: 7, asset: intent.currency, amount, detail, since, graceMs: grace.providerMs }];
}

/** The kinds of movement by which a bank takes back what it had paid. */
const reversals = ['payment_failure_refund', 'payment_reversal'];

function judgeReversed({ intent, transactions }: IntentBundle): Found[] {
  return transactions
    .filter(({ type }) => reversals.includes(type))
    .map(({ id, amount, currency, at }) => ({
      type: 5,
      asset: currency,
      amount: -BigInt(amount),
      detail: `The bank has taken back what was captured on ${intent.id}, by ${id}, and the books have it.`,
      since: at,
      graceMs: grace.providerMs,
    }));
}
