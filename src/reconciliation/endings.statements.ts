import type { EntityManager } from 'typeorm';
import { outboxInsertFrom } from '../events/outbox.js';
import { readHead, type Link } from './chain-head.reads.js';
import type { StoredRun, Verdict } from './runs.types.js';
import { runUuid } from './runs.statements.js';

/** The key of the lock under which runs end one after the other. Its value means nothing. */
const chainLock = 8_367_462;

/** Has no other run end until this transaction does. @returns the run that has ended last, or null before the first */
export async function lockChain(tx: EntityManager): Promise<Link | null> {
  await tx.query('select pg_advisory_xact_lock($1)', [chainLock]);
  return readHead(tx);
}

/**
 * Moves the lines of the bridge of a run to where they stay, beside what the last run with a bridge of the same titles
 * has had: what has moved since then, and what is left over, which ought to be nothing.
 */
export async function keepBridge(tx: EntityManager, run: StoredRun): Promise<void> {
  await tx.query(
    `with before as (
       select b.* from reconciliation.bridge b where b.run = (
         select id from reconciliation.runs r
         where r.state = 'finished' and r.title is not distinct from $2
           and exists (select from reconciliation.bridge where run = r.id)
         order by r.chain desc limit 1)),
     lines as (
       select line->>'title' as title, line->>'account' as account, line->>'asset' as asset,
         line->'movements' as movements, (line->>'closing')::numeric as closing
       from reconciliation.found where run = $1 and line is not null)
     insert into reconciliation.bridge (run, title, account, asset, opening, movements, moved, closing, residual)
     select $1, title, account, asset, coalesce(b.closing, 0), l.movements,
       (select coalesce(
           jsonb_object_agg(name, (coalesce(n.value, '0')::numeric - coalesce(o.value, '0')::numeric)::text),
           '{}')
        from jsonb_each_text(l.movements) n full join jsonb_each_text(coalesce(b.movements, '{}')) o
          on o.key = n.key
        cross join lateral (select coalesce(n.key, o.key) as name) k
        where coalesce(n.value, '0') <> coalesce(o.value, '0')),
       l.closing,
       coalesce(b.closing, 0) - l.closing
         + (select coalesce(sum(value::numeric), 0) from jsonb_each_text(l.movements))
         - (select coalesce(sum(value::numeric), 0) from jsonb_each_text(coalesce(b.movements, '{}')))
     from lines l left join before b using (title, account, asset)`,
    [runUuid(run.id), run.title],
  );
}

/** A line of the bridge of which all that has ever moved is not what there is. */
export interface Residual {
  title: string;
  account: string;
  asset: string;
  left: string;
}

/** The lines of a run that leave something over, and of whose asset the run has no break that says why. */
export function readResiduals(tx: EntityManager, run: StoredRun): Promise<Residual[]> {
  return tx.query(
    `select title, account, asset, (moved_ever - closing)::text as left
     from reconciliation.bridge l cross join lateral (
       select coalesce(sum(value::numeric), 0) as moved_ever from jsonb_each_text(movements)) m
     where run = $1 and moved_ever <> closing and not exists (
       select from reconciliation.breaks b
       where b.run = $1 and b.title = l.title and b.type <> 34 and coalesce(b.asset, l.asset) = l.asset)
     order by title, account, asset`,
    [runUuid(run.id)],
  );
}

/** What a run ends with. */
export interface Ending {
  verdict: Verdict;
  reasons: StoredRun['reasons'];
  counts: Readonly<Record<string, number>>;
  continuity: unknown;
  chain: bigint;
  digest: Buffer;
  previousHash: Buffer | null;
  hash: Buffer;
}

/** Ends a run, and tells each of its titles what it came to for that title. */
export async function endRun(tx: EntityManager, run: StoredRun, ending: Ending): Promise<void> {
  const { verdict, reasons, counts, continuity, chain, digest, previousHash, hash } = ending;
  await tx.query(
    `with ended as (
       update reconciliation.runs set state = 'finished', verdict = $2, reasons = $3, counts = $4, continuity = $5,
         chain = $6, digest = $7, previous_hash = $8, hash = $9, finished_at = clock_timestamp()
       where id = $1 and state = 'running' returning id, title, kind, reasons),
     headed as (
       insert into reconciliation.chain_head (run, chain, hash, open)
       select id, $6, $9, $5::jsonb->'open' from ended
       on conflict (only_row) do update set run = excluded.run, chain = excluded.chain, hash = excluded.hash,
         open = excluded.open),
     of_titles as (
       select t.id as title, e.kind,
         (select count(*) from jsonb_array_elements(e.reasons) r
          where coalesce(r->>'title', t.id) = t.id) as reasons,
         (select count(*) from reconciliation.breaks b where b.run = $1 and b.title = t.id and b.type <> 34) as breaks,
         (select count(*) from reconciliation.breaks b where b.run = $1 and b.title = t.id and b.type = 34) as pending
       from ended e join titles.titles t on e.title is null or e.title = t.id)
     ${outboxInsertFrom('reconciliation', {
       from: 'of_titles',
       type: `'reconciliation.finished'`,
       subject: '$10::text',
       data: `json_build_object('kind', kind, 'breaks', breaks, 'pending', pending, 'verdict',
         case when reasons > 0 then 'INCOMPLETE' when breaks > 0 then 'BREAKS'
           when pending > 0 then 'RECONCILED_WITH_PENDING' else 'RECONCILED' end)`,
       order: 'title',
     })}`,
    [
      runUuid(run.id),
      verdict,
      JSON.stringify(reasons),
      JSON.stringify(counts),
      JSON.stringify(continuity),
      chain.toString(),
      digest,
      previousHash,
      hash,
      run.id,
    ],
  );
}
