import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { makeCrashBuild } from '../crashes/crash-build.js';
import { readBooks } from './books.js';
import { check } from './checker.rules.js';
import { countedSoFar } from './counted.rules.js';
import { faultKinds, injectFault, schedule, type Fault, type Scene } from './faults.js';
import { hasten } from './hastening.js';
import { Load } from './load.js';
import { outsideSettled } from './outside-settling.js';
import { reconciled } from './reconciled.js';
import { Recorder } from './recorder.js';
import { report, unseen } from './report.js';
import { titles } from './stage.js';
import { startSystem, untilReady, type System } from './system.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const drainWithin = 180_000;
/** A run that has done or struck too little after its time goes on, for this many times its time in all. */
const longest = 4;
type Target = keyof typeof faultKinds;

/**
 * `npm run chaos -- --seconds 60 --seed N`: a whole system under load, of which every part is struck again and again;
 * then its books against the answers that it gave. Ends with code 1 unless nothing was lost, doubled, or adrift.
 */
async function main(): Promise<boolean> {
  const { seconds, seed, ...least } = options();
  console.log(`chaos: ${seconds} s, --seed ${seed}`);
  const build = makeCrashBuild(root);
  const system = await startSystem(build, (line) => console.log(`  ${line}`));
  const file = join(system.folder, 'record.jsonl');
  const recorder = new Recorder(file);
  try {
    const scene: Scene = { system, recorder };
    const load = new Load(scene, seed);
    await load.start();
    const looking = new AbortController();
    const looks = lookAgainAndAgain(system, looking.signal);
    const began = Date.now();
    const progress = setInterval(
      () => console.log(`  ${Math.round((Date.now() - began) / 1000)} s: ${load.operations} operations`),
      5_000,
    );
    const enough = (): boolean => Date.now() - began >= seconds * 1_000 && load.operations >= least.operations;
    const targets = targetsOf(least.faults);
    const hits = new Map<string, number>(targets.flatMap((target) => faultKinds[target].map((kind) => [kind, 0])));
    const struck = (): boolean => enough() && struckEnough(hits, least.injections);
    await Promise.all([
      ...targets.map((target) => strike(scene, schedule(seed, seconds * longest, target), target, hits, struck)),
      ...(targets.length === 0 ? [letItBe(enough)] : []),
    ]);
    await untilSeen(scene, seconds * 1_000);
    const from = Date.now();
    const hastening = hasten(system.databaseUrl, looking.signal);
    await load.stop();
    console.log(`  the last answers and acts came ${((Date.now() - from) / 1000).toFixed(1)} s later`);
    await drained(system);
    await outsideSettled(system);
    // Goods may follow what was found.
    await drained(system);
    clearInterval(progress);
    looking.abort();
    await hastening;
    console.log(`drained in ${((Date.now() - from) / 1000).toFixed(1)} s`);
    const books = await readBooks(system.databaseUrl, await system.provider.books(titles));
    const checking = Date.now();
    const findings = check(recorder.entries, books);
    console.log(
      `checked ${recorder.entries.length} entries of the record in ${((Date.now() - checking) / 1000).toFixed(1)} s`,
    );
    findings.wrong.push(...(await looks), ...load.forbidden, ...unexpectedEnds(system), ...(await reconciled(system)));
    const { operations, trades, reads, replays } = load;
    const good = report({
      convoys: books.convoys,
      hits,
      done: { operations, trades, reads, replays },
      findings,
      least,
    });
    if (!good) console.log(`The record and the logs are in ${keepEvidence(system, seed)}.`);
    return good;
  } catch (error) {
    console.log(`The record and the logs are in ${keepEvidence(system, seed)}.`);
    throw error;
  } finally {
    recorder.close();
    await system.end();
    build.remove();
  }
}

/**
 * `--faults none` strikes nothing, and `--faults provider` the provider alone: for a short run that is to see what the
 * checker sees.
 */
function options(): { seconds: number; seed: number; operations: number; injections: number; faults: string } {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      operations: { type: 'string', default: '0' },
      injections: { type: 'string', default: '0' },
      faults: { type: 'string', default: 'all' },
    },
  });
  const whole = (name: string, value: string): number => {
    if (!/^\d{1,9}$/.test(value)) throw new Error(`--${name} must be a whole number.`);
    return Number(value);
  };
  const seed = values.seed ?? String(Date.now() % 1_000_000_000);
  if (!['all', 'provider', 'none'].includes(values.faults)) throw new Error('--faults must be all, provider or none.');
  return {
    faults: values.faults,
    seconds: whole('seconds', values.seconds),
    seed: whole('seed', seed),
    operations: whole('operations', values.operations),
    injections: whole('injections', values.injections),
  };
}

