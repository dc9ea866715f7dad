import type { Finding } from '../checks.types.js';
import type { BreakType } from '../break-types.rules.js';
import { grace } from '../grace.rules.js';
import type { Booked, DealRow, DealTable, Entry, Handed, HandedOver, ItemsOf, Leg, Ought } from './deals.types.js';

/** A deal with all that is known of it. */
export interface LookedAt {
  table: DealTable;
  row: DealRow;
  booked: Booked;
  handed: Handed;
  items: ItemsOf;
  /** Whether a deal that was to be paid has a payment, so that the checks of money judge it. */
  hasPayment: boolean;
}

/** A deal as it is judged, with what it ought to have moved. */
interface Judged extends LookedAt {
  /** The id with its prefix. */
  id: string;
  ought: Ought;
}

type Said = Partial<Pick<Finding, 'account' | 'asset' | 'amount'>>;

/**
 * Holds a deal to what was booked and handed over for it. Everything was read after the deal was, so a closed deal has
 * all of its bookings.
 * @param now the moment by which it is judged what is late
 */
export function judgeDeal(looked: LookedAt, now: Date): Finding[] {
  const { table, row } = looked;
  const judged = { ...looked, id: `${table.prefix}_${row.id}`, ought: table.oughtOf(row.terms) };
  const twice = [...bookedTwice(judged), ...handedTwice(judged)];
  if (row.closed_at === null) return [...twice, ...lateOf(judged, now)];
  const left = holdLeft(judged);
  if (row.state === table.done) return [...twice, ...left, ...notBooked(judged), ...notHanded(judged)];
  return [...twice, ...left, ...movedThough(judged)];
}

function found({ row, id }: Judged, type: BreakType, detail: string, said: Said = {}): Finding {
  return {
    type,
    title: row.title,
    subject: id,
    ...said,
    detail,
    since: row.closed_at ?? row.created_at,
    place: row.id,
  };
}

/** An open deal that waits for nobody has a time within which it is done. One that waits is late with nothing. */
function lateOf(judged: Judged, now: Date): Finding[] {
  const { created_at: created, started_at: started, waits_until: until } = judged.row;
  if (until !== null && until > now) return [];
  const since = until ?? started ?? created;
  const breaksAt = new Date(since.getTime() + grace.sagaMs);
  const detail = `It is ${judged.row.state}, and could go on since ${since.toISOString()}.`;
  return [{ ...found(judged, 30, detail), since, breaksAt }];
}

function bookedTwice(judged: Judged): Finding[] {
  const { outcome, transfers } = judged.booked;
  const kept = transfers.find(({ id }) => id === outcome?.transfer) ?? transfers[0];
  return transfers
    .filter((one) => one !== kept)
    .map(({ id, entries }) => found(judged, 11, `trf_${id} is booked for it beside trf_${kept?.id}.`, gainOf(entries)));
}

function handedTwice(judged: Judged): Finding[] {
  const seen = new Set<string>();
  return judged.handed.movements.flatMap((one) => {
    if (!seen.has(one.instance)) {
      seen.add(one.instance);
      return [];
    }
    return [found(judged, 11, `${one.instance} is handed over twice for it.`, handoverOf(judged, one, 1n))];
  });
}

/** What somebody has got by a transfer: what a player got, where a player got something. */
export function gainOf(entries: readonly Pick<Entry, 'owner' | 'asset' | 'amount'>[]): Said {
  const gains = entries.filter(({ amount }) => amount > 0n);
  const gain = gains.find(({ owner }) => owner.startsWith('player:')) ?? gains[0];
  return gain === undefined ? {} : { account: gain.owner, asset: gain.asset, amount: gain.amount };
}

function handoverOf({ items }: Judged, { instance, to }: Pick<HandedOver, 'instance' | 'to'>, amount: bigint): Said {
  const item = items.get(instance);
  return { account: to, ...(item !== undefined && { asset: item }), amount };
}

