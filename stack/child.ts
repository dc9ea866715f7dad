import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { identify, type ProcessIdentity } from './process-identity.js';

/** How to end a process: the signal that lets it finish, and how long it is given. */
export interface Ending {
  signal: NodeJS.Signals;
  /** Milliseconds. */
  patience: number;
}

/** A process of the stack, as it is written down so that a later start finds it. */
export interface StackProcess extends ProcessIdentity {
  name: string;
  ending: Ending;
}

/** What to run. */
export interface Program {
  name: string;
  file: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  ending: Ending;
  /** The file that takes its standard output and error. */
  log: string;
  /** Takes its standard output, line by line, in place of the file. */
  onLine?: (line: string) => void;
  /** Where it runs, if not where this process does. */
  cwd?: string;
  /** Another user to run it as. */
  user?: { uid: number; gid: number };
}

/** A process that this one has started. */
export interface Child extends StackProcess {
  /** Resolves when it has ended, with how: `code 1` or `SIGKILL`. */
  ended: Promise<string>;
  /** What it has written to its log so far. */
  output(): string;
}

const keepLogBelow = 10_000_000;

/**
 * Starts a process in a session of its own, so that Ctrl-C reaches its starter alone, which then ends all in order.
 * Its output goes straight into a file: a pipe would break with the starter. What need not outlive it may have one.
 * @param onStart is called before anything else can happen, to write the process down
 * @throws the error of the system, for instance ENOENT
 */
export async function startChild(program: Program, onStart: (child: StackProcess) => void): Promise<Child> {
  const { name, file, args, env, user, log, onLine, ending } = program;
  turnOver(log);
  const output = openSync(log, 'a', 0o600);
  const from = statSync(log).size;
  const cwd = program.cwd ?? (user && '/');
  const spawned = spawn(file, args, {
    env,
    detached: true,
    stdio: ['ignore', onLine ? 'pipe' : output, output],
    cwd,
    ...user,
  });
  closeSync(output);
  if (onLine && spawned.stdout) createInterface({ input: spawned.stdout }).on('line', onLine);
  const ended = new Promise<string>((resolve) => {
    spawned.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  await new Promise<void>((resolve, reject) => {
    spawned.once('spawn', resolve);
    spawned.once('error', reject);
  });
  const pid = spawned.pid as number;
  // A process that ended at once has no start to read any more, and nothing can be mistaken for it yet.
  const started = identify(pid)?.started ?? 'ended';
  const child: StackProcess = { name, pid, started, ending };
  onStart(child);
  return { ...child, ended, output: () => readFileSync(log).subarray(from).toString('utf8') };
}

/** Puts a log that has grown large aside. One is kept. */
function turnOver(log: string): void {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > keepLogBelow) renameSync(log, `${log}.1`);
}
