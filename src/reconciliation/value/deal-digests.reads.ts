import { randomBytes } from 'node:crypto';
import type { Look, Reader } from '../checks.types.js';
import type { DealWants } from './deal-wants.reads.js';
import type { DealTable } from './deals.types.js';

/*
 * Most deals are as they ought to be, and PostgreSQL can tell by itself. What a deal ought to move becomes one number,
 * and what was moved for it another: the sum of the hashes of all its pieces, which is the same in every order. The
 * lists of both travel as texts, which Node hands on as they are. Nobody can make two sums alike on purpose, because
 * each look has a seed of its own. Servers that hash in different ways make a look slow, and nothing else.
 */

/** How many deals are held to their numbers together. */
export const dealsOfSlice = 4_000;

/** Deals with what they ought to have moved. Lists are PostgreSQL's own texts of arrays. */
interface Digests {
  ids: string;
  titles: string;
  /** Null for a deal that is not done, and 0 for one that moves nothing. */
  wanted: string;
}

/** Among which ids the deals of a slice are, and of which titles. */
export interface Range {
  first: string;
  last: string;
  titles: string;
}

/** Some deals in the order of their ids. */
export interface DealSlice {
  /** The last deal, also where the run is not about it; null where there is none. */
  last: string | null;
  many: number;
  /** How many of them the run is about. */
  seen: number;
  /** The open ones, by their bare ids. */
  open: string[];
  range: Range;
  /** The closed ones, for the ledger; null where there is none. */
  legs: Digests | null;
  /** Those of the closed ones that name instances, for the inventory. */
  handovers: (Digests & { instances: string }) | null;
}

// PostgreSQL hashes a number and its negative alike. Added to what is more than any amount, they are not alike.
const legHash = (owner: string, amount: string): string =>
  `hashtextextended(asset, hashtextextended(${owner}, hash_numeric_extended(${amount} + 1e18, $1::bigint)))`;
const handoverHash = (from: string, to: string): string =>
  `uuid_hash_extended(instance, hashtextextended(coalesce(${from}, ''), hashtextextended(${to}, $1::bigint)))`;

/** The seed of the hashes of one look. */
export function newSeed(): string {
  return randomBytes(8).readBigInt64BE().toString();
}

