import type { Look } from '../checks.types.js';
import { dealsOfSlice, type Range } from './deal-digests.reads.js';
import type { DealWants } from './deal-wants.reads.js';
import type { DealTable } from './deals.types.js';
import type { Slice } from './slices.js';

/*
 * Where all deals of a slice are as they ought to be, a few sums say so: those of what the deals say, and those of what
 * was moved for them. Every piece is hashed with the deal that it is of, so a piece of one deal never stands for that
 * of another. Where two sums differ the deals are held to their pieces one by one: see deal-digests.reads.ts.
 */

/** Some deals in the order of their ids, with the sums of what those that are done ought to have moved. */
export interface DealTotals extends Slice {
  /** The place behind which they are. */
  after: string;
  /** How many of them the run is about. */
  seen: number;
  /** The open ones, by their bare ids. */
  open: string[];
  range: Range;
  legs: string;
  handovers: string;
  /** Of the holds that ought to have moved. */
  holds: string;
}

const dealHash = (deal: string, title: string): string =>
  `hashtextextended(${deal}, hashtextextended(${title}, $1::bigint))`;
// PostgreSQL hashes a number and its negative alike. Added to what is more than any amount, they are not alike.
const legHash = (owner: string, amount: string): string =>
  `hashtextextended(asset, hashtextextended(${owner}, hash_numeric_extended(${amount} + 1e18, deal)))`;
const handoverHash = (from: string, to: string, deal: string): string => `uuid_hash_extended(instance,
  hashtextextended(coalesce(${from}, ''), hashtextextended(${to}, hashtextextended(${deal}, $1::bigint))))`;

/** Sums up what the deals behind one ought to have moved. */
export async function readTotals(
  { read, cut, run }: Look,
  { name, prefix, done }: DealTable,
  wants: DealWants,
  { seed, after }: { seed: string; after: string },
): Promise<DealTotals> {
  type Row = Omit<DealTotals, 'after' | 'range'> & { first: string; titles: string };
  const [row] = await read.main.query<Row>(
    `with part as materialized (
      select id, title, closed_at, state = '${done}' as is_done,
        transaction_id < $2::xid8 and ($3::text is null or title = $3) as seen, ${wants.columns.join(', ')}
      from ${name}.${name} where id > $4::uuid order by id limit ${dealsOfSlice}),
    due as not materialized (select * from part where seen and is_done),
    handovers as materialized (${wants.handovers})
    select (select id from part order by id desc limit 1) as last, (select id from part order by id limit 1) as first,
      (select count(*)::int from part) as many, (select count(*)::int from part where seen) as seen,
      array(select id::text from part where seen and closed_at is null) as open,
      array(select distinct title from part where seen)::text as titles,
      (select (coalesce(sum(${legHash('giver', '-amount')}), 0) + coalesce(sum(${legHash('taker', 'amount')}), 0))::text
        from (select l.*, ${dealHash(`'${prefix}_' || l.id`, 'l.title')} as deal from (${wants.legs}) l) l) as legs,
      (select coalesce(sum(${handoverHash('giver', 'taker', `'${prefix}_' || id`)}), 0)::text
        from handovers) as handovers,
      (select coalesce(sum(${dealHash(`'${prefix}_' || id`, 'title')}), 0)::text
        from (select distinct id, title from handovers) h) as holds`,
    [seed, cut.main.xmax, run.title, after],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  const { first, titles, ...totals } = row;
  return { ...totals, after, range: { first: `${prefix}_${first}`, last: `${prefix}_${totals.last}`, titles } };
}

/**
 * Whether just what the done deals of a slice ought to have moved was moved, and nothing for the others. False says
 * nothing: an open deal may have moved some already, and a deal in between may be none of the run.
 */
export async function isAsItOughtToBe({ read }: Look, seed: string, deals: DealTotals): Promise<boolean> {
  if (deals.seen < deals.many) return false;
  if (deals.many === 0) return true;
  const are = await Promise.all([hasBooked(read.ledger, seed, deals), hasHandedOver(read.inventory, seed, deals)]);
  return are.every(Boolean);
}

/** Whether the ledger has booked what it ought to, by one transfer for each deal, which is the one that it keeps. */
async function hasBooked(
  ledger: Look['read']['ledger'],
  seed: string,
  { range: { first, last, titles }, legs }: DealTotals,
): Promise<boolean> {
  const [row] = await ledger.query<{ legs: string; unkept: string; empty: string }>(
    `with transfers as materialized (
      select id, sequence, ${dealHash('reference', 'title')} as deal from ledger.transfers
      where title = any($2::text[]) and reference between $3 and $4
        and kind in ('exchange', 'paid') and reason = 'exchange')
    select legs::text, (transfers - kept)::text as unkept, (deals - entered)::text as empty
    from (
      select coalesce(sum(uuid_hash_extended(id, deal)), 0) as transfers, coalesce(sum(deal), 0) as deals
      from transfers) t, (
      select coalesce(sum(${legHash('a.owner', 'e.amount')}), 0) as legs,
        -- Every transfer has a first leg, and that one giver.
        coalesce(sum(deal) filter (where e.leg = 0 and e.amount < 0), 0) as entered
      from transfers t
      cross join lateral (
        select account_id, leg, amount from ledger.entries
        where sequence = t.sequence and transfer_id = t.id offset 0) e
      join ledger.accounts a on a.id = e.account_id) e, (
      select coalesce(sum(uuid_hash_extended(transfer_id,
        ${dealHash(`substr(key, length('exchange/') + 1)`, 'title')})), 0) as kept
      from ledger.outcomes
      where title = any($2::text[]) and key between 'exchange/' || $3 and 'exchange/' || $4 and state = 'posted') o`,
    [seed, titles, first, last],
  );
  return row?.legs === legs && row.unkept === '0' && row.empty === '0';
}

/** Whether the inventory has handed over what it ought to, and ended the holds of just these deals so. */
async function hasHandedOver(
  inventory: Look['read']['inventory'],
  seed: string,
  { range: { first, last }, handovers, holds }: DealTotals,
): Promise<boolean> {
  const [row] = await inventory.query<{ handovers: string; holds: string; odd: number }>(
    `select handovers::text, holds::text, odd
    from (
      select coalesce(sum(${handoverHash('from_owner', 'to_owner', 'cause')}), 0) as handovers
      from inventory.movements where kind in ('mint', 'move') and cause between $2 and $3) m, (
      select coalesce(sum(${dealHash('exchange', 'title')}) filter (where state = 'moved'), 0) as holds,
        count(*) filter (where state = 'held' or state = 'moved' and missing is not null)::int as odd
      from inventory.holds where exchange between $2 and $3) h`,
    [seed, first, last],
  );
  return row?.handovers === handovers && row.holds === holds && row.odd === 0;
}
