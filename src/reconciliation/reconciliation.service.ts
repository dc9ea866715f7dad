import { setTimeout as rest } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { idPrefixes } from '../forms.js';
import { newId } from '../ids.js';
import { databases, MAIN_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { CONFIG, type Config } from '../process/config.js';
import type { Check, Cut, Look, Part, Reason } from './checks.types.js';
import { GiveWay } from './give-way.js';
import { LookAhead } from './look-ahead.js';
import { Readers } from './readers.js';
import { CHECKS } from './reconciliation.tokens.js';
import type { RepairAction } from './repairs.rules.js';
import { noteMade, readPlanned, type PlannedRepair } from './repairs.statements.js';
import { RunEnds, type RunEnd } from './run-ends.js';
import { clearsNothing, ownParts, SecondLook, type OwnPart } from './second-look.js';
import type { StoredRun } from './runs.types.js';
import {
  cutNow,
  insertRun,
  isBehind,
  keepPart,
  lastCut,
  othersAtWork,
  readRun,
  startRun,
  type NewRun,
  type Next,
} from './runs.statements.js';
import { notHere, reasonOf } from './unreadable.rules.js';
import { distinct, lookedAt } from './verdict.rules.js';

/** How far runs of what is new reach back behind the cut of the last one: what was accepted then may be late. */
const overlapMs = 15 * 60_000;

/** How far a run has come. */
export interface Progress {
  done: boolean;
  /** The check that comes next, and how many there are in all. */
  check: string | null;
  at: number;
  of: number;
  /** How many records were looked at. */
  looked: number;
}

/** Makes the runs of reconciliation, step by step. Every step can be made again, by another process too. */
@Injectable()
export class ReconciliationService {
  private readonly log = new Logger(ReconciliationService.name);
  private readonly ends: RunEnds;
  private readonly second: SecondLook;
  /** The run that was looked at last. */
  private last: { id: string; ahead: LookAhead<OwnPart> } | undefined;

  constructor(
    @Inject(MAIN_DATABASE) private readonly main: DataSource,
    @Inject(CHECKS) private readonly checks: readonly Check[],
    private readonly readers: Readers,
    @Inject(CONFIG) config: Config,
  ) {
    this.ends = new RunEnds(main, config);
    this.second = new SecondLook(main, checks);
  }

  /** Accepts a run, unless there is one of its period. @returns the run of the period */
  async accept(
    run: Omit<NewRun, 'id'>,
    manager: EntityManager = this.main.manager,
  ): Promise<{ id: string; fingerprint: Buffer | null; isNew: boolean }> {
    return insertRun(manager, { ...run, id: newId(idPrefixes.reconciliation) });
  }

  /**
   * Cuts the databases, and resolves when all that is behind the cut has ended. A run that has started stays as it is.
   * @param goesOn is asked between two looks; false ends the wait
   * @returns false where transactions of before the cut go on still
   */
  async begin(id: string, goesOn: () => Promise<boolean>): Promise<boolean> {
    const readers = await this.readers.all();
    let run = await readRun(this.main.manager, id);
    if (run.cuts === null) {
      const cuts = {} as Record<(typeof databases)[number], Cut>;
      // The deals are cut first: what a deal that is closed behind the cut has booked is behind the later cuts.
      for (const name of databases) cuts[name] = await cutNow(readers[name]);
      const checks = this.partsOf(run);
      const last = run.kind === 'incremental' ? await this.lastCut(run) : null;
      const since = last === null ? null : new Date(last.getTime() - overlapMs);
      await startRun(this.main.manager, id, { cuts, since, checks });
      run = await readRun(this.main.manager, id);
    }
    const { cuts } = run;
    if (cuts === null) throw new Error(`${id} has not started.`);
    do {
      const behind = await Promise.all(databases.map((name) => isBehind(readers[name], cuts[name])));
      if (behind.every(Boolean)) return true;
    } while (await goesOn());
    return false;
  }

  /** What is new is so since a run that has looked at everything of it. */
  private lastCut({ title }: StoredRun): Promise<Date | null> {
    return lastCut(this.main.manager, ['incremental', 'full', 'history'], title);
  }

  /**
   * Looks at parts of a run for a while. What a part came to is kept with where the next one begins, so a process may
   * be gone at any moment.
   * @throws what PostgreSQL throws; the part is looked at again then
   */
  async lookOn(id: string, goesOn: () => boolean): Promise<Progress> {
    let run = await readRun(this.main.manager, id);
    const { checks } = run;
    const ahead = await this.aheadOf(run);
    const way = new GiveWay(() => othersAtWork(this.main.manager));
    try {
      do {
        if (run.state !== 'running' || run.atCheck >= checks.length) break;
        const began = performance.now();
        await this.keep(run, await ahead.part({ check: run.atCheck, after: run.after }, !way.isBusy));
        run = await readRun(this.main.manager, id);
        await rest(await way.restAfter(performance.now() - began));
      } while (goesOn());
      return progressOf(run);
    } finally {
      await ahead.rest();
    }
  }

  /** What this process has looked at for the run before the turn of it, also while it was asked the last time. */
  private async aheadOf(run: StoredRun): Promise<LookAhead<OwnPart>> {
    if (this.last?.id === run.id) return this.last.ahead;
    const look = await this.lookOf(run);
    const { id, checks } = run;
    const ahead = new LookAhead<OwnPart>(
      checks.map((name) => this.checkOf(name)),
      ({ check, after }) => this.lookAt(checks[check] ?? '', run, { look, after }),
    );
    this.last = { id, ahead };
    return ahead;
  }

  /** How far a run has come. It changes nothing. */
  async progress(id: string): Promise<Progress> {
    return progressOf(await readRun(this.main.manager, id));
  }

  /**
   * Gives up a check, because a side cannot be read. The run is not green. Where it is at another check already,
   * somebody has given up this one before, or it was looked at after all. A run whose second look is given up clears no
   * case.
   */
  async skip(id: string, check: string, why: string): Promise<void> {
    const run = await readRun(this.main.manager, id);
    if (run.state !== 'running' || run.checks[run.atCheck] !== check) return;
    const given = nothing({ code: 'side-unreadable', detail: `${check}: ${why}`, title: null });
    await this.keep(run, check === ownParts.again ? { ...given, keep: (tx) => clearsNothing(tx, id) } : given);
  }

  /** Says that a run is not green, whatever it finds. */
  async note(id: string, reason: Reason): Promise<void> {
    const run = await readRun(this.main.manager, id);
    if (run.state !== 'running') return;
    const next = { atCheck: run.atCheck, after: run.after };
    const reasons = distinct([...run.reasons, reason]);
    await runCommand(this.main, (tx) => keepPart(tx, run, { looked: run.looked, reasons, next }, { findings: [] }));
  }

  private async lookAt(
    name: string,
    run: StoredRun,
    { look, after }: { look: Look; after: string | null },
  ): Promise<OwnPart> {
    if (name === ownParts.chain) return this.second.chain(after);
    if (name === ownParts.again) return this.second.again(run, look, after);
    const check = this.checkOf(name);
    if (check === undefined) return nothing(notHere(name));
    try {
      return await check.look(look, after);
    } catch (error) {
      return nothing(reasonOf(name, error));
    }
  }

  private async keep(run: StoredRun, part: OwnPart): Promise<void> {
    const name = run.checks[run.atCheck] ?? '';
    const counted = { ...run.looked[name] };
    for (const [what, count] of Object.entries(part.looked)) counted[what] = (counted[what] ?? 0) + count;
    const looked = Object.keys(counted).length === 0 ? run.looked : { ...run.looked, [name]: counted };
    const reasons = distinct([...run.reasons, ...(part.reasons ?? [])]);
    const next: Next =
      part.next === null ? { atCheck: run.atCheck + 1, after: null } : { atCheck: run.atCheck, after: part.next };
    await runCommand(this.main, async (tx) => {
      if (await keepPart(tx, run, { looked, reasons, next }, part)) await part.keep?.(tx);
    });
  }

  /**
   * Ends a run, whose parts were all looked at. One that has ended stays as it is.
   * @throws what PostgreSQL throws
   */
  async finish(id: string): Promise<RunEnd> {
    const run = await readRun(this.main.manager, id);
    const end = await this.ends.finish(run);
    if (this.last?.id === id) this.last = undefined;
    this.log.log(`${id}: ${end.verdict}, ${end.breaks} breaks, ${end.pending} pending`);
    return end;
  }

  /** Some of what a run that has finished is to repair, behind one of it. One that only plans has nothing to. */
  planned(id: string, after: number, limit: number): Promise<PlannedRepair[]> {
    return readPlanned(this.main.manager, id, { after, limit });
  }

  /** Says that repairs were made. @param subjects those of one action */
  async repaired(id: string, action: RepairAction, subjects: readonly string[]): Promise<void> {
    await noteMade(this.main.manager, id, action, subjects);
  }

  private async lookOf(run: StoredRun): Promise<Look> {
    if (run.cuts === null) throw new Error(`${run.id} has not started.`);
    const { id, kind, title, since, cuts } = run;
    return { read: await this.readers.all(), cut: cuts, run: { id, kind, title, since }, now: cuts.main.at };
  }

  private checkOf(name: string): Check | undefined {
    return this.checks.find((one) => one.name === name);
  }

  /** What a run looks at, in order. When all is looked at, it looks again. */
  private partsOf({ kind }: StoredRun): string[] {
    const names = this.checks.filter(({ kinds }) => kinds.includes(kind)).map(({ name }) => name);
    return [...names, ...(kind === 'history' ? [ownParts.chain] : []), ownParts.again];
  }
}

function progressOf(run: StoredRun): Progress {
  const check = run.checks[run.atCheck] ?? null;
  return {
    done: check === null || run.state === 'finished',
    check,
    at: run.atCheck,
    of: run.checks.length,
    looked: lookedAt(run),
  };
}

function nothing(reason: Reason): Part {
  return { findings: [], looked: {}, reasons: [reason], next: null };
}
