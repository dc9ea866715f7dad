import type { Asset, AssetKind } from './ledger.types.js';

/* The rows that are told to callers, and what they are told. The driver gives bigint and numeric as text. */

export const assetColumns = 'code, name, kind, scale, max_balance, tradeable, version, created_at, updated_at';

export interface AssetRow {
  code: string;
  name: string;
  kind: AssetKind;
  scale: number;
  max_balance: string | null;
  tradeable: boolean;
  version: string;
  created_at: Date;
  updated_at: Date;
}

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
