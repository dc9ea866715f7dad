import type { EntityManager } from 'typeorm';
import { outboxInsertFrom } from '../events/outbox.js';
import type { Continuity, Count, StoredRun } from './runs.types.js';
import { runUuid, type Asking } from './runs.statements.js';

/* What becomes of the open cases by what a run has found twice. Nothing of it is held in memory. */

/** How many rows one statement changes. */
export const rowsAtOnce = 2_000;

/**
 * Open cases `c` beside what was found twice of them. A case is found again by its rule and by what it is about. Where
 * there are several of that, of different days, the youngest is the one.
 */
const withFound = `
  left join reconciliation.confirmed s on s.run = $1 and s.key = '[' || c.type || ',' || substr(c.fingerprint, 2)
  cross join lateral (select not exists (
    select from reconciliation.cases l where l.type = c.type and l.fingerprint = c.fingerprint
      and l.cleared_at is null and l.id > c.id) as is_last) y`;
const stays = '(s.pending is false and y.is_last)';
/**
 * Whether a run can say that a case is gone: it has looked there again, and could read it. One whose break is within
 * its time once more is not gone yet.
 */
const isGone = `(not coalesce(${stays}, false) and c.opened_chain <= $3 and not coalesce(s.pending and y.is_last, false)
  and not exists (select from reconciliation.unsure u
    where u.run = $1 and u.check_name = c.check_name and u.place = c.place))`;

const scope = ($: string): string => `c.cleared_at is null and (${$}::text is null or c.title = ${$})`;

/** What was open before, and what comes and goes by a run, by class. It is read before any of it is written. */
export async function readContinuity(tx: EntityManager, run: StoredRun): Promise<Continuity[]> {
  type Row = { class: string } & Record<
    'before' | 'opened' | 'cleared' | 'after' | 'beforeSum' | 'openedSum' | 'clearedSum' | 'afterSum' | 'changed',
    string
  >;
  const rows = await tx.query<Row[]>(
    `with judged as (
       select c.class, coalesce(abs(c.amount), 0) as size, coalesce(${stays}, false) as stays,
         coalesce(abs(s.amount), 0) as now, ${isGone} as is_gone
       from reconciliation.cases c ${withFound} where ${scope('$2')}),
     found as (
       select s.class, coalesce(abs(s.amount), 0) as size, not exists (
         select from reconciliation.cases c where c.type = s.type and c.fingerprint = s.fingerprint
           and c.cleared_at is null) as is_new
       from reconciliation.confirmed s where s.run = $1 and not s.pending),
     moved as (
       select class, 1 as before, size as before_sum, 0 as opened, 0 as opened_sum, is_gone::int as cleared,
         case when is_gone then size else 0 end as cleared_sum, case when stays then now - size else 0 end as changed,
         0 as after, 0 as after_sum
       from judged where stays or is_gone
       union all
       select class, 0, 0, is_new::int, case when is_new then size else 0 end, 0, 0, 0, 1, size from found)
     select class, sum(before)::text as before, sum(before_sum)::text as "beforeSum", sum(opened)::text as opened,
       sum(opened_sum)::text as "openedSum", sum(cleared)::text as cleared, sum(cleared_sum)::text as "clearedSum",
       sum(changed)::text as changed, sum(after)::text as after, sum(after_sum)::text as "afterSum"
     from moved group by class order by class collate "C"`,
    [runUuid(run.id), run.title, run.againFrom ?? '0'],
  );
  const count = (cases: string, amount: string): Count => ({ cases: Number(cases), amount: BigInt(amount) });
  return rows.map((row) => ({
    class: row.class,
    before: count(row.before, row.beforeSum),
    opened: count(row.opened, row.openedSum),
    cleared: count(row.cleared, row.clearedSum),
    changed: BigInt(row.changed),
    after: count(row.after, row.afterSum),
  }));
}

/** Says that the cases are no more of which a run can say so. */
export async function clearCases(tx: EntityManager, run: StoredRun, at: Date): Promise<void> {
  for (let after: string | null = '00000000-0000-0000-0000-000000000000'; after !== null;) {
    const [row]: { last: string | null }[] = await tx.query(
      `with page as materialized (
         select id from reconciliation.cases c where ${scope('$2')} and id > $5::uuid order by id limit ${rowsAtOnce}),
       gone as (
         select c.id from page p join reconciliation.cases c on c.id = p.id ${withFound} where ${isGone}),
       cleared as (
         update reconciliation.cases set cleared_at = $4, cleared_by = $1
         where id in (select id from gone) returning id, title, type, subject),
       events as (
         insert into reconciliation.case_events (case_id, event, run, at)
         select id, 'cleared', $1, $4 from cleared order by id),
       told as (${outboxInsertFrom('reconciliation', {
         from: 'cleared',
         type: `'break.cleared'`,
         subject: 'subject',
         data: `json_build_object('reconciliation', $6::text, 'type', type)`,
         order: 'id',
       })})
       select case when count(*) = ${rowsAtOnce} then (select id::text from page order by id desc limit 1) end as last
       from page`,
      [runUuid(run.id), run.title, run.againFrom ?? '0', at, after, run.id],
    );
    after = row?.last ?? null;
  }
}

/** What is open, by class, as the chain keeps it: how many and how much. */
export async function readOpen(manager: Asking): Promise<Record<string, string>> {
  const rows = await manager.query<{ class: string; cases: string; amount: string }[]>(
    `select class, count(*)::text as cases, coalesce(sum(abs(amount)), 0)::text as amount
     from reconciliation.cases where cleared_at is null group by class order by class collate "C"`,
  );
  return Object.fromEntries(rows.map(({ class: name, cases, amount }) => [name, `${cases} cases of ${amount}`]));
}
