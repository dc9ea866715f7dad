import type { Look } from '../checks.types.js';
import type { NamedDeals } from './deal-states.reads.js';

/** How many transfers are looked at together. */
export const transfersOfSlice = 4_000;

/** Some transfers in the order of their ids. */
export interface TransferSlice {
  /** The last transfer, also where the run is not about it; null where there is none. */
  last: string | null;
  many: number;
  /** How many of them the run is about, and how many entries these have. */
  seen: number;
  entries: number;
  /** Those that do not have two equal ends to each of their legs. */
  odd: string[];
  /** Those that are of deals; null where none is. */
  named: NamedDeals | null;
}

/** Looks at the transfers behind one, and answers those whose entries are not the ends of legs. */
export async function readTransferSlice({ read, cut, run }: Look, after: string): Promise<TransferSlice> {
  type Row = Omit<TransferSlice, 'named'> & { [Key in keyof NamedDeals]: string | null };
  const [row] = await read.ledger.query<Row>(
    `with part as materialized (
      select id, title, sequence, transaction_id < $1::xid8 and ($2::text is null or title = $2) as seen,
        case when kind in ('exchange', 'paid') and reason = 'exchange' then coalesce(reference, '') end as deal
      from ledger.transfers where id > $3::uuid order by id limit ${transfersOfSlice}),
    legs as (
      select p.id, count(*) as many,
        count(*) = 2 and count(a.id) = 2 and min(a.asset) = max(a.asset) and sum(e.amount) = 0 as is_whole
      from part p
      cross join lateral (
        select account_id, leg, amount from ledger.entries
        where sequence = p.sequence and transfer_id = p.id offset 0) e
      left join ledger.accounts a on a.id = e.account_id and a.title = p.title
      where p.seen group by p.id, e.leg),
    grouped as (
      select id, coalesce(sum(many), 0) as many, bool_and(is_whole) as is_whole
      from (select id, many, is_whole from legs union all select id, null, null from part where seen) all_of
      group by id)
    select (select id from part order by id desc limit 1) as last, (select count(*)::int from part) as many,
      (select count(*)::int from part where seen) as seen, whole.*, named.*
    from (
      select coalesce(sum(many), 0)::int as entries,
        coalesce(array_agg(id::text) filter (where is_whole is not true), '{}') as odd
      from grouped) whole, (
      select array_agg(id)::text as ids, array_agg(deal)::text as deals, array_agg(title)::text as titles
      from part where seen and deal is not null) named`,
    [cut.ledger.xmax, run.title, after],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  const { ids, deals, titles, ...rest } = row;
  return { ...rest, named: ids === null || deals === null || titles === null ? null : { ids, deals, titles } };
}
