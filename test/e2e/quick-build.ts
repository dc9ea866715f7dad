import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A copy of the build, which stands in the place of `dist`. */
export interface BuildCopy {
  folder: string;
  remove(): void;
}

/** Texts of compiled files, each of which is there once, and what stands in their place. */
export type Texts = Record<string, readonly (readonly [from: string, to: string])[]>;

const shorter = (attempt: string): Texts => ({
  'workflow-bundle.js': [
    [`startToCloseTimeout: '30 seconds'`, `startToCloseTimeout: '${attempt}'`],
    [`heartbeatTimeout: '10 seconds'`, `heartbeatTimeout: '2 seconds'`],
    // A step of a payment tells every three seconds that it is at it.
    [`heartbeatTimeout: '15 seconds'`, `heartbeatTimeout: '5 seconds'`],
  ],
  // Temporal keeps the next task of a run for the worker that had the last one, by default for ten seconds.
  'src/temporal/saga-workers.js': [
    [
      `shutdownGraceTime: '25 seconds'`,
      `shutdownGraceTime: '25 seconds', stickyQueueScheduleToStartTimeout: '2 seconds'`,
    ],
  ],
});

/**
 * Makes a copy of the build that waits less long for a worker that has died, so that a test need not wait for it. It is
 * within `dist` and finds the same packages.
 * @param root the folder of the project
 * @param attempt how long an attempt at a step may take
 * @param more what is changed besides
 * @throws where a text is not in its file once
 */
export function makeQuickBuild(root: string, attempt = '3 seconds', more: Texts = {}): BuildCopy {
  const dist = join(root, 'dist');
  const folder = mkdtempSync(join(dist, 'quick-'));
  for (const part of ['src', 'contracts', 'workflows', 'activities', 'workflow-bundle.js'])
    cpSync(join(dist, part), join(folder, part), { recursive: true });
  for (const [name, texts] of [...Object.entries(shorter(attempt)), ...Object.entries(more)]) {
    const file = join(folder, name);
    let code = readFileSync(file, 'utf8');
    for (const [from, to] of texts) {
      if (code.split(from).length !== 2) throw new Error(`${name} does not say "${from}" once.`);
      code = code.replace(from, to);
    }
    writeFileSync(file, code);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
