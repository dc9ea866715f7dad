import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { identify, isRunning, type ProcessIdentity } from '../../stack/process-identity.js';

const entry = fileURLToPath(new URL('../../dist/stack/start.js', import.meta.url));

/** Ports that are free. Two starts at once would both take a default port for free, and one would end for it. */
const freePorts = { PORT: '0', WORKER_PORT: '0', SIMULATOR_PORT: '0', SIMULATOR_CONTROL_PORT: '0' };

/** How a start has ended. */
export interface End {
  code: number | null;
  output: string;
}

/** What `npm start` runs once all is installed and built, as a process of its own. */
export class Starter {
  readonly ended: Promise<End>;
  private text = '';
  private end: End | undefined;

  private constructor(file: string, args: string[], env: Record<string, string>, cwd?: string) {
    // A group of its own, as a terminal makes one for every command.
    const child = spawn(file, args, {
      env: { ...plainEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      cwd,
    });
    this.pid = child.pid as number;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => resolve((this.end = { code, output: this.text })));
    });
  }

  readonly pid: number;

  /** Starts in a data folder, on free ports unless the environment says otherwise. */
  static in(folder: string, env: Record<string, string> = {}): Starter {
    const args = [
      '--input-type=module',
      '-e',
      `const { start } = await import(${JSON.stringify(entry)}); await start();`,
    ];
    return new Starter(process.execPath, args, { VELTRIX_DATA_DIR: folder, ...freePorts, ...env });
  }

  /** Runs a script of a checkout's package.json in a data folder, on free ports. */
  static npm(script: string, checkout: string, folder: string): Starter {
    return new Starter('npm', ['run', script], { VELTRIX_DATA_DIR: folder, ...freePorts }, checkout);
  }

  /** @returns what the first group of the pattern has matched, once it has been said */
  async says(pattern: RegExp, boundMs = 90_000): Promise<string> {
    for (const end = Date.now() + boundMs; ;) {
      const found = pattern.exec(this.text);
      if (found) return found[1] ?? found[0];
      if (this.end)
        throw new Error(`The start ended with code ${this.end.code} before it said ${pattern}: ${this.text}`);
      if (Date.now() > end) throw new Error(`The start has not said ${pattern} within ${boundMs} ms: ${this.text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** @returns a client of the demo title, once all runs */
  async ready(): Promise<(method: string, path: string, body?: object) => Promise<{ status: number; body: unknown }>> {
    const api = await this.says(/^API +(http\S+)$/m);
    const key = await this.says(/^Key +(\S+)$/m);
    return async (method, path, body) => {
      const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
      const answer = await fetch(`${api}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      return { status: answer.status, body: await answer.json() };
    };
  }

  /** Sends a signal and waits for the end. */
  signal(name: NodeJS.Signals): Promise<End> {
    process.kill(this.pid, name);
    return this.ended;
  }

  /** What a terminal does at Ctrl-C: all of the command's processes get the signal. */
  pressCtrlC(): Promise<End> {
    process.kill(-this.pid, 'SIGINT');
    return this.ended;
  }

  /** It and every process that it, or one of those, has started. */
  family(): ProcessIdentity[] {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    const parents = new Map(rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]));
    const descends = (pid: number): boolean =>
      pid === this.pid || (parents.has(pid) && descends(parents.get(pid) as number));
    return [...parents.keys()].filter(descends).flatMap((pid) => identify(pid) ?? []);
  }
}

/** @returns those that still run after the time, in milliseconds */
export async function stillRunning(processes: readonly ProcessIdentity[], boundMs: number): Promise<ProcessIdentity[]> {
  for (const end = Date.now() + boundMs; processes.some(isRunning) && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return processes.filter(isRunning);
}

/** What a terminal gives to every program; the variables of the test run and of npm are not for a start. */
function plainEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'XDG_CACHE_HOME'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
