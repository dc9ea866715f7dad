import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A copy of the build that can be told to crash; see crash-point.mjs. */
export interface CrashBuild {
  /** Stands in the place of `dist`. */
  folder: string;
  remove(): void;
}

/** What the copy waits for less long, so that a test need not wait for it. */
const shorter = [
  [`startToCloseTimeout: '30 seconds'`, `startToCloseTimeout: '3 seconds'`],
  [`heartbeatTimeout: '10 seconds'`, `heartbeatTimeout: '2 seconds'`],
  // A step of a payment tells every three seconds that it is at it.
  [`heartbeatTimeout: '15 seconds'`, `heartbeatTimeout: '5 seconds'`],
] as const;

/**
 * Makes the copy, within `dist` so that it finds the same packages.
 * @param root the folder of the project
 */
export function makeCrashBuild(root: string): CrashBuild {
  const dist = join(root, 'dist');
  const folder = mkdtempSync(join(dist, 'crash-'));
  for (const part of ['src', 'contracts', 'workflows', 'activities', 'workflow-bundle.js'])
    cpSync(join(dist, part), join(folder, part), { recursive: true });
  cpSync(join(root, 'test/crashes/crash-point.mjs'), join(folder, 'src/process/crash-point.js'));
  const bundle = join(folder, 'workflow-bundle.js');
  let code = readFileSync(bundle, 'utf8');
  for (const [from, to] of shorter) {
    if (code.split(from).length !== 2) throw new Error(`The workflows do not say "${from}" once.`);
    code = code.replace(from, to);
  }
  writeFileSync(bundle, code);
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