/** A hold ends before its deal does. */
function holdLeft(judged: Judged): Finding[] {
  const { handed, ought, row, items } = judged;
  if (handed.hold?.state !== 'held') return [];
  const missing = new Set(handed.hold.missing);
  const held = ought.handovers.filter(({ instance }) => !missing.has(instance));
  const first = held[0];
  const item = first && items.get(first.instance);
  const said: Said = {
    ...(first !== undefined && { account: first.from ?? first.to }),
    ...(item !== undefined && { asset: item }),
    amount: BigInt(held.length),
  };
  const breaksAt = new Date((row.closed_at ?? row.created_at).getTime() + grace.sagaMs);
  return [{ ...found(judged, 12, `It is ${row.state}, and its hold is still held.`, said), breaksAt }];
}

/** What is wrong where a deal has ended without being done, and something was moved for it all the same. */
function movedThough(judged: Judged): Finding[] {
  const { booked, handed, ought, row } = judged;
  if (ought.paid !== null) return grantedUnpaid(judged, ought.paid);
  const [transfer] = booked.transfers;
  const legs =
    transfer === undefined
      ? booked.outcome?.state === 'posted'
        ? [found(judged, 31, `It is ${row.state}, and the ledger keeps it as posted.`)]
        : []
      : [found(judged, 31, `It is ${row.state}, and trf_${transfer.id} is booked for it.`, gainOf(transfer.entries))];
  const first = firstOfEach(handed.movements);
  return [
    ...legs,
    ...first.map((one) =>
      found(judged, 31, `It is ${row.state}, and ${one.instance} is handed over.`, handoverOf(judged, one, 1n)),
    ),
  ];
}

/** What was granted for a price that nobody was ever asked for. Where there is a payment, the checks of money judge. */
function grantedUnpaid(judged: Judged, paid: NonNullable<Ought['paid']>): Finding[] {
  const { booked, handed, hasPayment, row } = judged;
  if (hasPayment || (booked.transfers.length === 0 && handed.movements.length === 0)) return [];
  return [found(judged, 9, `It is ${row.state} without a payment, and what it buys is granted.`, priceOf(paid))];
}

/** What was to be paid in real money, by whom. */
export function priceOf({ player, currency, amount }: NonNullable<Ought['paid']>): Required<Said> {
  return { account: player, asset: currency, amount };
}

function firstOfEach(movements: readonly HandedOver[]): HandedOver[] {
  return movements.filter((one, place) => movements.findIndex(({ instance }) => instance === one.instance) === place);
}

/** What a purchase in real money that is completed has not granted is a break of its own. */
function notGranted(judged: Judged, detail: string, said: Said): Finding {
  const { paid } = judged.ought;
  if (paid === null) return found(judged, 31, detail, said);
  return found(judged, 10, detail, priceOf(paid));
}

/** What is wrong with the legs of a deal that is done. */
function notBooked(judged: Judged): Finding[] {
  const { booked } = judged;
  const legs = legsOf(judged);
  const transfer = booked.transfers.find(({ id }) => id === booked.outcome?.transfer) ?? booked.transfers[0];
  if (transfer === undefined) {
    if (legs.length === 0) return [];
    const gain = gainOf(legs.map(({ to, asset, amount }) => ({ owner: to, asset, amount })));
    const lacks = { ...gain, ...(gain.amount !== undefined && { amount: -gain.amount }) };
    return [notGranted(judged, `It is ${judged.row.state}, and nothing is booked for it.`, lacks)];
  }
  const unkept =
    booked.outcome?.transfer === transfer.id
      ? []
      : [found(judged, 31, `trf_${transfer.id} is booked for it, and the ledger keeps ${keptOf(booked)} for it.`)];
  return [...unkept, ...otherLegs(judged, legs, transfer)];
}

function keptOf({ outcome }: Booked): string {
  if (outcome === null) return 'nothing';
  return outcome.transfer === null ? `that it is ${outcome.state}` : `trf_${outcome.transfer}`;
}

