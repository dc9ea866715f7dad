import type { Look } from '../checks.types.js';
import { entriesOf } from './deals.reads.js';
import type { TransferRow } from './transfers.rules.js';

/**
 * Reads transfers in the order of their ids, with their entries. The owner of an account that is not there, or that is
 * of another title, is `?`. Those that the run is not about are among them, and say so.
 */
export async function readTransfers({ read, cut, run }: Look, ids: readonly string[]): Promise<TransferRow[]> {
  const rows = await read.ledger.query<Omit<TransferRow, 'entries'> & { entries: string | null }>(
    `select t.id, t.title, t.created_at,
       case when t.kind in ('exchange', 'paid') and t.reason = 'exchange' then coalesce(t.reference, '') end as deal,
       t.transaction_id < $1::xid8 and ($2::text is null or t.title = $2) as seen,
       (select string_agg(concat_ws(' ', e.leg, coalesce(a.owner, '?'), coalesce(a.asset, '?'), e.amount), ',')
        from ledger.entries e left join ledger.accounts a on a.id = e.account_id and a.title = t.title
        where e.sequence = t.sequence and e.transfer_id = t.id) as entries
     from ledger.transfers t where t.id = any($3::uuid[]) order by t.id`,
    [cut.ledger.xmax, run.title, ids],
  );
  return rows.map((row) => ({ ...row, entries: entriesOf(row.entries) }));
}
