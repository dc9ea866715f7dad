import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { endInOrder } from './ending.js';
import { Roster } from './roster.js';
import { sayInto } from './say.js';

/**
 * Starts the keeper: a process that does nothing until this one is gone, however it went, and then ends in order
 * whatever the roster of the folder still names. So a kill -9 leaves no orphan.
 * @param remove folders that go with the last process, for tests
 */
export function startKeeper(folder: string, log: string, remove: string[] = []): ChildProcess {
  const output = openSync(log, 'a', 0o600);
  const script = fileURLToPath(new URL('./keeper.js', import.meta.url));
  // The pipe is the watch: the system closes our end of it when we end, by whatever means.
  const keeper = spawn(process.execPath, [script, folder, log, ...remove], {
    detached: true,
    stdio: ['pipe', output, output],
  });
  closeSync(output);
  keeper.unref();
  (keeper.stdin as unknown as { unref(): void }).unref();
  return keeper;
}

/** What the keeper does when its standard input ends. */
async function keep(folder: string, log: string, remove: string[]): Promise<void> {
  // It is read at once, because the next start soon writes its own.
  const left = Roster.read(folder);
  if (left !== undefined) await endInOrder(left.processes, sayInto(log));
  for (const path of remove) rmSync(path, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, log, ...remove] = process.argv.slice(2) as [string, string, ...string[]];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
  process.stdin.resume().once('end', () => void keep(folder, log, remove));
}