/** The legs of a deal, with what is owed for the instances that were missing. */
function legsOf({ ought, handed }: Judged): Leg[] {
  const missing = new Set(handed.hold?.missing);
  const owed = ought.handovers.flatMap(({ instance, instead }) =>
    instead !== undefined && missing.has(instance) && instead.amount > 0n ? [instead] : [],
  );
  return [...ought.legs, ...owed];
}

interface Sums {
  taken: bigint;
  given: bigint;
}

/** Each account on which other amounts are booked than the deal says. */
function otherLegs(judged: Judged, legs: readonly Leg[], transfer: Booked['transfers'][number]): Finding[] {
  const { ought } = judged;
  const owner = (name: string): string => (name === 'system:fees' ? (ought.sparedPlayer ?? name) : name);
  const said = sumsOf(
    legs.flatMap(({ from, to, asset, amount }) => [
      { owner: owner(from), asset, amount: -amount },
      { owner: owner(to), asset, amount },
    ]),
  );
  const booked = sumsOf(transfer.entries.map((entry) => ({ ...entry, owner: owner(entry.owner) })));
  return [...new Set([...said.keys(), ...booked.keys()])].flatMap((key) => {
    const [wanted, is] = [said.get(key) ?? nothing, booked.get(key) ?? nothing];
    if (wanted.given === is.given && wanted.taken === is.taken) return [];
    const [account, asset] = key.split(' ') as [string, string];
    const net = is.given - is.taken - (wanted.given - wanted.taken);
    const detail =
      `It says +${wanted.given} and -${wanted.taken} of ${asset} for ${account}, ` +
      `and trf_${transfer.id} has booked +${is.given} and -${is.taken}.`;
    return [found(judged, 31, detail, { account, asset, amount: net === 0n ? is.given - wanted.given : net })];
  });
}

const nothing: Sums = { taken: 0n, given: 0n };

/** What is given and taken by account. Owners and assets have no spaces. */
function sumsOf(entries: readonly Pick<Entry, 'owner' | 'asset' | 'amount'>[]): Map<string, Sums> {
  const sums = new Map<string, Sums>();
  for (const { owner, asset, amount } of entries) {
    const key = `${owner} ${asset}`;
    const { taken, given } = sums.get(key) ?? nothing;
    sums.set(key, amount < 0n ? { taken: taken - amount, given } : { taken, given: given + amount });
  }
  return sums;
}

/** What is wrong with the instances of a deal that is done. */
function notHanded(judged: Judged): Finding[] {
  const { ought, handed, row } = judged;
  const { hold, movements } = handed;
  // The operator has ended it by hand because its instances were not as it says. An open one is found by itself.
  if (ought.handovers.length === 0 || hold?.state === 'ended-by-hand' || hold?.state === 'held') return [];
  const missing = new Set(hold?.missing);
  const first = new Map(firstOfEach(movements).map((one) => [one.instance, one]));
  const wrong = ought.handovers.flatMap((wanted): Finding[] => {
    const is = first.get(wanted.instance);
    if (missing.has(wanted.instance) && wanted.instead !== undefined) {
      if (is === undefined) return [];
      const detail = `${wanted.instance} was missing, and is handed over all the same.`;
      return [found(judged, 31, detail, handoverOf(judged, is, 1n))];
    }
    if (is === undefined) {
      const detail = `It is ${row.state}, and ${wanted.instance} is not handed over.`;
      return [notGranted(judged, detail, handoverOf(judged, wanted, -1n))];
    }
    if (is.from === wanted.from && is.to === wanted.to) return [];
    const detail =
      `It gives ${wanted.instance} from ${wanted.from ?? 'nobody'} to ${wanted.to}, ` +
      `and it went from ${is.from ?? 'nobody'} to ${is.to}.`;
    return [found(judged, 31, detail, handoverOf(judged, is, 1n))];
  });
  if (hold?.state === 'moved' || wrong.length > 0) return distinct(wrong);
  const detail = `It is ${row.state}, and its hold is ${hold?.state ?? 'not there'}.`;
  return [found(judged, 31, detail)];
}

/** One finding for all that a purchase has not granted. */
function distinct(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ type }, place) => type !== 10 || findings.findIndex((one) => one.type === 10) === place);
}
