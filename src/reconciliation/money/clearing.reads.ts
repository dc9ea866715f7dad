import type { Look, Reader } from '../checks.types.js';

/* What is posted on the clearing accounts. */

/** A clearing account. */
export interface ClearingAccount {
  id: string;
  title: string;
  owner: string;
  asset: string;
  version: string;
  /** What it has. */
  posted: string;
}

/** The clearing account behind another, in the order of their titles and names. */
export async function nextClearing(
  ledger: Reader,
  titles: readonly string[],
  after: Pick<ClearingAccount, 'title' | 'owner' | 'asset'> | null,
): Promise<ClearingAccount | undefined> {
  const [row] = await ledger.query<ClearingAccount>(
    `select a.id::text, a.title, a.owner, a.asset, a.version::text,
       (a.credits_posted - a.debits_posted)::text as posted from unnest($1::text[]) as g (title)
     join ledger.accounts a
       on a.title = g.title and a.owner >= 'system:clearing:' and a.owner < 'system:clearing;'
     where (a.title, a.owner, a.asset) > ($2, $3, $4) order by a.title, a.owner, a.asset limit 1`,
    [titles, after?.title ?? '', after?.owner ?? '', after?.asset ?? ''],
  );
  return row;
}

/** The titles that there are and those that have an account at a provider, or the one. */
export async function readTitles({ main, payments }: Look['read'], title: string | null): Promise<string[]> {
  if (title !== null) return [title];
  const rows = await Promise.all([
    main.query<{ title: string }>('select id as title from titles.titles'),
    payments.query<{ title: string }>('select distinct title from payments.accounts'),
  ]);
  return [...new Set(rows.flat().map((row) => row.title))].sort();
}

/** Something posted on a clearing account. */
export interface PostingRow {
  version: string;
  transfer: string;
  reason: string;
  reference: string | null;
  amount: string;
  at: Date;
  transactionId: string;
}

/** The entries of an account before a version, the newest first. */
export function readPostings(
  ledger: Reader,
  account: string,
  before: string | null,
  limit: number,
): Promise<PostingRow[]> {
  return ledger.query(
    `select e.version::text, 'trf_' || e.transfer_id as transfer, t.reason, t.reference, e.amount::text,
       t.created_at as at, t.transaction_id::text as "transactionId"
     from (
       select * from ledger.entries where account_id = $1 and ($2::bigint is null or version < $2)
       order by version desc limit $3
     ) e join ledger.transfers t on t.id = e.transfer_id order by e.version desc`,
    [account, before, limit],
  );
}

/** Which of these deals have a payment or a refund of money. */
export async function readNamedDeals(payments: Reader, title: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await payments.query<{ id: string }>(
    `select id from payments.payments where id = any($2::text[]) and title = $1
     union all select id from payments.refunds where id = any($2::text[]) and title = $1`,
    [title, ids],
  );
  return new Set(rows.map(({ id }) => id));
}
