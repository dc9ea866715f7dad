import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';
import { runTransaction } from '../postgres/transaction.js';
import type { AssetBooks, BooksQuestion, Days, ReasonTotal, TitleBooks } from './integrity.types.js';
import type { Flow } from './mint-totals.rules.js';

/** How many reasons of an asset are named; the smaller ones are told together. */
const maxNamedReasons = 100;

/**
 * What the books say about themselves. It reads accounts and kept totals, and no entry: what it costs does not grow
 * with the history.
 */
@Injectable()
export class LedgerIntegrity {
  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  books({ title, asset, days, shown }: BooksQuestion): Promise<TitleBooks> {
    return runTransaction(
      this.dataSource,
      async (tx) => {
        await tx.query('set transaction read only');
        const [{ at, since }] = await tx.query<[{ at: Date; since: Date | null }]>(
          'select clock_timestamp() as at, whole_since as since from ledger.entry_check',
        );
        const assets = await readAssets(tx, title, asset);
        const named = shown(assets).map(({ asset: code }) => code);
        return { at, entriesCheckedSince: since, assets, reasons: await readReasons(tx, title, named, days) };
      },
      'REPEATABLE READ',
    );
  }
}

async function readAssets(tx: EntityManager, title: string, asset: string | undefined): Promise<AssetBooks[]> {
  type Row = Record<Exclude<keyof AssetBooks, 'asset' | 'sequence'>, string> & { asset: string; sequence: string };
  const rows = await tx.query<Row[]>(
    `with summed as (
      select asset, sum(credits_posted - debits_posted) as sum,
        sum(credits_posted - debits_posted) filter (where owner <> 'system:mint') as supply,
        max(id) filter (where owner = 'system:mint') as mint,
        max(debits_posted) filter (where owner = 'system:mint') as issued,
        max(credits_posted) filter (where owner = 'system:mint') as returned
      from ledger.accounts where title = $1 and ($2::text is null or asset = $2) group by asset),
    broken as (
      select a.asset, count(*) as found from ledger.broken_entries b join ledger.accounts a on a.id = b.account_id
      where a.title = $1 group by a.asset)
    select s.code as asset, s.sequence, coalesce(a.supply, 0) as supply, coalesce(a.sum, 0) as sum,
      coalesce(a.issued, 0) as issued, coalesce(a.returned, 0) as returned,
      coalesce(k.issued, 0) as "keptIssued", coalesce(k.returned, 0) as "keptReturned", coalesce(b.found, 0) as broken
    from ledger.assets s
    left join summed a on a.asset = s.code
    left join broken b on b.asset = s.code
    cross join lateral (
      select sum(amount) filter (where flow = 'faucet') as issued, sum(amount) filter (where flow = 'sink') as returned
      from ledger.mint_totals where account_id = a.mint) k
    where s.title = $1 and ($2::text is null or s.code = $2)
    order by s.sequence desc`,
    [title, asset],
  );
  return rows.map(({ asset: code, sequence, ...row }) => ({
    asset: code,
    sequence,
    supply: BigInt(row.supply),
    sum: BigInt(row.sum),
    issued: BigInt(row.issued),
    returned: BigInt(row.returned),
    keptIssued: BigInt(row.keptIssued),
    keptReturned: BigInt(row.keptReturned),
    broken: BigInt(row.broken),
  }));
}

async function readReasons(
  tx: EntityManager,
  title: string,
  assets: readonly string[],
  { from, to }: Days,
): Promise<TitleBooks['reasons']> {
  const rows = await tx.query<{ asset: string; flow: Flow; reason: string; amount: string }[]>(
    `with moved as (
      select a.asset, t.flow, t.reason, sum(t.amount) as amount
      from ledger.accounts a join ledger.mint_totals t on t.account_id = a.id
      where a.title = $1 and a.owner = 'system:mint' and a.asset = any($2::text[])
        and ($3::int is null or t.day >= date '1970-01-01' + $3::int)
        and ($4::int is null or t.day < date '1970-01-01' + $4::int)
      group by a.asset, t.flow, t.reason),
    placed as (
      select *, row_number() over (partition by asset, flow order by reason = '', amount desc, reason) as place
      from moved)
    select asset, flow, named.reason, sum(amount) as amount from placed
    cross join lateral (select case when place <= ${maxNamedReasons} then reason else '' end as reason) named
    group by asset, flow, named.reason
    order by named.reason = '', amount desc, named.reason`,
    [title, assets, from, to],
  );
  const reasons = new Map(assets.map((asset) => [asset, { faucet: [] as ReasonTotal[], sink: [] as ReasonTotal[] }]));
  for (const { asset, flow, reason, amount } of rows)
    reasons.get(asset)?.[flow].push({ reason: reason === '' ? null : reason, amount: BigInt(amount) });
  return reasons;
}
