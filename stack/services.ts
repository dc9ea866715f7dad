import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startChild, type Child, type StackProcess } from './child.js';
import { endProcess } from './ending.js';
import { StartError, withProgress, type Say } from './say.js';
import type { Service } from './supervisor.js';

const readyWithin = 60_000;

/** What the API, the worker and the simulator are run with. */
export interface ServiceOptions {
  /** `API`, `worker` or `simulator`, as it is called towards people. */
  name: string;
  /** The entry point, below dist/. */
  script: string;
  env: NodeJS.ProcessEnv;
  /** The address that answers whether it is ready. */
  readiness: string;
  logs: string;
  tell: Say;
  onStart: (child: StackProcess) => void;
}

/** The API, the worker or the simulator, as a process of its own that writes its log into a file. */
export function makeService(options: ServiceOptions): Service {
  const { name, script, env, logs, tell } = options;
  const log = join(logs, `${name.toLowerCase()}.log`);
  const program = {
    name,
    file: process.execPath,
    args: [entry(script)],
    env,
    log,
    ending: { signal: 'SIGTERM', patience: 45_000 },
  } as const;
  return {
    name,
    async launch() {
      const child = await startChild({ ...program, args: [...program.args] }, options.onStart);
      try {
        await withProgress(tell, `Starting the ${name}`, () => untilReady(child, options));
        return child;
      } catch (error) {
        await endProcess(child, tell);
        throw error;
      }
    },
  };
}

/** Brings every schema up to date. @throws StartError with what the migration says went wrong */
export async function migrate(env: NodeJS.ProcessEnv, tell: Say): Promise<void> {
  const run = promisify(execFile);
  try {
    const running = run(process.execPath, [entry('src/migrate.js')], { env });
    let said = '';
    running.child.stdout?.on('data', (chunk: string) => (said = chunk.trim()));
    const { stdout } = await withProgress(
      tell,
      'Migrating',
      () => running,
      () => said,
    );
    const applied = stdout.split('\n').filter((line) => line.startsWith('migrated ')).length;
    if (applied > 0) tell(`The databases are migrated (${applied} steps).`);
  } catch (error) {
    throw new StartError(
      sentence((error as { stderr?: string }).stderr ?? '') ?? `The databases could not be migrated: ${String(error)}`,
    );
  }
}

function entry(script: string): string {
  return fileURLToPath(new URL(`../${script}`, import.meta.url));
}

/** Ready means that nothing is degraded: the worker answers before it has found Temporal. */
async function untilReady(child: Child, { name, readiness, logs }: ServiceOptions): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  const deadline = performance.now() + readyWithin;
  let last = 'it does not answer';
  for (;;) {
    const state = await lack(readiness);
    if (state === undefined) return;
    last = state;
    if (end !== undefined)
      throw new StartError(
        sentence(child.output()) ?? `The ${name} ended at its start (${end}); its log is in ${logs}.`,
      );
    if (performance.now() > deadline)
      throw new StartError(
        `The ${name} was not ready within ${readyWithin / 1000} s (${last}); its log is in ${logs}.`,
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @returns undefined where the service is ready, otherwise what it lacks */
async function lack(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const body = (await answer.json()) as { degraded?: string[]; detail?: string };
    if (!answer.ok) return body.detail ?? `status ${answer.status}`;
    // A person who has paused a schedule wants the start to come through all the same.
    const lacks = (body.degraded ?? []).filter((part) => part !== 'schedules');
    return lacks.length > 0 ? `without ${lacks.join(', ')}` : undefined;
  } catch {
    return 'it does not answer';
  }
}

/** What a process has said to a person: its log is JSON, so that a line which is not is the sentence it ended with. */
function sentence(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^\s*[{}]/.test(line));
  const isStack = lines.some((line) => /^\s+at /.test(line));
  return isStack ? lines.find((line) => /Error/.test(line)) : lines.at(-1);
}
