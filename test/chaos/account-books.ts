import type pg from 'pg';
import type { AccountRow } from './books.js';
import { millis } from './deal-query.js';

/** Reads every account with its entries. */
export async function readAccounts(
  rows: <T extends pg.QueryResultRow>(sql: string) => Promise<T[]>,
): Promise<AccountRow[]> {
  const accounts = await rows<{
    id: string;
    title: string;
    owner: string;
    asset: string;
    posted: string;
    version: number;
  }>(
    `select id, title, owner, asset, credits_posted - debits_posted as posted, version::float8 as version
     from ledger.accounts`,
  );
  const entries = await rows<{
    account: string;
    transfer: string;
    version: number;
    leg: number;
    amount: string;
    posted: string;
    available: string;
    at: number;
  }>(
    `select e.account_id as account, 'trf_' || e.transfer_id as transfer, e.version::float8 as version,
       e.leg, e.amount, e.posted, e.available, ${millis('t.created_at')} as at
     from ledger.entries e join ledger.transfers t on t.id = e.transfer_id order by e.account_id, e.version`,
  );
  const byId = new Map(
    accounts.map((row): [string, AccountRow] => [row.id, { ...row, posted: BigInt(row.posted), entries: [] }]),
  );
  for (const { account, amount, posted, available, ...row } of entries) {
    byId
      .get(account)
      ?.entries.push({ ...row, amount: BigInt(amount), posted: BigInt(posted), available: BigInt(available) });
  }
  return [...byId.values()];
}
