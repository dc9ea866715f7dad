/**
 * `node test/chaos/planted-run.mjs [name …]`: plants each bug of planted.mjs, one at a time, in a copy of the checkout,
 * and demands that a short chaos run goes red and that its verdict says why. Nothing is struck in the run, unless the
 * bug says that the provider is.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareOrExit } from '../../stack/install.mjs';
import { apply, copyCheckout } from '../mutations/checkout-copy.mjs';
import { faultsOf } from '../mutations/mutations.mjs';
import { asMutations } from './planted.mjs';

const run = (faults = 'none') => ['dist/test/chaos/run.js', '--seconds', '15', '--seed', '1', '--faults', faults];
const nothing = 'lost 0, doubled 0, drift 0, wrong 0';

await prepareOrExit();
process.exitCode = await main(process.argv.slice(2));

/** @returns {Promise<number>} the exit code */
async function main(names) {
  const unknown = names.filter((name) => !asMutations.some((bug) => bug.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no bug ${unknown.join(', ')}. There are:\n  ${asMutations.map(({ name }) => name).join('\n  ')}`,
    );
    return 1;
  }
  const chosen = asMutations.filter(({ name }) => names.length === 0 || names.includes(name));
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'veltrix-planted-')));
  try {
    copyCheckout(copy);
    await node(copy, ['stack/build.mjs']);
    const wrong = faultsOf(copy, chosen);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    // A run this short may see too little to count, but must find nothing.
    const clean = await node(copy, run());
    if (!clean.includes(nothing)) throw new Error(`The run finds something where nothing is planted:\n${clean}`);
    console.log(`as it is\n  ${nothing}`);
    let caught = 0;
    for (const bug of chosen) {
      const restore = await apply(copy, bug);
      const output = await node(copy, run(bug.faults));
      await restore();
      const line = output.split('\n').find((one) => /^ {2}(lost|doubled|wrong): /.test(one) && one.includes(bug.says));
      if (line !== undefined) caught += 1;
      const last = output.split('\n').slice(-20).join('\n');
      console.log(
        `${bug.name}\n  ${line === undefined ? `SURVIVES, or says something else:\n${last}` : `caught:${line}`}`,
      );
    }
    console.log(`\n${caught} of ${chosen.length} planted bugs are caught.`);
    return caught === chosen.length ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Runs a program of the copy to its end. @returns what it has written */
async function node(cwd, args) {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return output;
}
