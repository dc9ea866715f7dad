import type { EntityManager } from 'typeorm';
import { reconciliationWorkflowId } from '../../contracts/reconciliation.js';
import { idPrefixes } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import type { Part, Reader, RunKind, Cut } from './checks.types.js';
import { RunNotThere, type Cuts, type StoredRun } from './runs.types.js';

/** Whatever can ask the main database: the pool, or a transaction of it. */
export type Asking = Pick<EntityManager, 'query'>;

/** The UUID of a run. @throws Error if the text is not the id of a run, which only a mistake can bring about */
export function runUuid(id: string): string {
  const uuid = uuidOf(idPrefixes.reconciliation, id);
  if (uuid === undefined) throw new Error(`${id} is not the id of a reconciliation.`);
  return uuid;
}

/** A run to be accepted. There is one for each title and period, for ever. */
export interface NewRun {
  id: string;
  kind: RunKind;
  title: string | null;
  /** `daily/2026-11-28T00:00:00Z` of a schedule, or `asked/<idempotency key>`. */
  period: string;
  /** What tells two requests with one key apart; null of a schedule. */
  fingerprint: Buffer | null;
  /** Whether it makes the repairs that it plans. */
  repair: 'plan' | 'make';
  /** The workflow that makes it; one of its own where it is missing. */
  workflow?: string;
}

/** Accepts a run, unless the period has one. @returns the run of the period, and what its request was */
export async function insertRun(
  manager: Asking,
  { id, kind, title, period, fingerprint, repair, workflow = reconciliationWorkflowId(id) }: NewRun,
): Promise<{ id: string; fingerprint: Buffer | null; isNew: boolean }> {
  const made = await manager.query<unknown[]>(
    `insert into reconciliation.runs (id, kind, title, period, fingerprint, repair, workflow)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (title, period) do nothing returning id`,
    [runUuid(id), kind, title, period, fingerprint, repair, workflow],
  );
  const [kept] = await manager.query<[{ id: string; fingerprint: Buffer | null }]>(
    'select id, fingerprint from reconciliation.runs where title is not distinct from $1 and period = $2',
    [title, period],
  );
  return { id: idOf(idPrefixes.reconciliation, kept.id), fingerprint: kept.fingerprint, isNew: made.length > 0 };
}

/** The newest period of a schedule before a moment that has a run, or undefined before the first. */
export async function lastPeriod(manager: Asking, schedule: string, before: Date): Promise<string | undefined> {
  const [row] = await manager.query<{ period: string }[]>(
    `select period from reconciliation.runs where title is null and period > $1 and period < $2
     order by period desc limit 1`,
    [`${schedule}/`, `${schedule}/${before.toISOString().slice(0, 19)}Z`],
  );
  return row?.period;
}

/** A run that has not finished, with the workflow that makes it. */
export interface UnfinishedRun {
  /** `rec_…` */
  id: string;
  period: string;
  workflow: string;
}

/** The runs that were accepted so long ago and have not finished, the oldest first. */
export async function readUnfinished(manager: Asking, olderThanSeconds: number): Promise<UnfinishedRun[]> {
  const rows = await manager.query<UnfinishedRun[]>(
    `select id, period, workflow from reconciliation.runs
     where state <> 'finished' and created_at < now() - make_interval(secs => $1)
     order by transaction_id, sequence limit 200`,
    [olderThanSeconds],
  );
  return rows.map(({ id, ...run }) => ({ ...run, id: idOf(idPrefixes.reconciliation, id) }));
}

/** The runs of a workflow that have not finished, the oldest first. */
export async function readUnfinishedOf(manager: Asking, workflow: string): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `select id from reconciliation.runs where state <> 'finished' and workflow = $1 order by transaction_id, sequence`,
    [workflow],
  );
  return rows.map(({ id }) => idOf(idPrefixes.reconciliation, id));
}

/** Says which workflow makes a run. One that has finished stays as it is. */
export async function noteWorkflow(manager: Asking, id: string, workflow: string): Promise<void> {
  await manager.query(`update reconciliation.runs set workflow = $2 where id = $1 and state <> 'finished'`, [
    runUuid(id),
    workflow,
  ]);
}

/** Cuts a database now. */
export async function cutNow(reader: Reader): Promise<Cut> {
  const [row] = await reader.query<{ xmax: string; at: Date }>(
    'select pg_snapshot_xmax(pg_current_snapshot())::text as xmax, clock_timestamp() as at',
  );
  if (row === undefined) throw new Error('PostgreSQL has not said where it is.');
  return row;
}

/** Whether every transaction below a cut has ended. */
export async function isBehind(reader: Reader, { xmax }: Cut): Promise<boolean> {
  const [row] = await reader.query<{ behind: boolean }>(
    'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 as behind',
    [xmax],
  );
  return row?.behind === true;
}

