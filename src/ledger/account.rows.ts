import type { AccountState, PlayerBalance } from './ledger.types.js';

/* The row of an account, and the balance that it means. The driver gives bigint and numeric as text. */

/** The columns of a BalanceRow. */
export const balanceColumns =
  'asset, credits_posted - debits_posted as posted, debits_pending as held, version, state, debt_limit';

/** The account of a player as PostgreSQL answers it. */
export interface BalanceRow {
  asset: string;
  posted: string;
  held: string;
  version: string;
  state: AccountState;
  debt_limit: string;
}

/** The balance of a row: what is available is what is posted without what is held. */
export function balanceOf({ asset, state, ...row }: BalanceRow): PlayerBalance {
  const [posted, held] = [BigInt(row.posted), BigInt(row.held)];
  const [version, debtLimit] = [BigInt(row.version), BigInt(row.debt_limit)];
  return { asset, posted, held, available: posted - held, version, state, debtLimit };
}
