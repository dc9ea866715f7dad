import type { EntityManager } from 'typeorm';
import type { OutsideEntry } from './outside-port.types.js';
import type { OutsideWalk } from './outside.types.js';

/* How far the walks through what accounts tell are, and what they have seen. */

interface WalkRow {
  title: string;
  provider: OutsideWalk['provider'];
  walked_until: Date;
  walk_from: Date | null;
  walk_to: Date | null;
  walk_after: string | null;
  now: Date;
}

/**
 * Takes accounts whose walk is due, each in its turn. Nobody else walks them for three minutes. An account that is new
 * is walked from when it was made.
 */
export async function takeWalksDue(manager: EntityManager, limit: number): Promise<{ walk: OutsideWalk; now: Date }[]> {
  await manager.query(
    `insert into payments.outside_walks (title, provider, walked_until)
     select title, provider, created_at from payments.accounts a
     where not exists (
       select from payments.outside_walks w where w.title = a.title and w.provider = a.provider)
     order by title, provider on conflict do nothing`,
  );
  const rows = await manager.query<WalkRow[]>(
    `with due as (
       select title, provider from payments.outside_walks where due_at <= clock_timestamp() order by due_at limit $1
       for no key update skip locked
     ), taken as (
       update payments.outside_walks w set due_at = clock_timestamp() + interval '3 minutes'
       from due where w.title = due.title and w.provider = due.provider
       returning w.title, w.provider, w.walked_until, w.walk_from, w.walk_to, w.walk_after
     )
     select *, clock_timestamp() as now from taken order by title, provider`,
    [limit],
  );
  return rows.map(({ title, provider, walked_until, walk_from: from, walk_to: to, walk_after, now }) => ({
    walk: {
      title,
      provider,
      walkedUntil: walked_until,
      window: from === null || to === null ? null : { from, to },
      after: walk_after,
    },
    now,
  }));
}

/**
 * Moves a walk on by one page, or to its end.
 * @param from how far it was when the page was asked for. A walk that is elsewhere meanwhile stays where it is
 */
export async function moveWalk(
  tx: EntityManager,
  from: OutsideWalk,
  to: Pick<OutsideWalk, 'walkedUntil' | 'window' | 'after'>,
  secondsUntilDue: number,
): Promise<void> {
  await tx.query(
    `update payments.outside_walks
     set walked_until = $3, walk_from = $4, walk_to = $5, walk_after = $6,
       due_at = clock_timestamp() + make_interval(secs => $7)
     where title = $1 and provider = $2 and walk_to is not distinct from $8 and walk_after is not distinct from $9`,
    [
      from.title,
      from.provider,
      to.walkedUntil,
      to.window?.from ?? null,
      to.window?.to ?? null,
      to.after,
      secondsUntilDue,
      from.window?.to ?? null,
      from.after,
    ],
  );
}

/** Writes down what a page of a walk has told. @returns what was not seen before */
export async function insertSeen(
  tx: EntityManager,
  { title, provider }: OutsideWalk,
  entries: readonly OutsideEntry[],
): Promise<OutsideEntry[]> {
  if (entries.length === 0) return [];
  const rows = await tx.query<{ entry: string }[]>(
    `insert into payments.outside_seen (title, provider, entry)
     select $1, $2, entry from unnest($3::text[]) as g (entry) group by entry order by entry collate "C"
     on conflict do nothing returning entry`,
    [title, provider, entries.map(({ id }) => id)],
  );
  const fresh = new Set(rows.map(({ entry }) => entry));
  // An id that a page has twice is taken once.
  return entries.filter(({ id }) => fresh.delete(id));
}

/** Forgets what was seen before a moment, which no later walk meets again. */
export async function forgetSeen(tx: EntityManager, { title, provider }: OutsideWalk, before: Date): Promise<void> {
  await tx.query('delete from payments.outside_seen where title = $1 and provider = $2 and seen_at < $3', [
    title,
    provider,
    before,
  ]);
}

/** Those of the intents that a payment of ours has, or an orphan. */
export async function ownIntents(
  manager: EntityManager,
  { title, provider }: Pick<OutsideWalk, 'title' | 'provider'>,
  intents: readonly string[],
): Promise<Set<string>> {
  if (intents.length === 0) return new Set();
  const rows = await manager.query<{ reference: string }[]>(
    `select reference from payments.payments where title = $1 and provider = $2 and reference = any($3::text[])
     union select reference from payments.orphans where title = $1 and provider = $2 and reference = any($3::text[])`,
    [title, provider, intents],
  );
  return new Set(rows.map(({ reference }) => reference));
}
