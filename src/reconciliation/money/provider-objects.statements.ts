import type { EntityManager } from 'typeorm';
import type { ImportPlace } from './provider-pages.rules.js';
import type { ReadObject } from './provider-objects.types.js';

/* What is written of the records of providers. */

/** An account at a provider. */
export interface AccountName {
  title: string;
  provider: string;
}

/**
 * Writes records. A change of what was settled is kept beside what it has become, and the payout that a record is of
 * stays where this page does not tell it.
 */
export async function upsertObjects(
  tx: EntityManager,
  { title, provider }: AccountName,
  objects: readonly ReadObject[],
  { run, payout }: { run: string; payout: string | null },
): Promise<void> {
  if (objects.length === 0) return;
  await tx.query(
    `insert into reconciliation.provider_objects as o (title, provider, kind, id, version, settled, body, purchase,
       about, payout, made_at, first_seen)
     select $1, $2, kind, id, version, settled, body, purchase, about, $4, to_timestamp(created), $5
     from json_to_recordset($3::json) as g (kind text, id text, version text, settled text, body jsonb, purchase text,
       about text, created float8)
     order by kind collate "C", id collate "C"
     on conflict (title, provider, kind, id) do update set
       version = excluded.version, settled = excluded.settled, body = excluded.body, purchase = excluded.purchase,
       about = excluded.about, payout = coalesce(excluded.payout, o.payout), made_at = excluded.made_at,
       changed_at = case when o.version = excluded.version then o.changed_at else clock_timestamp() end,
       before = case when o.settled <> excluded.settled then o.body else o.before end,
       before_version = case when o.settled <> excluded.settled then o.version else o.before_version end,
       before_at = case when o.settled <> excluded.settled then clock_timestamp() else o.before_at end
     where (o.version, o.settled, o.body, o.purchase, o.about, o.made_at)
         is distinct from (excluded.version, excluded.settled, excluded.body, excluded.purchase, excluded.about,
           excluded.made_at)
       or excluded.payout is not null and o.payout is distinct from excluded.payout`,
    [title, provider, JSON.stringify(objects), payout, run],
  );
}

/**
 * Begins a list anew. Several runs read one account at once, and what one of them has read says nothing of another.
 * What old runs have read is forgotten.
 * @param from the moment from which on it is read, or null for all of it
 */
export async function beginList(
  tx: EntityManager,
  { title, provider, list }: ImportPlace,
  run: string,
  from: Date | null,
): Promise<void> {
  await tx.query(
    `with old as (
       delete from reconciliation.provider_lists
       where title = $1 and provider = $2 and list = $3 and run <> $4 and began_at < now() - interval '30 days')
     insert into reconciliation.provider_lists (title, provider, list, run, state, read_from, began_at)
     values ($1, $2, $3, $4, 'reading', $5, clock_timestamp())
     on conflict (title, provider, list, run) do update set state = excluded.state,
       read_from = excluded.read_from, began_at = excluded.began_at, pages = 0`,
    [title, provider, list, run, from],
  );
}

/** Says that a page of a list was read, and whether that was the last. One that is broken stays so. */
export async function moveList(
  tx: EntityManager,
  { title, provider, list }: ImportPlace,
  run: string,
  state: 'reading' | 'whole' | 'broken',
): Promise<void> {
  await tx.query(
    `update reconciliation.provider_lists set pages = pages + 1,
       state = case when state = 'broken' then state else $5 end
     where title = $1 and provider = $2 and list = $3 and run = $4`,
    [title, provider, list, run, state],
  );
}
