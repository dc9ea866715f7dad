import { grace } from '../grace.rules.js';
import type { Found, IntentBundle, MoneyBundle, Told } from './money-bundle.types.js';
import { capturedOf, hasFailed, isLate, latest, ownOf, postedUnder } from './money-facts.rules.js';
import { keys, refundIdsOf } from './money-keys.rules.js';

/* Whether each refund at the provider is in the ledger, and each in the ledger at the provider. */

type Refund = Told<'refund'>;

const graceMs = grace.providerMs;

/** What is wrong with the refunds of a purchase. */
export function judgeRefunds(bundle: MoneyBundle): Found[] {
  const { payment, intents, strays } = bundle;
  const paid = intents.filter((one) => !isLate(bundle, one));
  const outside = paid.flatMap(({ refunds }) => refunds.filter((one) => !isAsked(one)));
  const kept = payment.movements.filter(({ kind }) => kind === 'outside-refund').map(({ reference }) => reference);
  const there = new Set([...outside, ...strays.refunds].map(({ id }) => id));
  const gone = kept.filter((reference) => !there.has(reference));
  return [
    ...refundIdsOf(payment, intents).flatMap((id) => judgeAsked(bundle, id)),
    ...outside.flatMap((refund) => judgeOutside(bundle, refund)),
    ...gone.flatMap((reference) => judgeGone(bundle, reference)),
    ...intents.filter((one) => isLate(bundle, one)).flatMap((one) => judgeLate(bundle, one)),
    ...intents.flatMap((one) => judgeSum(bundle, one)),
  ];
}

/** Whether Veltrix has asked for it, which its metadata says. */
function isAsked({ refund, title, purchase }: Refund): boolean {
  return refund !== null || (title !== null && purchase !== null);
}

/** A refund of the purchase that was asked for. */
function judgeAsked(bundle: MoneyBundle, id: string): Found[] {
  const kept = bundle.payment.refunds.find((one) => one.id === id);
  // A refund is there, also where its intent is not, which is a finding of its own.
  const all = [...bundle.intents.flatMap(({ refunds }) => refunds), ...bundle.strays.refunds].filter(
    (one) => one.refund === id || one.id === kept?.reference,
  );
  const posting = postedUnder(bundle, keys.exchange(id));
  const done = all.filter(({ status }) => status === 'succeeded');
  const given = done.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  const asset = posting?.asset ?? done[0]?.currency ?? bundle.payment.currency;
  const since = latest(posting?.at, kept?.updatedAt, ...all.map(({ at }) => at));
  const of = { subject: id, asset, since, graceMs };
  const names = all.map((one) => `${one.id} ${one.status}`).join(' and ');
  if (posting === undefined || posting.amount === 0n) {
    if (given === 0n) return [];
    return [{ ...of, type: 15, amount: given, detail: `The provider has given back ${given} by ${names}.` }];
  }
  const booked = -posting.amount;
  const said = `${posting.transfer} books that ${booked} ${asset} were given back`;
  if (all.length === 0)
    return bundle.isWhole ? [{ ...of, type: 16, amount: booked, detail: `${said}, and there is no such refund.` }] : [];
  if (all.every(({ status }) => hasFailed(status)))
    return [{ ...of, type: 17, amount: booked, detail: `${said}, and the provider says ${names}.` }];
  if (done.length === 0) return [];
  const other = done.find(({ currency }) => currency !== asset);
  if (other !== undefined) return [{ ...of, type: 8, amount: booked, detail: `${said}, and ${other.id} says not so.` }];
  if (given === booked) return [];
  return [{ ...of, type: 7, amount: booked - given, detail: `${said}, and the provider has given back ${given}.` }];
}

