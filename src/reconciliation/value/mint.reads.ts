import type { Reader } from '../checks.types.js';
import type { MintedAsset, MintSlice } from './mint.types.js';

/** The next asset in the order of titles and codes, or the one of this name. */
export async function readAsset(
  ledger: Reader,
  place: { title: string; asset: string },
  which: 'behind' | 'itself',
  title: string | null,
): Promise<MintedAsset | undefined> {
  const [row] = await ledger.query<MintedAsset>(
    `select s.title, s.code as asset, a.id::text as account
     from (select title, code from ledger.assets
       where (title, code) ${which === 'behind' ? '>' : '='} ($1::text, $2::text) and ($3::text is null or title = $3)
       order by title, code limit 1) s
     left join ledger.accounts a on a.title = s.title and a.owner = 'system:mint' and a.asset = s.code`,
    [place.title, place.asset, title],
  );
  return row;
}

/** How many entries of a mint one part has. */
export const entriesOfMint = 20_000;

/**
 * Reads the entries of a mint behind a version, summed up, and the kept totals from a day on, in one snapshot.
 * @param xmax where the ledger was cut
 */
export async function readMint(
  ledger: Reader,
  account: string,
  from: { version: string; day: string },
  xmax: string,
): Promise<MintSlice> {
  const [row] = await ledger.query<{ slice: MintSlice }>(
    `with slice as materialized (
      select version, transfer_id, amount from ledger.entries
      where account_id = $1::bigint and version > $2::bigint order by version limit ${entriesOfMint}),
    moved as (
      select (t.created_at at time zone 'UTC')::date::text as day,
        case when s.amount < 0 then 'faucet' else 'sink' end as flow, t.reason,
        case when t.kind = 'reversal' then 'reversal'
          when t.kind = 'transfer' then case when s.amount < 0 then 'grant' else 'sink' end
          when t.reason <> 'exchange' then t.reason
          when t.reference ^@ 'pur_' then 'purchase' when t.reference ^@ 'rfd_' then 'refund'
          else 'other deal' end as by,
        t.transaction_id < $4::xid8 as "isOld", sum(abs(s.amount))::text as amount
      from slice s join ledger.transfers t on t.id = s.transfer_id group by 1, 2, 3, 4, 5)
    select json_build_object('seen', (select count(*) from slice),
      'version', (select max(version)::text from slice),
      'moved', coalesce((select json_agg(m) from moved m), '[]'),
      'totals', coalesce((select json_agg(json_build_object(
        'day', day::text, 'flow', flow, 'reason', reason, 'amount', amount::text))
        from ledger.mint_totals where account_id = $1 and day >= $3::date), '[]')) as slice`,
    [account, from.version, from.day, xmax],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  return row.slice;
}
