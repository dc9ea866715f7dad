import { grace } from '../grace.rules.js';
import type { Found, MoneyBundle, Told } from './money-bundle.types.js';
import { absolute, latest, postedUnder } from './money-facts.rules.js';
import { keys } from './money-keys.rules.js';
import { bookedOtherwise } from './money-places.rules.js';

/* Whether each dispute is known here as it is at the provider, with each of its movements. */

const closedThere = ['won', 'lost', 'warning_closed', 'prevented'];
const openHere = ['inquiry', 'needs_response', 'under_review', 'appealed'];

/** What is wrong with the disputes of a purchase. */
export function judgeDisputes(bundle: MoneyBundle): Found[] {
  return bundle.intents.flatMap(({ disputes }) => disputes.flatMap((dispute) => judgeDispute(bundle, dispute)));
}

function judgeDispute(bundle: MoneyBundle, dispute: Told<'dispute'>): Found[] {
  const { id, status, amount, currency, at, transactions } = dispute;
  const kept = bundle.payment.disputes.find(({ reference }) => reference === id);
  const of = { subject: id, asset: currency, graceMs: grace.providerMs };
  if (kept === undefined) {
    const detail = `The dispute ${id} of ${amount} ${currency} is ${status}, and nobody knows it here.`;
    return [{ ...of, type: 19, amount: BigInt(amount), detail, since: at }];
  }
  const moments = transactions.map(({ created }) => new Date(created * 1_000));
  const isBehind = bundle.isWhole && closedThere.includes(status) && openHere.includes(kept.state);
  const detail = `The dispute ${id} is ${status} at the provider, and ${kept.state} here.`;
  return [
    ...(isBehind
      ? [{ ...of, type: 20 as const, amount: BigInt(amount), detail, since: latest(at, kept.updatedAt, ...moments) }]
      : []),
    ...transactions.flatMap((one) => judgeMovement(bundle, dispute, one)),
  ];
}

type Movement = Told<'dispute'>['transactions'][number];

/** The principal goes by the sign of the amount, in the currency of the dispute. */
function judgeMovement(bundle: MoneyBundle, dispute: Told<'dispute'>, movement: Movement): Found[] {
  const moved = BigInt(movement.amount);
  const isSame = movement.currency === dispute.currency;
  const principal = isSame ? moved : moved < 0n ? -BigInt(dispute.amount) : BigInt(dispute.amount);
  const kind = moved < 0n ? 'dispute' : 'dispute-reinstated';
  const fee = BigInt(movement.fee);
  return [
    ...(moved === 0n ? [] : judgePosting(bundle, movement, { kind, asset: dispute.currency, wanted: principal })),
    ...(fee === 0n
      ? []
      : judgePosting(bundle, movement, {
          kind: fee > 0n ? 'dispute-fee' : 'dispute-fee-returned',
          asset: movement.currency,
          wanted: -fee,
        })),
  ];
}

function judgePosting(
  bundle: MoneyBundle,
  { id, created }: Movement,
  { kind, asset, wanted }: { kind: string; asset: string; wanted: bigint },
): Found[] {
  const posting = postedUnder(bundle, keys.outside(kind, id));
  const isFee = kind.startsWith('dispute-fee');
  const of = { subject: id, asset, since: latest(new Date(created * 1_000), posting?.at) };
  const said = `${id} has moved ${wanted} ${asset} at the provider`;
  if (posting === undefined)
    return [
      {
        ...of,
        type: isFee ? 21 : 19,
        amount: absolute(wanted),
        detail: `${said}, and is not booked as ${kind}.`,
        graceMs: isFee ? grace.feeMs : grace.providerMs,
      },
    ];
  if (posting.asset === asset && posting.amount === wanted) return [];
  const detail = `${said}, and ${posting.transfer} books ${posting.amount} ${posting.asset}.`;
  const type = isFee ? 21 : posting.asset === asset ? 7 : 8;
  const place = isFee && { place: `${bookedOtherwise}${bundle.payment.id}` };
  return [{ ...of, ...place, type, amount: wanted - posting.amount, detail, graceMs: 0 }];
}
