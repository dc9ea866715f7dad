import type { EntityManager } from 'typeorm';
import { outboxInsertFrom } from '../events/outbox.js';
import { rowsAtOnce } from './case-changes.statements.js';
import type { StoredRun } from './runs.types.js';
import { runUuid } from './runs.statements.js';

/*
 * The breaks of a run are written from what was found twice, page by page: the breaks first, then what is pending, each
 * in the order of their keys. A finding has the moment of the open case that it is of. Some records say no moment and
 * are found anew at each cut, which would be another case every day.
 */
const pageText = `
  with page as materialized (
    select * from reconciliation.confirmed where run = $1 and (pending, key) > ($3::boolean, $4::text)
    order by pending, key limit ${rowsAtOnce}),
  given as materialized (
    select p.id, p.case_id, p.type, p.pending, p.check_name, p.place, p.title, p.subject, p.account, p.asset, p.amount,
      p.detail, p.breaks_at, p.class, p.priority, p.fingerprint, coalesce(o.since, p.since) as since,
      (coalesce(o.since, p.since) at time zone 'UTC')::date as period, p.pending or o.since is null as is_new,
      ($5::bigint + row_number() over (order by p.pending, p.key))::int as number
    from page p left join lateral (
      select since from reconciliation.cases c
      where c.type = p.type and c.fingerprint = p.fingerprint and c.cleared_at is null
      order by c.id desc limit 1) o on true),
  cased as (
    insert into reconciliation.cases as c (id, type, fingerprint, period, check_name, place, title, subject, account,
      asset, amount, detail, since, class, priority, opened_by, seen_by, opened_at, seen_at, opened_chain)
    select case_id, type, fingerprint, period, check_name, place, title, subject, account, asset, amount, detail,
      since, class, priority, $1, $1, $2, $2, $6
    from given where not pending order by number
    on conflict (type, fingerprint, period) do update set seen_by = $1, seen_at = $2, amount = excluded.amount,
      detail = excluded.detail, check_name = excluded.check_name, place = excluded.place,
      opened_chain = case when c.cleared_at is null then c.opened_chain else excluded.opened_chain end,
      cleared_at = null, cleared_by = null
    returning id, type, fingerprint, period),
  events as (
    insert into reconciliation.case_events (case_id, event, run, at)
    select c.id, case when c.id = g.case_id then 'opened' else 'opened-again' end, $1, $2
    from cased c join given g using (type, fingerprint, period) where g.is_new and not g.pending
    order by g.number),
  told as (${outboxInsertFrom('reconciliation', {
    from: 'given where is_new and not pending',
    type: `'break.found'`,
    subject: 'subject',
    data: `json_build_object('reconciliation', $7::text, 'type', type, 'class', class, 'priority', priority,
      'account', account, 'asset', asset, 'amount', amount::text)`,
    order: 'number',
  })}),
  written as (
    insert into reconciliation.breaks (id, run, number, type, becomes, check_name, place, title, subject, account,
      asset, amount, detail, since, breaks_at, case_id, is_new)
    select g.id, $1, number, case when pending then 34 else g.type end, case when pending then g.type end, check_name,
      place, title, subject, account, asset, amount, detail, since, breaks_at, c.id, is_new
    from given g left join cased c on not g.pending and c.type = g.type and c.fingerprint = g.fingerprint
      and c.period = g.period
    order by number)
  select count(*)::int as many, (select pending from page order by pending desc, key desc limit 1) as pending,
    (select key from page order by pending desc, key desc limit 1) as key
  from page`;

/**
 * Writes the breaks of a run in order, and opens their cases or sees them once more.
 * @param chain the link that the run is going to be
 */
export async function writeBreaks(tx: EntityManager, run: StoredRun, at: Date, chain: bigint): Promise<void> {
  let [pending, key, written] = [false, '', 0];
  for (let isLast = false; !isLast;) {
    const [row] = await tx.query<[{ many: number; pending: boolean | null; key: string | null }]>(pageText, [
      runUuid(run.id),
      at,
      pending,
      key,
      written,
      chain.toString(),
      run.id,
    ]);
    written += row.many;
    isLast = row.many < rowsAtOnce;
    [pending, key] = [row.pending ?? pending, row.key ?? key];
  }
}

/** How many breaks a run has of each type, and how many are pending, which is type 34. */
export async function countTypes(tx: EntityManager, run: StoredRun): Promise<Record<string, number>> {
  const rows = await tx.query<{ type: number; many: number }[]>(
    `select case when pending then 34 else type end as type, count(*)::int as many
     from reconciliation.confirmed where run = $1 group by 1 order by 1`,
    [runUuid(run.id)],
  );
  return Object.fromEntries(rows.map(({ type, many }) => [String(type), many]));
}
