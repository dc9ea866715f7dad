import type { EntityManager } from 'typeorm';

/** The place of an entry: behind it the check goes on. Bigints as text. */
export interface EntryPlace {
  account: string;
  version: string;
}

/** What one slice of the check has come to. */
export interface CheckedSlice {
  /** The last entry that was looked at; null where there was none behind the place. */
  last: EntryPlace | null;
  seen: number;
  /** The entries that are broken, and with version 0 the accounts that are. */
  broken: EntryPlace[];
}

/** A slice where everything is broken names no more than this. */
const maxBroken = 1_000;

/** Locks how far the check has come. @returns undefined where another process is at it */
export async function lockCheck(tx: EntityManager): Promise<EntryPlace | undefined> {
  const [row] = await tx.query<EntryPlace[]>(
    'select account_id as account, version from ledger.entry_check for update skip locked',
  );
  return row;
}

/**
 * Looks at up to `limit` entries behind a place, and at the accounts that they and what lies between belong to, in one
 * snapshot. An entry follows from the one before it, and an account is as its last entry says.
 */
export async function lookAtSlice(tx: EntityManager, from: EntryPlace, limit: number): Promise<CheckedSlice> {
  const [row] = await tx.query<[CheckedSlice]>(
    `with slice as materialized (
      select account_id, version, amount, posted from ledger.entries
      where (account_id, version) > ($1::bigint, $2::bigint) order by account_id, version limit $3::int),
    last as (select account_id, version from slice order by account_id desc, version desc limit 1),
    linked as (
      select *, lag(version) over one_account as version_before, lag(posted) over one_account as posted_before
      from slice window one_account as (partition by account_id order by version)),
    broken as (
      select s.account_id, s.version from linked s
      left join lateral (
        select posted from ledger.entries e
        where s.version_before is null and e.account_id = s.account_id and e.version = s.version - 1) p on true
      where s.version <> coalesce(s.version_before, s.version - 1) + 1
        or s.posted - s.amount
          is distinct from coalesce(s.posted_before, case when s.version = 1 then 0 else p.posted end)
      union all
      select a.id, 0 from ledger.accounts a
      left join lateral (
        select version, posted from ledger.entries where account_id = a.id order by version desc limit 1) e on true
      where a.id >= $1::bigint
        and ((select count(*) from slice) < $3::int or a.id <= (select account_id from last))
        and (a.version, a.credits_posted - a.debits_posted)
          is distinct from (coalesce(e.version, 0), coalesce(e.posted, 0)))
    select
      (select json_build_object('account', account_id::text, 'version', version::text) from last) as last,
      (select count(*) from slice)::int as seen,
      coalesce((select json_agg(json_build_object('account', account_id::text, 'version', version::text)) from (
        select * from broken order by account_id, version limit ${maxBroken}) b), '[]') as broken`,
    [from.account, from.version, limit],
  );
  return row;
}

/**
 * Keeps what a slice has come to: what is broken in it and was not known, and where the check goes on. What was broken
 * and is mended is forgotten. Where the slice was the last one, the check begins anew.
 */
export async function keepSlice(
  tx: EntityManager,
  from: EntryPlace,
  { last, broken }: CheckedSlice,
  isLast: boolean,
): Promise<void> {
  await tx.query(
    `with found as (select * from unnest($1::bigint[], $2::bigint[]) as f(account_id, version)),
    mended as (
      delete from ledger.broken_entries b
      where not exists (select from found f where f.account_id = b.account_id and f.version = b.version)
        and case when b.version = 0 then b.account_id >= $3::bigint
          else (b.account_id, b.version) > ($3::bigint, $4::bigint) end
        and ($7 or case when b.version = 0 then b.account_id <= $5::bigint
          else (b.account_id, b.version) <= ($5::bigint, $6::bigint) end)),
    kept as (
      insert into ledger.broken_entries (account_id, version) select account_id, version from found
      on conflict do nothing)
    update ledger.entry_check set
      account_id = case when $7 then 0 else $5::bigint end, version = case when $7 then 0 else $6::bigint end,
      began_at = case when $7 then null else coalesce(began_at, now()) end,
      whole_since = case when $7 then coalesce(began_at, now()) else whole_since end`,
    [
      broken.map(({ account }) => account),
      broken.map(({ version }) => version),
      from.account,
      from.version,
      last?.account ?? null,
      last?.version ?? null,
      isLast,
    ],
  );
}
