import type { EntityManager } from 'typeorm';
import { idPrefixes } from '../forms.js';
import { newId, uuidOf } from '../ids.js';
import { Parameters } from '../postgres/parameters.js';
import { breakTypes } from './break-types.rules.js';
import type { Confirmed, StoredRun } from './runs.types.js';
import { runUuid, type Asking } from './runs.statements.js';
import { confirmedKey, fingerprintOf, isPending } from './verdict.rules.js';

/* What a run has found twice waits in a table for its end, so that no part of it is held in memory. */

/** Where a run looks again: at what it has found, and at every case that is open. */
const places = (column: string): string => `select ${column} from (
    (select distinct place from reconciliation.found
     where run = $1 and check_name = $2 and place > $3 order by place limit $5)
    union
    (select place from reconciliation.cases
     where cleared_at is null and check_name = $2 and place > $3 and ($4::text is null or title = $4)
     order by place limit $5)) p`;

/** The places of a check behind one, in order, each once. */
export async function readPlaces(
  manager: Asking,
  run: StoredRun,
  { check, behind, limit }: { check: string; behind: string; limit: number },
): Promise<string[]> {
  const rows = await manager.query<{ place: string }[]>(`${places('place')} order by place limit $5`, [
    runUuid(run.id),
    check,
    behind,
    run.title,
    limit,
  ]);
  return rows.map(({ place }) => place);
}

/** Writes down what was found twice. What is told twice is told once, as a break where any of them says so. */
export async function insertConfirmed(
  tx: EntityManager,
  run: string,
  now: Date,
  confirmed: readonly Confirmed[],
): Promise<void> {
  const found = breaksFirst(confirmed, now);
  if (found.length === 0) return;
  const parameters = new Parameters([runUuid(run)]);
  const columns = {
    key: ['text', found.map(confirmedKey)],
    id: ['uuid', found.map(() => uuidOf(idPrefixes.found, newId(idPrefixes.found)) ?? '')],
    case_id: ['uuid', found.map(() => uuidOf(idPrefixes.case, newId(idPrefixes.case)) ?? '')],
    type: ['smallint', found.map(({ type }) => type)],
    pending: ['boolean', found.map((one) => isPending(one, now))],
    check_name: ['text', found.map(({ check }) => check)],
    place: ['text', found.map(({ place }) => place)],
    title: ['text', found.map(({ title }) => title)],
    subject: ['text', found.map(({ subject }) => subject)],
    account: ['text', found.map(({ account }) => account ?? null)],
    asset: ['text', found.map(({ asset }) => asset ?? null)],
    amount: ['numeric', found.map(({ amount }) => amount?.toString() ?? null)],
    detail: ['text', found.map(({ detail }) => detail)],
    since: ['timestamptz', found.map(({ since }) => since)],
    breaks_at: ['timestamptz', found.map((one) => (isPending(one, now) ? (one.breaksAt ?? null) : null))],
    class: ['text', found.map(({ type }) => breakTypes[type].breakClass)],
    priority: ['text', found.map(({ type }) => breakTypes[type].priority)],
    fingerprint: ['text', found.map(fingerprintOf)],
  } as const;
  const given = parameters.columns(columns);
  const replaced = Object.keys(columns).filter((name) => name !== 'key');
  await tx.query(
    `insert into reconciliation.confirmed as kept (run, ${given.names})
     select $1, ${given.names} from ${given.rows}
     on conflict (run, key) do update set ${replaced.map((name) => `${name} = excluded.${name}`).join(', ')}
     where kept.pending or not excluded.pending`,
    parameters.values,
  );
}

/** The last of each key, but none that is pending where another is a break. */
function breaksFirst(confirmed: readonly Confirmed[], now: Date): Confirmed[] {
  const byKey = new Map<string, Confirmed>();
  for (const one of confirmed) {
    const key = confirmedKey(one);
    const before = byKey.get(key);
    if (before === undefined || isPending(before, now) || !isPending(one, now)) byKey.set(key, one);
  }
  return [...byKey.values()];
}

/** Writes down places of which the run cannot say that nothing is wrong there. */
export async function insertUnsure(
  tx: EntityManager,
  run: string,
  check: string,
  unsure: readonly string[],
): Promise<void> {
  if (unsure.length === 0) return;
  await tx.query(
    `insert into reconciliation.unsure (run, check_name, place) select $1, $2, unnest($3::text[])
     on conflict do nothing`,
    [runUuid(run), check, unsure],
  );
}

/** The same of all places of a check behind one. */
export async function insertUnsureBehind(
  tx: EntityManager,
  run: StoredRun,
  { check, behind }: { check: string; behind: string },
): Promise<void> {
  await tx.query(
    `insert into reconciliation.unsure (run, check_name, place) ${places('$1, $2, place')} on conflict do nothing`,
    [runUuid(run.id), check, behind, run.title, null],
  );
}

/**
 * The checks that this release does not have and others have: of what they have told the run, and of open cases.
 * @param known the checks of this release
 */
export async function readStrangers(manager: Asking, run: StoredRun, known: readonly string[]): Promise<string[]> {
  const rows = await manager.query<{ name: string }[]>(
    `select check_name as name from reconciliation.found
     where run = $1 and place is not null and check_name <> all($2::text[])
     union
     select check_name from reconciliation.cases
     where cleared_at is null and check_name <> all($2::text[]) and ($3::text is null or title = $3)
     order by name`,
    [runUuid(run.id), known, run.title],
  );
  return rows.map(({ name }) => name);
}

/** Says which run was the last link of the chain when this one began to look again. */
export async function noteAgainFrom(tx: EntityManager, run: string, chain: bigint): Promise<void> {
  await tx.query('update reconciliation.runs set again_from = $2 where id = $1', [runUuid(run), chain.toString()]);
}

/** Forgets what a run has found, once it has ended. */
export async function forgetFound(tx: EntityManager, run: string): Promise<void> {
  for (const table of ['found', 'confirmed', 'unsure'])
    await tx.query(`delete from reconciliation.${table} where run = $1`, [runUuid(run)]);
}