/** A refund that somebody has made at the provider. */
function judgeOutside(bundle: MoneyBundle, refund: Refund): Found[] {
  const { id, status, currency } = refund;
  const amount = BigInt(refund.amount);
  const posting = postedUnder(bundle, keys.outside('outside-refund', id));
  const back = postedUnder(bundle, keys.outside('outside-refund-failed', id));
  const of = { subject: id, asset: currency, since: latest(refund.at, posting?.at), graceMs };
  const said = `The refund ${id} of ${amount} ${currency} is ${status}`;
  if (posting === undefined)
    return status === 'succeeded' ? [{ ...of, type: 15, amount, detail: `${said}, and is not booked.` }] : [];
  if (hasFailed(status) && back === undefined)
    return [{ ...of, type: 17, amount, detail: `${said}, and is booked by ${posting.transfer}.` }];
  const booked = -posting.amount;
  if (posting.asset !== currency)
    return [{ ...of, type: 8, asset: posting.asset, amount, detail: `${said}, and is booked in ${posting.asset}.` }];
  return booked === amount
    ? []
    : [{ ...of, type: 7, amount: booked - amount, detail: `${said}, and ${booked} are booked.` }];
}

/** One that is kept and booked, and that the provider does not tell. */
function judgeGone(bundle: MoneyBundle, reference: string): Found[] {
  const posting = postedUnder(bundle, keys.outside('outside-refund', reference));
  if (posting === undefined || !bundle.isWhole) return [];
  const detail = `${posting.transfer} books the refund ${reference}, and there is none at the provider.`;
  const { asset, at: since } = posting;
  return [{ type: 16, subject: reference, asset, amount: -posting.amount, detail, since, graceMs }];
}

/** What was captured late goes back as a whole, by whichever refunds. */
function judgeLate(bundle: MoneyBundle, one: IntentBundle): Found[] {
  const { intent, refunds } = one;
  const posting = postedUnder(bundle, keys.lateRefund(intent.id));
  const captured = capturedOf(one);
  const done = refunds.filter(({ status }) => status === 'succeeded');
  const given = done.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  const booked = -(posting?.amount ?? 0n);
  const of = {
    asset: posting?.asset ?? intent.currency,
    since: latest(posting?.at, ...refunds.map(({ at }) => at)),
    graceMs,
  };
  if (posting === undefined) {
    if (captured === 0n || given < captured) return [];
    const detail = `The provider has given back ${given} of ${intent.id}, and the books have nothing of it.`;
    return [{ ...of, type: 15, amount: given, detail }];
  }
  if (given >= booked) return [];
  if (!bundle.isWhole && refunds.length === 0) return [];
  const detail = `${posting.transfer} books that ${booked} of ${intent.id} were given back, and ${given} were.`;
  const failed = refunds.some(({ status }) => hasFailed(status));
  return [{ ...of, type: failed ? 17 : 16, amount: booked - given, detail }];
}

/** No more goes back by refunds than was captured. What a dispute takes beside them is the bank's to say. */
function judgeSum(bundle: MoneyBundle, one: IntentBundle): Found[] {
  const captured = capturedOf(one);
  if (captured === 0n) return [];
  const done = one.refunds.filter(({ status }) => status === 'succeeded');
  const given = done.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  const booked = one === ownOf(bundle) && !isLate(bundle, one) ? bookedBack(bundle, one) : 0n;
  const most = given > booked ? given : booked;
  if (most <= captured) return [];
  const where = given > booked ? 'at the provider' : 'in the ledger';
  return [
    {
      type: 18,
      asset: one.intent.currency,
      amount: most - captured,
      detail: `Of ${captured} that were captured on ${one.intent.id}, ${most} were given back ${where}.`,
      since: latest(...one.refunds.map(({ at }) => at), ...bundle.postings.map(({ at }) => at)),
      // What the ledger gives back in the place of a refund that has failed is booked before that is read.
      graceMs: given > captured ? 0 : grace.providerMs,
    },
  ];
}

/** What the ledger has given back by refunds that have not failed at the provider. */
function bookedBack({ postings }: MoneyBundle, { refunds }: IntentBundle): bigint {
  const failed = new Set(refunds.filter(({ status }) => hasFailed(status)).flatMap(({ id, refund }) => [id, refund]));
  return postings
    .filter(({ reason, amount, reference }) => reason === 'exchange' && amount < 0n && !failed.has(reference))
    .concat(postings.filter(({ reason }) => reason === 'outside-refund' || reason === 'outside-refund-failed'))
    .reduce((sum, { amount }) => sum - amount, 0n);
}
