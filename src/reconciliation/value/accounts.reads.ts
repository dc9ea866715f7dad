import type { Look } from '../checks.types.js';
import type { WrongAccount } from './accounts.rules.js';

/** Where a walk through all entries has come to: the last entry, and what those of its account have come to so far. */
export interface EntryPlace {
  account: string;
  version: string;
  credits: string;
  debits: string;
  posted: string;
}

/** The place before all entries, or before those of one account. */
export function beforeEntries(account = '0'): EntryPlace {
  return { account, version: '0', credits: '0', debits: '0', posted: '0' };
}

/** How many entries one part has. */
export const entriesOfPart = 20_000;

export interface EntrySlice {
  /** The last entry of the slice; null where there is none. */
  last: EntryPlace | null;
  seen: number;
  wrong: WrongAccount[];
}

const forcedOrPaid = `exists (select from ledger.entries e join ledger.transfers t on t.id = e.transfer_id
  where e.account_id = f.id and e.amount < 0 and (t.kind = 'paid' or t.forced is not null))`;
const allowedOnce = `exists (select from ledger.account_changes c
  where c.account_id = f.id and c.setting = 'debtLimit'
    and greatest(c.old_value::numeric, c.new_value::numeric) >= -f.balance)`;

/**
 * Looks at the entries behind a place, in one snapshot, and answers the accounts that are not as their entries say. An
 * account is held to its entries once the last of them is looked at. That is in the same snapshot as the account.
 * @param only the account to which the look is confined, or null for all
 */
export async function lookAtEntries({ read, run }: Look, from: EntryPlace, only: string | null): Promise<EntrySlice> {
  const [row] = await read.ledger.query<{ slice: EntrySlice }>(
    `with slice as materialized (
      select account_id, version, amount, posted, available from ledger.entries
      where (account_id, version) > ($1::bigint, $2::bigint) and ($6::bigint is null or account_id = $6)
      order by account_id, version limit ${entriesOfPart}),
    linked as (
      select *,
        version - 1 - coalesce(lag(version) over one, case when account_id = $1 then $2::bigint else 0 end) as gap,
        posted - amount - coalesce(lag(posted) over one, case when account_id = $1 then $5::numeric else 0 end) as off,
        lead(version) over one is null as is_last
      from slice window one as (partition by account_id order by version)),
    sums as (
      select account_id, max(version) as version,
        coalesce(sum(amount) filter (where amount > 0), 0)
          + case when account_id = $1 then $3::numeric else 0 end as credits,
        coalesce(-sum(amount) filter (where amount < 0), 0)
          + case when account_id = $1 then $4::numeric else 0 end as debits,
        max(posted) filter (where is_last) as posted,
        min(version) filter (where gap <> 0 or off <> 0 or available <> posted) as broken_at,
        (array_agg(case when off <> 0 then off else available - posted end order by version)
          filter (where gap <> 0 or off <> 0 or available <> posted))[1] as broken_by
      from linked group by account_id),
    last as (select s.* from sums s order by account_id desc limit 1),
    stop as (select account_id as at from last where (select count(*) from slice) = ${entriesOfPart}),
    finished as (
      select a.*, a.credits_posted - a.debits_posted - a.debits_pending as balance,
        coalesce(s.version, case when a.id = $1 then $2::bigint else 0 end) as is_version,
        coalesce(s.credits, case when a.id = $1 then $3::numeric else 0 end) as is_credits,
        coalesce(s.debits, case when a.id = $1 then $4::numeric else 0 end) as is_debits
      from ledger.accounts a left join sums s on s.account_id = a.id
      where a.id >= $1 and ($6::bigint is null or a.id = $6)
        and ((select at from stop) is null or a.id < (select at from stop))),
    judged as (
      select f.id, f.version, f.credits_posted, f.debits_posted, f.is_version, f.is_credits, f.is_debits,
        case when f.balance < -f.debt_limit and not ${allowedOnce} and not ${forcedOrPaid}
          then f.balance + f.debt_limit end as below,
        d.owes, d.made - f.owed as made_off, greatest(-f.balance, 0) as short
      from finished f
      left join lateral (
        select made, made - paid as owes from
          (select coalesce(sum(amount), 0) as made from ledger.debts where account_id = f.id) m,
          (select coalesce(sum(amount), 0) as paid from ledger.debt_payments where account_id = f.id) p
        where f.owner ^@ 'player:' and (f.owed > 0 or f.balance < 0)) d on true),
    wrong as (
      select coalesce(j.id, s.account_id) as id, s.broken_at, s.broken_by, j.below,
        case when (j.version, j.credits_posted, j.debits_posted)
          is distinct from (j.is_version, j.is_credits, j.is_debits) then j.version end as says_version,
        j.is_version, j.credits_posted - j.is_credits as credits_off, j.debits_posted - j.is_debits as debits_off,
        case when j.owes <> j.short or j.made_off <> 0 then j.owes end as owes, j.short, j.made_off
      from judged j full join sums s on s.account_id = j.id
      where s.broken_at is not null or j.below is not null or j.owes <> j.short or j.made_off <> 0
        or (j.version, j.credits_posted, j.debits_posted) is distinct from (j.is_version, j.is_credits, j.is_debits))
    select json_build_object(
      'last', (select json_build_object('account', account_id::text, 'version', version::text,
        'credits', credits::text, 'debits', debits::text, 'posted', posted::text) from last),
      'seen', (select count(*) from slice),
      'wrong', coalesce((select json_agg(json_build_object(
        'id', a.id::text, 'title', a.title, 'owner', a.owner, 'asset', a.asset,
        'brokenAt', w.broken_at::text, 'brokenBy', w.broken_by::text, 'below', w.below::text,
        'saysVersion', w.says_version::text, 'isVersion', w.is_version::text,
        'creditsOff', w.credits_off::text, 'debitsOff', w.debits_off::text,
        'owes', w.owes::text, 'short', w.short::text, 'madeOff', w.made_off::text) order by a.id)
        from wrong w join ledger.accounts a on a.id = w.id
        where $7::text is null or a.title = $7), '[]')) as slice`,
    [from.account, from.version, from.credits, from.debits, from.posted, only, run.title],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  return row.slice;
}
