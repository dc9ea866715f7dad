import { createHash, type Hash } from 'node:crypto';
import { idPrefixes } from '../forms.js';
import { idOf } from '../ids.js';
import { canonical, digestOf, linkOf, type Written } from './chain.rules.js';
import { runUuid, type Asking } from './runs.statements.js';

/** How many runs are verified together, and how many rows of runs are read at once. */
const [runsAtOnce, rowsAtOnce] = [100, 2_000];

interface HeadRow {
  id: string;
  kind: string;
  title: string | null;
  since: Date | null;
  cuts: Written;
  checks: string[];
  looked: Written;
  reasons: Written;
  verdict: string;
  counts: Written;
  continuity: Written;
  period: string;
  repair: string;
  chain: string;
  digest: Buffer;
  previous_hash: Buffer | null;
  hash: Buffer;
}

/** What the rows of a run come to now. */
export interface Sealed {
  /** What the run has looked at and found. */
  digest: Buffer;
  /** Of when the run is, whether it repairs, and what follows from the run before: openings, and what is new. */
  context: Written;
}

/**
 * Reads a run as it is stored, row by row, and computes what it is known by. It is computed so when the run ends, and
 * whenever somebody wants to know whether it was altered.
 */
export async function seal(manager: Asking, id: string): Promise<Sealed> {
  const [row] = await manager.query<HeadRow[]>(`${heads} where r.id = $1`, [runUuid(id)]);
  const sealed = row === undefined ? undefined : (await sealsOf(manager, [row])).get(row.id);
  if (sealed === undefined) throw new Error(`There is no reconciliation ${id}.`);
  return sealed;
}

/** Computes what runs are known by, from their rows in the one order in which they were written, page by page. */
async function sealsOf(manager: Asking, runs: readonly HeadRow[]): Promise<Map<string, Sealed>> {
  const hashes = new Map(
    runs.map(({ id, kind, title, since, cuts, checks, looked, reasons }) => {
      const found = createHash('sha256');
      found.update(canonical({ kind, title, since, cuts, checks, looked, reasons }));
      return [id, { found, context: createHash('sha256') }] as const;
    }),
  );
  const ids = runs.map(({ id }) => id);
  for (const [statement, place] of [
    [lines, ['', '', '', '']],
    [breaks, ['', '-1']],
  ] as const)
    await addRows(manager, hashes, { statement, ids, place });
  return new Map(
    runs.map(({ id, period, repair }) => {
      const { found, context } = hashes.get(id) as Hashes;
      return [id, { digest: found.digest(), context: { rows: context.digest('hex'), period, repair } }];
    }),
  );
}

interface Hashes {
  found: Hash;
  context: Hash;
}

async function addRows(
  manager: Asking,
  hashes: ReadonlyMap<string, Hashes>,
  { statement, ids, place }: { statement: string; ids: readonly string[]; place: readonly string[] },
): Promise<void> {
  for (let behind = place, isLast = false; !isLast;) {
    const [run = '', ...rest] = behind;
    const rows = await manager.query<{ run: string; place: string[]; found: Written; context: Written }[]>(statement, [
      ids,
      run === '' ? '00000000-0000-0000-0000-000000000000' : run,
      ...rest,
    ]);
    for (const row of rows) {
      const of = hashes.get(row.run);
      of?.found.update(`\n${canonical(row.found)}`);
      of?.context.update(`\n${canonical(row.context)}`);
    }
    isLast = rows.length < rowsAtOnce;
    behind = rows.at(-1)?.place ?? behind;
  }
}

/** The hash of a run: of the run before, its id, what it has found, and what that came to. */
export function hashOf(
  previous: Buffer | null,
  run: { id: string; verdict: string; counts: Written; continuity: Written },
  { digest, context }: Sealed,
): Buffer {
  const { id, verdict, counts, continuity } = run;
  return linkOf(previous, id, digestOf({ digest: digest.toString('hex'), verdict, counts, continuity, context }));
}

/** What is wrong with a run that is stored. */
export interface Altered {
  /** `rec_…` */
  id: string;
  what: string;
}

/**
 * Looks whether finished runs are as they were when they finished, and follow from each other.
 * @param from the first link that is looked at
 * @param until the last one; all where it is missing
 * @returns what is wrong, and the last link that was looked at; null behind the end
 */
export async function verifyChain(
  manager: Asking,
  from: bigint,
  { until }: { until?: bigint } = {},
): Promise<{ altered: Altered[]; last: bigint | null }> {
  const found = await manager.query<HeadRow[]>(
    `${heads} where r.chain >= $1 and ($3::bigint is null or r.chain <= $3) order by r.chain limit $2`,
    [String(from - 1n), runsAtOnce + 1, until?.toString() ?? null],
  );
  const looked = found.filter(({ chain }) => BigInt(chain) >= from);
  const seals = await sealsOf(manager, looked);
  const altered: Altered[] = [];
  let before = found.length > looked.length ? found[0] : undefined;
  for (const row of looked) {
    altered.push(...faultsOf(row, before, seals.get(row.id)));
    before = row;
  }
  const last = looked.at(-1);
  return { altered, last: last === undefined ? null : BigInt(last.chain) };
}

function faultsOf(row: HeadRow, before: HeadRow | undefined, sealed: Sealed | undefined): Altered[] {
  const id = idOf(idPrefixes.reconciliation, row.id);
  const { verdict, counts, continuity } = row;
  const faults: string[] = [];
  if (sealed?.digest.equals(row.digest) !== true) faults.push('its cut, its inputs or its breaks were altered');
  else if (!hashOf(row.previous_hash, { id, verdict, counts, continuity }, sealed).equals(row.hash))
    faults.push('its verdict, its counts, its period or its hash were altered');
  const isFirst = row.chain === '1';
  const follows = isFirst
    ? row.previous_hash === null
    : before !== undefined &&
      BigInt(before.chain) === BigInt(row.chain) - 1n &&
      row.previous_hash?.equals(before.hash) === true;
  if (!follows)
    faults.push(
      before === undefined && !isFirst ? 'the run before it is gone' : 'it does not follow from the run before it',
    );
  return faults.map((what) => ({ id, what }));
}

const heads = `
  select r.id, r.kind, r.title, r.period, r.repair, r.since, r.cuts, r.checks, r.looked, r.reasons, r.verdict, r.counts,
    r.continuity, r.chain::text as chain, r.digest, r.previous_hash, r.hash
  from reconciliation.runs r`;

/** The lines of the bridges of runs behind one, as JSON. Numbers come as texts. */
const lines = `
  select run, array[run::text, title, account, asset] as place,
    json_build_array(title, account, asset, movements, closing::text) as found,
    json_build_array(opening::text, moved, residual::text) as context
  from reconciliation.bridge
  where run = any($1::uuid[]) and (run, title, account, asset) > ($2::uuid, $3::text, $4::text, $5::text)
  order by run, title, account, asset limit ${rowsAtOnce}`;

/** The same of breaks. */
const breaks = `
  select run, array[run::text, number::text] as place,
    json_build_array(type, becomes, check_name, place, title, subject, account, asset, amount::text, detail,
      extract(epoch from since)::text, extract(epoch from breaks_at)::text) as found,
    json_build_array(number, id, case_id, is_new) as context
  from reconciliation.breaks
  where run = any($1::uuid[]) and (run, number) > ($2::uuid, $3::int)
  order by run, number limit ${rowsAtOnce}`;
