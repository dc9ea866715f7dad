import type { EntityManager } from 'typeorm';
import type { Fact } from '../events/outbox.js';
import { exponentOf } from '../money.rules.js';
import { assetFact } from './facts.rules.js';
import { assetColumns, assetOf, type AssetRow } from './asset.rows.js';

/**
 * Makes the assets of these currencies where they are missing, in ascending order of their codes. Whoever makes one at
 * the same moment is waited for. An asset stays, also where nothing is booked in it in the end.
 * @returns a fact for each asset that this call has made
 */
export async function makeCurrencies(
  tx: EntityManager,
  currencies: readonly { title: string; code: string }[],
): Promise<Fact[]> {
  const rows = await tx.query<(AssetRow & { title: string })[]>(
    `insert into ledger.assets (title, code, name, kind, scale, tradeable)
     select g.title, g.code, g.code, 'currency', g.scale, false
     from unnest($1::text[], $2::text[], $3::int[]) as g(title, code, scale)
     order by g.title collate "C", g.code collate "C"
     on conflict do nothing returning title, ${assetColumns}`,
    [
      currencies.map(({ title }) => title),
      currencies.map(({ code }) => code),
      currencies.map(({ code }) => exponentOf(code)),
    ],
  );
  return rows.map((row) => assetFact(row.title, 'asset.created', assetOf(row)));
}
