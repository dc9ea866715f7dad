import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { makeQuickBuild, type BuildCopy, type Texts } from '../e2e/quick-build.js';

/** A copy of the build that can be told to crash; see crash-point.mjs. */
export type CrashBuild = BuildCopy;

/** A lone run that is stuck tries sooner. */
const sooner: Texts = {
  'workflow-bundle.js': [
    [`initialInterval: '10 seconds'`, `initialInterval: '2 seconds'`],
    [`maximumInterval: '1 minute'`, `maximumInterval: '5 seconds'`],
  ],
};

/**
 * Makes the copy.
 * @param root the folder of the project
 */
export function makeCrashBuild(root: string): CrashBuild {
  const build = makeQuickBuild(root, undefined, sooner);
  cpSync(join(root, 'test/crashes/crash-point.mjs'), join(build.folder, 'src/process/crash-point.js'));
  return build;
}
