import type { StackProcess } from './child.js';
import { isRunning, signal, waitForEnd } from './process-identity.js';
import type { Say } from './say.js';

/** What a person can do to an end that is under way. */
export interface Haste {
  hurry: boolean;
}

/** What a process is still given once somebody is in a hurry, in milliseconds. */
const hurriedPatience = 2_000;

/**
 * Ends one process: lets it finish, and kills it if it does not.
 * @param haste may change while this waits
 */
export async function endProcess(target: StackProcess, tell: Say, haste: Haste = { hurry: false }): Promise<void> {
  if (!signal(target, target.ending.signal)) return;
  const from = performance.now();
  let told = from;
  while (isRunning(target)) {
    const waited = performance.now() - from;
    if (waited > (haste.hurry ? hurriedPatience : target.ending.patience)) {
      tell(`${target.name} did not end within ${Math.round(waited / 1000)} s and is killed.`);
      await kill(target);
      return;
    }
    if (performance.now() - told > (told === from ? 1_000 : 5_000)) {
      told = performance.now();
      tell(`Waiting for ${target.name} to finish … ${Math.round(waited / 1000)} s`);
    }
    await waitForEnd(target, 100);
  }
}

async function kill(target: StackProcess): Promise<void> {
  // PostgreSQL takes its helpers along at SIGQUIT; at SIGKILL they would find out by themselves, later.
  if (target.ending.signal === 'SIGINT') {
    signal(target, 'SIGQUIT');
    if (await waitForEnd(target, 5_000)) return;
  }
  signal(target, 'SIGKILL');
  await waitForEnd(target, 5_000);
}

/** Who is served, before who serves it. */
const order = ['API', 'worker', 'simulator', 'Temporal', 'PostgreSQL'];

/** Ends processes one after the other, each once those that need it have ended. */
export async function endInOrder(processes: readonly StackProcess[], tell: Say, haste?: Haste): Promise<void> {
  const sorted = [...processes].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  for (const target of sorted.filter(isRunning)) {
    tell(`Ending ${target.name}.`);
    await endProcess(target, tell, haste);
  }
}
