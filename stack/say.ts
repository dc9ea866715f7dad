import { appendFileSync } from 'node:fs';

/** Stops a start. The message is one sentence for the person who typed the command. */
export class StartError extends Error {}

/** Tells the person at the terminal one line. */
export type Say = (line: string) => void;

export const say: Say = (line) => void process.stdout.write(`${line}\n`);

/** A terminal that was closed, or a `head` that has read enough, is no reason to leave the servers alone. */
export function outliveTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}

/**
 * Does something that may take long, and says what it is once a second has gone by, then every five seconds.
 * @param detail how far it is, asked for each time
 */
export async function withProgress<T>(
  tell: Say,
  what: string,
  work: () => Promise<T>,
  detail: () => string = () => '',
): Promise<T> {
  const from = performance.now();
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
    if (ticks !== 1 && ticks % 5 !== 0) return;
    const seconds = Math.round((performance.now() - from) / 1000);
    const rest = detail();
    tell(`${what} … ${seconds} s${rest === '' ? '' : `, ${rest}`}`);
  }, 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Writes what happened into a file, for a process that has no terminal. */
export function sayInto(file: string): Say {
  return (line) => appendFileSync(file, `${new Date().toISOString()} ${line}\n`);
}