/** Copies what the run has written to where it stays. @returns the folder */
function keepEvidence({ folder }: System, seed: number): string {
  const kept = join(root, '.veltrix', `chaos-${seed}`);
  rmSync(kept, { recursive: true, force: true });
  cpSync(join(folder, 'logs'), join(kept, 'logs'), { recursive: true });
  cpSync(join(folder, 'record.jsonl'), join(kept, 'record.jsonl'));
  return kept;
}

/** What is struck, by the word of the command line. */
function targetsOf(faults: string): Target[] {
  if (faults === 'none') return [];
  return faults === 'provider' ? ['provider'] : ['system', 'provider'];
}

/**
 * Makes the injections at their times until it is enough, or until there are no more. Those into the system may
 * overlap. It counts how many of each kind have hit something.
 */
async function strike(
  scene: Scene,
  faults: readonly Fault[],
  target: Target,
  hits: Map<string, number>,
  enough: () => boolean,
): Promise<void> {
  const underWay: Promise<void>[] = [];
  for (const fault of faults) {
    await sleep(fault.after);
    if (enough()) break;
    const made = injectFault(scene, fault).then(
      (hit) => void (hit && hits.set(fault.kind, (hits.get(fault.kind) ?? 0) + 1)),
    );
    underWay.push(made);
    if (target === 'provider') await made;
  }
  await Promise.all(underWay);
}

/** Whether every kind of fault has hit, and so many have in all. */
function struckEnough(hits: ReadonlyMap<string, number>, least: number): boolean {
  const counts = [...hits.values()];
  return !counts.includes(0) && counts.reduce((sum, count) => sum + count, 0) >= least;
}

/** Strikes nothing until it is enough. */
async function letItBe(enough: () => boolean): Promise<void> {
  while (!enough()) await sleep(100);
}

/** Has the load go on, which nothing strikes any more, until all that must be seen has come up, within a bound. */
async function untilSeen({ system, recorder }: Scene, boundMs: number): Promise<void> {
  for (const from = Date.now(); Date.now() - from < boundMs; await sleep(5_000)) {
    // PostgreSQL may not be back yet.
    const books = await readBooks(system.databaseUrl, await system.provider.books(titles)).catch(() => undefined);
    if (books === undefined) continue;
    const missing = unseen(countedSoFar(recorder.entries, books));
    if (missing.length === 0) return;
    console.log(`  ${missing.length} are still to be seen: ${missing.slice(0, 3).join('; ')}`);
  }
}

/** Looks at the books every five seconds while all goes on: they must agree with themselves at every moment. */
async function lookAgainAndAgain(system: System, stop: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  while (!stop.aborted) {
    await sleep(5_000, undefined, { signal: stop }).catch(() => undefined);
    const client = new pg.Client({ connectionString: system.databaseUrl, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ asset: string }>(
        'select asset from ledger.accounts group by title, asset having sum(credits_posted - debits_posted) <> 0',
      );
      found.push(...rows.map(({ asset }) => `in the middle of the run ${asset} did not sum to zero`));
    } catch {
      // PostgreSQL is down just now, by our own hand.
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return found;
}

/** Waits until every trade, purchase and refund has ended. @throws Error if that takes longer than the bound */
async function drained(system: System): Promise<void> {
  const client = new pg.Client({ connectionString: system.databaseUrl });
  await client.connect();
  try {
    for (const deadline = Date.now() + drainWithin; ;) {
      const { rows } = await client.query<{ open: number }>(
        `select (select count(*) from trades.trades where closed_at is null)::int
           + (select count(*) from purchases.purchases where closed_at is null)::int
           + (select count(*) from refunds.refunds where closed_at is null)::int as open`,
      );
      if (rows[0]?.open === 0) break;
      // What is still open then is a finding of the check.
      if (Date.now() > deadline) return;
      await sleep(250);
    }
  } finally {
    await client.end();
  }
  // Attempts that are still under way somewhere act before the books are read.
  await Promise.all(system.apis.map(({ url }) => untilReady(url)));
  await sleep(4_000);
}

function unexpectedEnds({ apis, workers, postgres, temporal, provider }: System): string[] {
  const all = [...apis.map(({ process: managed }) => managed), ...workers, postgres, temporal, provider.process];
  return all.flatMap(({ unexpected }) => unexpected);
}

process.exitCode = (await main()) ? 0 : 1;
process.exit();