/** Reads what the deals behind one ought to have moved. */
export async function readSlice(
  { read, cut, run }: Look,
  { name, prefix, done }: DealTable,
  wants: DealWants,
  { seed, after }: { seed: string; after: string },
): Promise<DealSlice> {
  type Row = Omit<DealSlice, 'range' | 'legs' | 'handovers'> &
    Record<'first' | 'title_set', string> &
    Record<'ids' | 'titles' | 'legs' | 'item_ids' | 'item_titles' | 'item_wanted' | 'instances', string | null>;
  const [row] = await read.main.query<Row>(
    `with part as materialized (
      select id, title, closed_at, state = '${done}' as is_done,
        transaction_id < $2::xid8 and ($3::text is null or title = $3) as seen, ${wants.columns.join(', ')}
      from ${name}.${name} where id > $4::uuid order by id limit ${dealsOfSlice}),
    due as not materialized (select * from part where seen and closed_at is not null),
    handovers as materialized (${wants.handovers}),
    wanted as (
      select id, max(title) as title, bool_or(is_done) as is_done, coalesce(sum(leg), 0) as legs,
        sum(handover) as handovers
      from (
        select id, title, is_done, null::bigint as leg, null::bigint as handover from due
        union all
        select l.id, null, null, end_of.hash, null from (${wants.legs}) l
        cross join lateral (values (${legHash('giver', '-amount')}), (${legHash('taker', 'amount')})) as end_of (hash)
        union all
        select id, null, null, null, ${handoverHash('giver', 'taker')} from handovers) all_of
      group by id),
    lists as (
      select array_agg('${prefix}_' || id)::text as ids, array_agg(title)::text as titles,
        array_agg(case when is_done then legs end)::text as legs,
        array_agg('${prefix}_' || id) filter (where handovers is not null)::text as item_ids,
        array_agg(title) filter (where handovers is not null)::text as item_titles,
        array_agg(case when is_done then handovers end) filter (where handovers is not null)::text as item_wanted
      from wanted)
    select (select id from part order by id desc limit 1) as last, (select id from part order by id limit 1) as first,
      (select count(*)::int from part) as many, (select count(*)::int from part where seen) as seen,
      array(select id::text from part where seen and closed_at is null) as open,
      array(select distinct title from part where seen)::text as title_set, lists.*,
      (select array_agg(distinct instance)::text from handovers) as instances
    from lists`,
    [seed, cut.main.xmax, run.title, after],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  const { last, many, seen, open, first, title_set: titles, instances } = row;
  const handovers = digests(row.item_ids, row.item_titles, row.item_wanted);
  return {
    last,
    many,
    seen,
    open,
    range: { first: `${prefix}_${first}`, last: `${prefix}_${last}`, titles },
    legs: digests(row.ids, row.titles, row.legs),
    handovers: handovers && { ...handovers, instances: instances ?? '{}' },
  };
}

function digests(ids: string | null, titles: string | null, wanted: string | null): Digests | null {
  return ids === null || titles === null || wanted === null ? null : { ids, titles, wanted };
}

/* What belongs to a deal is brought together by grouping. Joins would be slow where PostgreSQL expects few rows. */

/** The deals of a slice of which the ledger has not just what they ought to have booked, by their ids. */
export async function readOtherLegs(
  ledger: Reader,
  seed: string,
  { first, last, titles }: Range,
  deals: Digests,
): Promise<string[]> {
  const rows = await ledger.query<{ id: string }>(
    `with transfers as materialized (
      select id, title, reference, sequence from ledger.transfers
      where title = any($5::text[]) and reference between $6 and $7
        and kind in ('exchange', 'paid') and reason = 'exchange'),
    booked as (
      select t.title, t.reference, ${legHash('a.owner', 'e.amount')} as leg
      from transfers t
      cross join lateral (
        select account_id, amount from ledger.entries
        where sequence = t.sequence and transfer_id = t.id offset 0) e
      join ledger.accounts a on a.id = e.account_id),
    grouped as (
      select id, bool_or(is_deal) as is_deal, max(wanted) as wanted, coalesce(sum(leg), 0) as legs,
        count(transfer) as transfers, count(kept) as posted,
        -- It is 0 where the one transfer is the one that is kept.
        coalesce(sum(transfer), 0) - coalesce(sum(kept), 0) as unkept
      from (
        select id, title, true as is_deal, wanted, null::bigint as leg, null::bigint as transfer, null::bigint as kept
        from unnest($2::text[], $3::text[], $4::numeric[]) as d (id, title, wanted)
        union all
        select reference, title, null, null, leg, null, null from booked
        union all
        select reference, title, null, null, null, uuid_hash_extended(id, $1::bigint), null from transfers
        union all
        select substr(key, length('exchange/') + 1), title, null, null, null, null,
          uuid_hash_extended(transfer_id, $1::bigint)
        from ledger.outcomes
        where title = any($5::text[]) and key between 'exchange/' || $6 and 'exchange/' || $7
          and state = 'posted') all_of
      group by title, id)
    select id from grouped
    where is_deal and case
      when wanted is null then transfers + posted > 0
      when wanted = 0 then transfers > 0
      else legs <> wanted or unkept <> 0 end`,
    [seed, deals.ids, deals.titles, deals.wanted, titles, first, last],
  );
  return rows.map(({ id }) => id);
}

/** The deals of a slice of which the inventory has not just what they ought to have handed over, by their ids. */
export async function readOtherHandovers(
  inventory: Reader,
  seed: string,
  { first, last }: Range,
  deals: Digests & { instances: string },
): Promise<string[]> {
  const rows = await inventory.query<{ id: string }>(
    `with grouped as (
      select id, max(title) as title, max(wanted) as wanted, coalesce(sum(handover), 0) as handovers,
        count(handover) as many, max(held_by) as held_by, max(state) as state, bool_or(is_short) as is_short
      from (
        select id, title, wanted, null::bigint as handover, null as held_by, null as state, null::boolean as is_short
        from unnest($2::text[], $3::text[], $4::numeric[]) as d (id, title, wanted)
        union all
        select cause, null, null, ${handoverHash('from_owner', 'to_owner')}, null, null, null
        from inventory.movements
        where kind in ('mint', 'move') and cause between $6 and $7 and instance in (select unnest($5::uuid[]))
        union all
        select exchange, null, null, null, title, state, missing is not null from inventory.holds
        where exchange between $6 and $7) all_of
      group by id)
    select id from grouped
    where title is not null and case
      when wanted is null then many > 0 or state = 'held'
      else handovers <> wanted or held_by is distinct from title or state <> 'moved' or is_short end`,
    [seed, deals.ids, deals.titles, deals.wanted, deals.instances, first, last],
  );
  return rows.map(({ id }) => id);
}
