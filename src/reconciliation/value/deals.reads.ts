import type { Look, Reader } from '../checks.types.js';
import type { Booked, DealRow, DealTable, Entry, Handed, HandedOver, ItemsOf } from './deals.types.js';
import { firstUuidOf, partSize } from './places.rules.js';

/* Each look at some deals is one statement for each database, by primary keys and by references. */

/** Which deals are to be read. */
export type Wanted = { among: 'open' | 'all'; after: string } | { ids: readonly string[] };

const ways = {
  open: (schema: string) => `select t.* from ${schema}.open o join ${schema}.${schema} t on t.id = o.id
    where o.id > $3::uuid order by o.id limit ${partSize}`,
  all: (schema: string) => `select * from ${schema}.${schema} where id > $3::uuid order by id limit ${partSize}`,
  ids: (schema: string) => `select * from ${schema}.${schema} where id = any($3::uuid[])`,
};

/** Reads deals in the order of their ids. Those that the run is not about are among them, and say so. */
export async function readDeals(
  { read, cut, run }: Look,
  { name, columns }: DealTable,
  wanted: Wanted,
): Promise<DealRow[]> {
  const [way, place] = 'ids' in wanted ? (['ids', wanted.ids] as const) : ([wanted.among, wanted.after] as const);
  const rows = await read.main.query<Omit<DealRow, 'terms'> & Record<string, unknown>>(
    `select t.id, t.title, t.state, t.created_at, t.closed_at, o.started_at, o.waits_until,
       t.transaction_id < $1::xid8 and ($2::text is null or t.title = $2) as seen,
       ${columns.map((column) => `t.${column} as "term ${column}"`).join(', ')}
     from (${ways[way](name)}) t left join ${name}.open o on o.id = t.id order by t.id`,
    [cut.main.xmax, run.title, place],
  );
  return rows.map((row) => ({
    ...row,
    terms: Object.fromEntries(columns.map((column) => [column, row[`term ${column}`]])),
  }));
}

/**
 * The bare ids of deals that were closed from a moment on, and accepted before another, in order. PostgreSQL finds them
 * by the summary of when deals were closed: the primary key is kept out of it, which has all deals of before.
 * @param until the moment before which they were closed, or null for none
 */
export async function readClosedLate(
  main: Reader,
  { name }: DealTable,
  { from, until, after, acceptedBefore }: { from: Date; until: Date | null; after: string; acceptedBefore: Date },
): Promise<string[]> {
  const rows = await main.query<{ id: string }>(
    `with late as materialized (
       select id from ${name}.${name}
       where closed_at >= $1 and closed_at < coalesce($2::timestamptz, 'infinity')
         and (id > $3::uuid) is true and (id < $4::uuid) is true)
     select id from late order by id limit ${partSize}`,
    [from, until, after, firstUuidOf(acceptedBefore)],
  );
  return rows.map(({ id }) => id);
}

/** A deal by its title and by its id with the prefix. */
export interface Named {
  title: string;
  id: string;
}

/** What the ledger has of deals, by their ids. Deals of which it has nothing are missing. */
export async function readBooked(ledger: Reader, deals: readonly Named[]): Promise<Map<string, Booked>> {
  const rows = await ledger.query<{
    id: string;
    state: string | null;
    kept: string | null;
    transfer: string | null;
    entries: string | null;
  }>(
    `select g.id, o.state, o.transfer_id as kept, t.id as transfer, t.entries
     from unnest($1::text[], $2::text[]) as g(title, id)
     left join lateral (
       select state, transfer_id from ledger.outcomes
       where title = g.title and key = 'exchange/' || g.id offset 0) o on true
     left join lateral (
       select t.id, (
         select string_agg(concat_ws(' ', e.leg, a.owner, a.asset, e.amount), ',')
         from ledger.entries e join ledger.accounts a on a.id = e.account_id
         where e.sequence = t.sequence and e.transfer_id = t.id) as entries
       from ledger.transfers t
       where t.title = g.title and t.reference = g.id and t.kind in ('exchange', 'paid') and t.reason = 'exchange'
       order by t.transaction_id, t.sequence offset 0) t on true
     where o.state is not null or t.id is not null`,
    [deals.map(({ title }) => title), deals.map(({ id }) => id)],
  );
  const booked = new Map<string, Booked>();
  for (const { id, state, kept, transfer, entries } of rows) {
    const one = booked.get(id) ?? { outcome: state === null ? null : { state, transfer: kept }, transfers: [] };
    if (transfer !== null) one.transfers.push({ id: transfer, entries: entriesOf(entries) });
    booked.set(id, one);
  }
  return booked;
}

/** Those of these deals that have a payment. */
export async function readWithPayment(payments: Reader, deals: readonly string[]): Promise<ReadonlySet<string>> {
  if (deals.length === 0) return new Set();
  const rows = await payments.query<{ id: string }>('select id from payments.payments where id = any($1::text[])', [
    deals,
  ]);
  return new Set(rows.map(({ id }) => id));
}

/** Entries as `leg owner asset amount`, with commas between them. */
export function entriesOf(text: string | null): Entry[] {
  if (text === null) return [];
  return text.split(',').map((entry) => {
    const [leg = '', owner = '', asset = '', amount = ''] = entry.split(' ');
    return { leg: Number(leg), owner, asset, amount: BigInt(amount) };
  });
}

/** What the inventory has of deals, by their ids, and of their instances, by `ins_…`. */
export interface HandedParts {
  handed: ReadonlyMap<string, Handed>;
  items: ItemsOf;
}

/** An instance is looked up once, however many of the deals have moved it. */
export async function readHanded(
  inventory: Reader,
  deals: readonly Named[],
  instances: readonly string[],
): Promise<HandedParts> {
  type Hold = { id: string; state: string; missing: string[] | null };
  type Instance = {
    id: string;
    item: string | null;
    movements: (Omit<HandedOver, 'instance'> & { of: string })[] | null;
  };
  const [row] = await inventory.query<{ holds: Hold[] | null; instances: Instance[] | null }>(
    `select
       (select json_agg(json_build_object('id', h.exchange, 'state', h.state, 'missing', h.missing))
         from unnest($1::text[], $2::text[]) as g(title, id)
         cross join lateral (
           select exchange, state, missing from inventory.holds
           where exchange = g.id and title = g.title offset 0) h) as holds,
       (select json_agg(json_build_object('id', g.id, 'item', i.item, 'movements', i.movements))
         from unnest($3::uuid[]) as g(id)
         cross join lateral (
           select (select item from inventory.instances where id = g.id) as item,
             (select json_agg(json_build_object(
                'of', m.cause, 'kind', m.kind, 'from', m.from_owner, 'to', m.to_owner) order by m.version)
              from inventory.movements m where m.instance = g.id and m.kind in ('mint', 'move')
                and m.cause = any($2::text[])) as movements
           offset 0) i) as instances`,
    [deals.map(({ title }) => title), deals.map(({ id }) => id), [...new Set(instances)].map((id) => id.slice(4))],
  );
  const handed = new Map<string, Handed>();
  const of = (id: string): Handed => {
    const one = handed.get(id) ?? { hold: null, movements: [] };
    handed.set(id, one);
    return one;
  };
  for (const { id, state, missing } of row?.holds ?? []) of(id).hold = { state, missing: missing ?? [] };
  const items = new Map<string, string>();
  for (const { id, item, movements } of row?.instances ?? []) {
    if (item !== null) items.set(`ins_${id}`, item);
    for (const { of: deal, ...moved } of movements ?? []) of(deal).movements.push({ instance: `ins_${id}`, ...moved });
  }
  return { handed, items };
}
