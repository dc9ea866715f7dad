import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));
const shipped = `{ initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 seconds' }`;
const sooner = `{ initialInterval: '1 second', backoffCoefficient: 1, maximumInterval: '1 second' }`;

/** The workflows in a file of a test's own. */
export interface Bundle {
  file: string;
  remove(): void;
}

/**
 * Makes a copy of the workflows in which a convoy that is stuck tries again within a second. Lone runs wait as long as
 * in what is shipped, so that an operator of a test comes before their next attempt.
 * @throws where they do not say once how long a convoy waits
 */
export function makeSoonerConvoys(): Bundle {
  const parts = readFileSync(file, 'utf8').split(shipped);
  if (parts.length !== 2) throw new Error(`${file} does not say "${shipped}" once.`);
  const folder = mkdtempSync(join(tmpdir(), 'veltrix-workflows-'));
  const copy = join(folder, 'workflow-bundle.js');
  writeFileSync(copy, parts.join(sooner));
  return { file: copy, remove: () => rmSync(folder, { recursive: true }) };
}
