import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startChild, type Program, type StackProcess } from './child.js';
import type { Say } from './say.js';
import type { Service } from './supervisor.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the watch of `npm run dev` needs of the start. */
export interface WatchOptions {
  logs: string;
  tell: Say;
  onStart: (child: StackProcess) => void;
  /** Aborts when everything is being ended. */
  ending: AbortSignal;
  /** Has API and worker started again. It is called once dist/ has been changed by a compilation without errors. */
  restart: () => Promise<void>;
}

/**
 * The compiler of `npm run dev`. `nest build --watch` watches and compiles; it emits nothing while there is an error.
 * What this adds is the workflow bundle, and the restart of the processes that run what was compiled.
 */
export function makeCompiler(options: WatchOptions): Service {
  const { logs, tell, onStart, ending } = options;
  let running = digest();
  // One after the other, because the next compilation may end while the last one is still being taken in.
  let work = Promise.resolve();

  const compiled = async (): Promise<void> => {
    await promisify(execFile)(process.execPath, ['stack/build.mjs', '--compiled'], { cwd: root, signal: ending });
    const now = digest();
    if (now === running) return;
    await options.restart();
    running = now;
  };
  const failed = (error: Error): void => {
    // What fails because everything is being ended is no news.
    if (!ending.aborted) tell(`API and worker go on as they are: ${error.message}`);
  };
  const onLine = (line: string): void => {
    if (line.trim() === '') return;
    tell(line);
    const errors = /Found (\d+) errors?\. Watching/.exec(line)?.[1];
    if (errors === undefined) return;
    if (errors === '0') work = work.then(compiled).catch(failed);
    else tell('API and worker go on with what was compiled before.');
  };
  const program: Program = {
    name: 'compiler',
    file: process.execPath,
    args: [join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build', '--watch', '--preserveWatchOutput'],
    env: process.env,
    cwd: root,
    log: join(logs, 'compiler.log'),
    onLine,
    ending: { signal: 'SIGTERM', patience: 5_000 },
  };
  return { name: program.name, launch: () => startChild(program, onStart) };
}

/** @returns a digest of the compiled code of API and worker. A compilation that leaves it alone needs no restart */
function digest(): string {
  const sum = createHash('sha256');
  for (const folder of ['src', 'contracts', 'workflows', 'activities']) {
    const names = readdirSync(join(root, 'dist', folder), { recursive: true })
      .map(String)
      .sort();
    for (const name of names.filter((file) => file.endsWith('.js'))) {
      sum
        .update(name)
        .update('\0')
        .update(readFileSync(join(root, 'dist', folder, name)))
        .update('\0');
    }
  }
  return sum.digest('hex');
}
