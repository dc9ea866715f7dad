import type { AccountState, Asset, AssetKind, PlayerBalance } from './ledger.types.js';

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

export const balanceColumns =
  'asset, credits_posted - debits_posted as posted, debits_pending as held, version, state, debt_limit';

export interface BalanceRow {
  asset: string;
  posted: string;
  held: string;
  version: string;
  state: AccountState;
  debt_limit: string;
}

export function balanceOf({ asset, state, ...row }: BalanceRow): PlayerBalance {
  const [posted, held] = [BigInt(row.posted), BigInt(row.held)];
  const [version, debtLimit] = [BigInt(row.version), BigInt(row.debt_limit)];
  return { asset, posted, held, available: posted - held, version, state, debtLimit };
}
