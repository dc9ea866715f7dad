import type { EntityManager } from 'typeorm';
import type { AccountKey } from './accounts.statements.js';
import type { OutsideName } from './outside-port.types.js';
import type { OutsideLook } from './outside.types.js';

/* The looks that are due because an event or a walk has named something. */

/** Has something looked at now, whether that was noted before or not. */
export async function noteLooks(
  manager: EntityManager,
  named: readonly (AccountKey & { name: OutsideName })[],
): Promise<void> {
  if (named.length === 0) return;
  await manager.query(
    `insert into payments.outside_looks as l (title, provider, kind, about)
     select title, provider, kind, about
     from json_to_recordset($1::json) as g (title text, provider text, kind text, about text)
     group by title, provider, kind, about
     order by title collate "C", provider collate "C", kind collate "C", about collate "C"
     on conflict (title, provider, kind, about) do update set due_at = least(l.due_at, clock_timestamp())`,
    [JSON.stringify(named.map(({ title, provider, name }) => ({ title, provider, kind: name.kind, about: name.id })))],
  );
}

/**
 * Has something looked at now as `noteLooks` does, and waits for no row that somebody holds.
 * @returns what somebody holds, which has to be named again
 */
export async function noteLooksBeside(
  manager: EntityManager,
  named: readonly (AccountKey & { name: OutsideName })[],
): Promise<(AccountKey & OutsideName)[]> {
  return manager.query(
    `with named as (
       select distinct title collate "C" as title, provider collate "C" as provider, kind collate "C" as kind,
         about collate "C" as about
       from json_to_recordset($1::json) as g (title text, provider text, kind text, about text)
     ), there as (
       select l.id, title, provider, kind, about
       from payments.outside_looks l join named using (title, provider, kind, about)
     ), free as (
       select id from payments.outside_looks where id in (select id from there) order by id
       for no key update skip locked
     ), held as (
       select title, provider, kind, about from there where id not in (select id from free)
     ), written as (
       insert into payments.outside_looks as l (title, provider, kind, about)
       select * from named except select * from held order by 1, 2, 3, 4
       on conflict (title, provider, kind, about) do update set due_at = least(l.due_at, clock_timestamp())
     )
     select title, provider, kind, about as id from held`,
    [JSON.stringify(named.map(({ title, provider, name }) => ({ title, provider, kind: name.kind, about: name.id })))],
  );
}

/** Takes looks that are due. Nobody else does for three minutes, unless it is named anew. */
export async function takeLooksDue(manager: EntityManager, limit: number): Promise<(OutsideLook & { now: Date })[]> {
  return manager.query(
    `with due as (
       select id from payments.outside_looks where due_at <= clock_timestamp() order by due_at limit $1
       for no key update skip locked
     ), taken as (
       update payments.outside_looks l
       set due_at = clock_timestamp() + interval '3 minutes', takes = l.takes + 1
       from due where l.id = due.id
       returning l.id, l.takes, l.title, l.provider, l.kind, l.about, l.created_at
     )
     select id as look, takes, title, provider, kind, about as id, created_at as "createdAt", clock_timestamp() as now
     from taken order by taken.id`,
    [limit],
  );
}

/**
 * Locks looks. A look that was taken again meanwhile is not among them: its later take goes by what is told later.
 * @returns the ids of those that still count
 */
export async function lockLooks(tx: EntityManager, looks: readonly OutsideLook[]): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }[]>(
    `select l.id from payments.outside_looks l
     join unnest($1::bigint[], $2::int[]) as g (id, takes) on g.id = l.id and g.takes = l.takes
     order by l.id for no key update of l`,
    [looks.map(({ look }) => look), looks.map(({ takes }) => takes)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** What becomes of a look: it is over, or is due again. Why it waits for a person, if it does. */
export interface LookEnd {
  look: OutsideLook;
  dueAt: Date | null;
  parked: string | null;
}

/** Ends looks, or has them due later. One that was named anew meanwhile stays due now. */
export async function endLooks(tx: EntityManager, ends: readonly LookEnd[]): Promise<void> {
  const over = ends.filter(({ dueAt }) => dueAt === null).map(({ look }) => look);
  const later = ends.filter(({ dueAt }) => dueAt !== null);
  if (over.length > 0)
    await tx.query(
      `delete from payments.outside_looks l using unnest($1::bigint[], $2::int[]) as g (id, takes)
       where l.id = g.id and l.takes = g.takes and l.due_at > clock_timestamp()`,
      [over.map(({ look }) => look), over.map(({ takes }) => takes)],
    );
  if (later.length > 0)
    await tx.query(
      `update payments.outside_looks l
       set due_at = case when l.due_at > clock_timestamp() then g.due_at else l.due_at end, parked = g.parked
       from json_to_recordset($1::json) as g (id bigint, takes int, due_at timestamptz, parked text)
       where l.id = g.id and l.takes = g.takes`,
      [
        JSON.stringify(
          later.map(({ look, dueAt, parked }) => ({ id: look.look, takes: look.takes, due_at: dueAt, parked })),
        ),
      ],
    );
}

/** How many looks wait: for what goes on by itself, or for a person. */
export async function countLooks(manager: Pick<EntityManager, 'query'>): Promise<{ state: string; count: number }[]> {
  return manager.query(
    `select case when parked is null then 'waiting' else 'parked' end as state, count(*)::int as count
     from payments.outside_looks group by 1`,
  );
}
