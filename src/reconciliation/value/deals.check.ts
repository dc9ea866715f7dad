import type { Check, Finding, Look, Part } from '../checks.types.js';
import { dealsOfSlice, newSeed, readOtherHandovers, readOtherLegs, readSlice } from './deal-digests.reads.js';
import { isAsItOughtToBe, readTotals } from './deal-totals.reads.js';
import { dealWants, type DealWants } from './deal-wants.reads.js';
import { judgeDeal } from './deals.rules.js';
import { readBooked, readClosedLate, readDeals, readHanded, readWithPayment, type HandedParts } from './deals.reads.js';
import type { Booked, DealRow, DealTable } from './deals.types.js';
import { beginningOf, noUuid, partSize } from './places.rules.js';
import { lookAtSlices } from './slices.js';

const nothingBooked: Booked = { outcome: null, transfers: [] };

/** Deals that were closed late are looked for minute by minute, in so many minutes of one part where there is none. */
const [minuteMs, minutesOfPart] = [60_000, 60];

/**
 * The check of one kind of deal: each has moved what it says, once, and not before its time. Open deals come first.
 * They are all that a hot run looks at. A run of what is new looks at what was accepted since then, and at what was
 * accepted before and closed since then.
 */
export function dealsCheck(table: DealTable): Check {
  return {
    name: table.name,
    kinds: ['hot', 'incremental', 'full', 'history'],
    async look(look, after): Promise<Part> {
      const [among, place] = placeOf(look, after);
      const wants = dealWants[table.name];
      if (among === 'late') return lookAtLate(look, table, place);
      if (among === 'all' && wants !== null) return lookAtMany(look, table, wants, place);
      const rows = await readDeals(look, table, { among, after: place });
      const findings = await judge(look, table, rows);
      const seen = rows.filter((row) => row.seen).length;
      return { findings, looked: { [table.name]: seen }, next: nextOf(look, among, rows) };
    },
    async again(look, places): Promise<Finding[]> {
      return lookClosely(look, table, places);
    },
  };
}

type Among = 'open' | 'all' | 'late';

/** A run over all deals has no need to look at the open ones by themselves. */
function placeOf({ run }: Look, after: string | null): [Among, string] {
  if (after !== null) return after.split(' ') as [Among, string];
  return run.kind === 'hot' || run.since !== null ? ['open', noUuid] : ['all', noUuid];
}

function nextOf({ run }: Look, among: Among, rows: readonly DealRow[]): string | null {
  const last = rows.at(-1);
  if (last !== undefined && rows.length === partSize) return `${among} ${last.id}`;
  if (among === 'open') return run.kind === 'hot' ? null : `all ${beginningOf(run.since)}`;
  return firstLate(run);
}

/** Where the deals begin that were closed late, in a run of what is new. A run of everything has seen them all. */
function firstLate({ since }: Look['run']): string | null {
  return since === null ? null : latePlace(since, noUuid);
}

function latePlace(from: Date, after: string): string {
  return `late ${from.toISOString()}/${after}`;
}

/** Looks at deals that were accepted before the time of the run, and closed in it. */
async function lookAtLate(look: Look, table: DealTable, place: string): Promise<Part> {
  const { run, cut } = look;
  const [moment = '', behind = noUuid] = place.split('/');
  let [from, after] = [new Date(moment), behind];
  for (let left = minutesOfPart; ; left--) {
    const end = new Date(from.getTime() + minuteMs);
    const until = end < cut.main.at ? end : null;
    const ids = await readClosedLate(look.read.main, table, { from, until, after, acceptedBefore: run.since ?? from });
    const isFull = ids.length === partSize;
    const next = isFull ? latePlace(from, ids.at(-1) ?? after) : until && latePlace(until, noUuid);
    if (ids.length > 0 || next === null || left === 1) {
      const rows = await readDeals(look, table, { ids });
      const looked = { [table.name]: rows.filter(({ seen }) => seen).length };
      return { findings: await judge(look, table, rows), looked, next };
    }
    [from, after] = [end, noUuid];
  }
}

/** Looks at many deals at once, and closely at those alone that are open or have not moved just what they ought. */
async function lookAtMany(look: Look, table: DealTable, wants: DealWants, after: string): Promise<Part> {
  const seed = newSeed();
  const part = await lookAtSlices(
    {
      size: dealsOfSlice,
      read: (from) => readTotals(look, table, wants, { seed, after: from }),
      judge: async (totals) => {
        const { after: from, open } = totals;
        const isWhole = await isAsItOughtToBe(look, seed, totals);
        const others = isWhole ? [] : await othersOf(look, table, wants, { seed, after: from });
        return lookClosely(look, table, [...new Set([...open, ...others])].sort());
      },
      lookedOf: ({ seen }) => ({ [table.name]: seen }),
    },
    after,
  );
  return { ...part, next: part.next === null ? firstLate(look.run) : `all ${part.next}` };
}

async function lookClosely(look: Look, table: DealTable, ids: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let from = 0; from < ids.length; from += partSize) {
    const some = ids.slice(from, from + partSize);
    findings.push(...(await judge(look, table, await readDeals(look, table, { ids: some }))));
  }
  return findings;
}

/** The deals of a slice that are open, or have not moved just what they ought, by their bare ids. */
async function othersOf(
  look: Look,
  table: DealTable,
  wants: DealWants,
  from: { seed: string; after: string },
): Promise<string[]> {
  const { seed } = from;
  const { ledger, inventory } = look.read;
  const { open, range, legs, handovers } = await readSlice(look, table, wants, from);
  const others = await Promise.all([
    legs === null ? [] : readOtherLegs(ledger, seed, range, legs),
    handovers === null ? [] : readOtherHandovers(inventory, seed, range, handovers),
  ]);
  return [...open, ...others.flat().map((id) => id.slice('trd_'.length))];
}

async function judge({ read, now }: Look, table: DealTable, rows: readonly DealRow[]): Promise<Finding[]> {
  const looked = rows.filter(({ seen }) => seen);
  if (looked.length === 0) return [];
  const idOf = ({ id }: DealRow): string => `${table.prefix}_${id}`;
  const named = looked.map((row) => ({ title: row.title, id: idOf(row) }));
  const instances = looked.map((row) => table.oughtOf(row.terms).handovers.map(({ instance }) => instance));
  const withItems = named.filter((_, place) => instances[place]?.length !== 0);
  const endedPaid = looked.filter(
    ({ closed_at: closed, state, terms }) =>
      closed !== null && state !== table.done && table.oughtOf(terms).paid !== null,
  );
  const [{ handed, items }, booked, withPayment] = await Promise.all([
    withItems.length === 0 ? noHanded : readHanded(read.inventory, withItems, instances.flat()),
    readBooked(read.ledger, named),
    readWithPayment(read.payments, endedPaid.map(idOf)),
  ]);
  return looked.flatMap((row) =>
    judgeDeal(
      {
        table,
        row,
        booked: booked.get(idOf(row)) ?? nothingBooked,
        handed: handed.get(idOf(row)) ?? { hold: null, movements: [] },
        items,
        hasPayment: withPayment.has(idOf(row)),
      },
      now,
    ),
  );
}

const noHanded: HandedParts = { handed: new Map(), items: new Map() };
