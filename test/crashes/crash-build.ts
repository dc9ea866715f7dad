import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { makeQuickBuild, type BuildCopy, type Texts } from '../e2e/quick-build.js';

/** A copy of the build that can be told to crash; see crash-point.mjs. */
export type CrashBuild = BuildCopy;

/**
 * Makes the copy.
 * @param root the folder of the project
 * @param more what is changed in it besides
 */
export function makeCrashBuild(root: string, more: Texts = {}): CrashBuild {
  const build = makeQuickBuild(root, undefined, more);
  cpSync(join(root, 'test/crashes/crash-point.mjs'), join(build.folder, 'src/process/crash-point.js'));
  return build;
}