/** Says where a run has cut the databases, and what it is to look at. One that has started stays as it is. */
export async function startRun(
  manager: Asking,
  id: string,
  { cuts, since, checks }: { cuts: Cuts; since: Date | null; checks: readonly string[] },
): Promise<void> {
  await manager.query(
    `update reconciliation.runs set state = 'running', cuts = $2, since = $3, checks = $4, started_at = now()
     where id = $1 and state = 'accepted'`,
    [runUuid(id), JSON.stringify(cuts), since, checks],
  );
}

type RunRow = Omit<StoredRun, 'id' | 'atCheck' | 'cuts'> & {
  at_check: number;
  cuts: StoredCuts | null;
};

/** The cuts as they are stored. */
export type StoredCuts = Record<keyof Cuts, { xmax: string; at: string }>;

/** @throws RunNotThere */
export async function readRun(manager: Asking, id: string): Promise<StoredRun> {
  const [row] = await manager.query<RunRow[]>(
    `select kind, title, state, since, cuts, checks, at_check, after, parts, looked, reasons,
       again_from::text as "againFrom"
     from reconciliation.runs where id = $1`,
    [runUuid(id)],
  );
  if (row === undefined) throw new RunNotThere(id);
  const { at_check: atCheck, cuts, ...rest } = row;
  return { id, atCheck, cuts: cuts && cutsOf(cuts), ...rest };
}

/** The cuts of a run, read from what is stored. */
export function cutsOf(stored: StoredCuts): Cuts {
  const cut = ({ xmax, at }: { xmax: string; at: string }): Cut => ({ xmax, at: new Date(at) });
  const { main, ledger, inventory, payments } = stored;
  return { main: cut(main), ledger: cut(ledger), inventory: cut(inventory), payments: cut(payments) };
}

/** The moment of the cut of the run of this kind that has finished last, or null where there is none. */
export async function lastCut(manager: Asking, kinds: readonly RunKind[], title: string | null): Promise<Date | null> {
  const [row] = await manager.query<{ at: string }[]>(
    `select cuts->'main'->>'at' as at from reconciliation.runs
     where kind = any($1::text[]) and state = 'finished' and verdict <> 'INCOMPLETE'
       and (title is null or title = $2)
     order by chain desc limit 1`,
    [kinds, title],
  );
  return row === undefined ? null : new Date(row.at);
}

/**
 * Keeps what a part came to, and where the next one begins, in a transaction.
 * @returns false where another attempt has kept the part before, so that this one counts for nothing
 */
export async function keepPart(
  tx: EntityManager,
  run: StoredRun,
  { looked, reasons, next }: { looked: StoredRun['looked']; reasons: StoredRun['reasons']; next: Next },
  part: Pick<Part, 'findings' | 'lines'>,
): Promise<boolean> {
  const moved = await tx.query<unknown[]>(
    `with moved as (
       update reconciliation.runs set at_check = $3, after = $4, parts = parts + 1, looked = $5, reasons = $6
       where id = $1 and parts = $2 and state = 'running' returning id)
     select id from moved`,
    [runUuid(run.id), run.parts, next.atCheck, next.after, JSON.stringify(looked), JSON.stringify(reasons)],
  );
  if (moved.length === 0) return false;
  const name = run.checks[run.atCheck];
  await tx.query(
    `insert into reconciliation.found (run, check_name, place)
     select $1, $2, place from unnest($3::text[]) with ordinality as f (place, n) order by n`,
    [runUuid(run.id), name, [...new Set(part.findings.map(({ place }) => place))]],
  );
  const lines = (part.lines ?? []).map(({ movements, closing, ...line }) => ({
    ...line,
    movements: Object.fromEntries(Object.entries(movements).map(([by, sum]) => [by, sum.toString()])),
    closing: closing.toString(),
  }));
  await tx.query(
    `insert into reconciliation.found (run, check_name, line)
     select $1, $2, line from jsonb_array_elements($3::jsonb) as l (line)`,
    [runUuid(run.id), name, JSON.stringify(lines)],
  );
  return true;
}

/** Where a run goes on. */
export interface Next {
  atCheck: number;
  after: string | null;
}

/** Whether sessions of Veltrix are at work in the database now, but for those by which runs read. */
export async function othersAtWork(manager: Asking): Promise<boolean> {
  const [row] = await manager.query<{ are: boolean }[]>(
    `select exists (select from pg_stat_activity
       where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
         and application_name ^@ 'veltrix ' and not application_name ^@ 'veltrix reconciliation ') as are`,
  );
  return row?.are === true;
}
