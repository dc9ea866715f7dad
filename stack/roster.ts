import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackProcess } from './child.js';
import { identify, isRunning, type ProcessIdentity } from './process-identity.js';

/** What stands in the roster's file. */
interface RosterContent {
  /** Who holds the folder. */
  starter: ProcessIdentity;
  /** Who started the starter, where it must not outlive it. */
  parent?: ProcessIdentity;
  /** In the order of their start. */
  processes: StackProcess[];
}

/** The folder is held by somebody who runs. */
export class HeldError extends Error {
  constructor(readonly holder: RosterContent) {
    super(`held by process ${holder.starter.pid}`);
  }
}

/**
 * The file in a data folder that says which process holds the folder and which processes it has started. It is lock
 * and memory in one: after a kill -9 the next start, or whoever watches, finds in it what is left.
 */
export class Roster {
  private constructor(
    private readonly file: string,
    private content: RosterContent,
  ) {}

  /**
   * Takes hold of a folder for this process.
   * @returns the roster, and what an earlier holder that ended without order has left running
   * @throws HeldError where the holder runs
   */
  static take(folder: string, parent?: ProcessIdentity): { roster: Roster; left: StackProcess[] } {
    mkdirSync(folder, { recursive: true });
    const file = fileOf(folder);
    const starter = identify(process.pid);
    if (starter === undefined) throw new Error('This process cannot be found in the table of processes.');
    const content: RosterContent = { starter, ...(parent && { parent }), processes: [] };
    const own = `${file}.${process.pid}`;
    writeFileSync(own, JSON.stringify(content), { mode: 0o600 });
    try {
      return { roster: new Roster(file, content), left: claim(file, own).filter(isRunning) };
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** The processes written down in a folder, running or not. */
  static read(folder: string): RosterContent | undefined {
    return existsSync(fileOf(folder)) ? parse(fileOf(folder)) : undefined;
  }

  /** Writes a process down, in place of one of the same name. */
  add(child: StackProcess): void {
    const { name, pid, started, ending } = child;
    const at = this.content.processes.findIndex((other) => other.name === name);
    if (at === -1) this.content.processes.push({ name, pid, started, ending });
    else this.content.processes[at] = { name, pid, started, ending };
    this.write();
  }

  /** What this holder has started, in the order of its start. */
  get processes(): readonly StackProcess[] {
    return this.content.processes;
  }

  /** Gives the folder back. */
  release(): void {
    rmSync(this.file, { force: true });
  }

  private write(): void {
    const next = `${this.file}.next`;
    writeFileSync(next, JSON.stringify(this.content, null, 2), { mode: 0o600 });
    renameSync(next, this.file);
  }
}

function fileOf(folder: string): string {
  return join(folder, 'processes.json');
}

/**
 * Puts one's own file in the place of the roster. A hard link fails where there is one: two starts at once cannot both
 * have it.
 */
function claim(file: string, own: string): StackProcess[] {
  const left: StackProcess[] = [];
  for (;;) {
    try {
      linkSync(own, file);
      return left;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const found = parse(file);
    if (found === undefined) continue;
    if (isRunning(found.starter)) throw new HeldError(found);
    left.push(...found.processes);
    removeStale(file, found);
  }
}

/** Takes a dead holder's file away, unless another process was faster and has put its own there. */
function removeStale(file: string, found: RosterContent): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = parse(aside);
  if (taken !== undefined && isRunning(taken.starter)) renameSync(aside, file);
  else rmSync(aside, { force: true });
  if (taken !== undefined && taken.starter.started !== found.starter.started && isRunning(taken.starter))
    throw new HeldError(taken);
}

/**
 * @returns undefined where the file went away meanwhile; one that a full disk has cut short counts as an empty roster
 *   of nobody
 */
function parse(file: string): RosterContent | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as RosterContent;
  } catch {
    return { starter: { pid: 0, started: 'unreadable' }, processes: [] };
  }
}
