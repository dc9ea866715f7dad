/**
 * `npm run verify`: everything that must hold before a change is taken. What only reads the sources goes on side by
 * side, and then one step comes after the other. Stops where any has failed.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareOrExit, runInherited } from './install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = (path) => join(root, 'node_modules', path);

/** What each look at the sources is called, and what it runs in Node.js: the longest first. */
const looks = [
  ['eslint', [program('eslint/bin/eslint.js'), '.']],
  ['types', [program('typescript/bin/tsc'), '--noEmit']],
  ['prettier', [program('prettier/bin/prettier.cjs'), '--check', '**/*.{ts,mts,mjs,cjs}', '--log-level', 'warn']],
  [
    'dependency-cruiser',
    [
      program('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'src',
      'contracts',
      'workflows',
      'activities',
      'stack',
      'bench',
      'simulator',
    ],
  ],
];
/** How many looks go on at once: eslint and the compiler take two gigabytes together. */
const atOnce = 2;

/** The steps after them. The tests include the conventions that no linter knows. */
const steps = [
  ['build', ['stack/build.mjs']],
  ['generated files', ['dist/src/openapi.js', '--check']],
  ['tests', ['stack/npm-test.mjs']],
];

await prepareOrExit();
const from = performance.now();
stopAt(await lookAtSources());
for (const [name, args] of steps) {
  const began = performance.now();
  console.log(`\n── ${name}`);
  const code = await runInherited(process.execPath, args);
  console.log(`── ${name}: ${outcome(code)}, ${seconds(began)} s`);
  if (code !== 0) stopAt([name, code]);
}
console.log(`\nEverything holds, ${seconds(from)} s.`);

/** @returns {Promise<[name: string, code: number] | undefined>} one that has failed, if any has */
async function lookAtSources() {
  const left = [...looks];
  const failed = [];
  const lane = async () => {
    for (let look = left.shift(); look !== undefined; look = left.shift()) {
      const [name, args] = look;
      const began = performance.now();
      const { code, output } = await runQuietly(args);
      // What each has written stays together, whatever else is under way.
      console.log(`\n── ${name}\n${output}── ${name}: ${outcome(code)}, ${seconds(began)} s`);
      if (code !== 0) failed.push([name, code]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return failed[0];
}

function runQuietly(args) {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [running.stdout, running.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    running.once('error', reject);
    running.once('close', (code) => resolve({ code: code ?? 143, output }));
  });
}

/** Ends with the code of what has failed. @param {[name: string, code: number] | undefined} failed */
function stopAt(failed) {
  if (failed === undefined) return;
  console.log(`\nnpm run verify stopped at ${failed[0]}; the steps after it did not run.`);
  process.exit(failed[1]);
}

function outcome(code) {
  return code === 0 ? 'good' : `failed with code ${code}`;
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
