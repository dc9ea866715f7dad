import type { Asset, AssetKind } from './ledger.types.js';

/* The row of an asset, and the asset that it means. The driver gives bigint and numeric as text. */

/** The columns of an AssetRow, without the name of the table, so that a `returning` can list them too. */
export const assetColumns = 'code, name, kind, scale, max_balance, tradeable, version, created_at, updated_at';

/** An asset as PostgreSQL answers it. */
export interface AssetRow {
  code: string;
  name: string;
  kind: AssetKind;
  scale: number;
  /** Minor units as a decimal string; null for no limit. */
  max_balance: string | null;
  tradeable: boolean;
  version: string;
  created_at: Date;
  updated_at: Date;
}

/** The asset of a row. Where the row has no limit, the asset has no `maxBalance`. */
export function assetOf(row: AssetRow): Asset {
  const { code, name, kind, scale, tradeable } = row;
  return {
    code,
    name,
    kind,
    scale,
    ...(row.max_balance !== null && { maxBalance: BigInt(row.max_balance) }),
    tradeable,
    version: BigInt(row.version),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
