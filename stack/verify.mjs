/**
 * `npm run verify`: everything that must hold before a change is taken, one step after the other, cheap ones first.
 * Stops at the first that fails.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareOrExit, runInherited } from './install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = (path) => join(root, 'node_modules', path);

/** What each step is called, and what it runs in Node.js. The tests include the conventions that no linter knows. */
const steps = [
  ['prettier', [program('prettier/bin/prettier.cjs'), '--check', '**/*.{ts,mts,mjs,cjs}', '--log-level', 'warn']],
  ['eslint', [program('eslint/bin/eslint.js'), '.']],
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
  ['types', [program('typescript/bin/tsc'), '--noEmit']],
  ['build', ['stack/build.mjs']],
  ['generated files', ['dist/src/openapi.js', '--check']],
  ['tests', ['stack/npm-test.mjs']],
];

await prepareOrExit();
const from = Date.now();
for (const [name, args] of steps) {
  const began = Date.now();
  console.log(`\n── ${name}`);
  const code = await runInherited(process.execPath, args);
  console.log(`── ${name}: ${code === 0 ? 'good' : `failed with code ${code}`}, ${seconds(began)} s`);
  if (code !== 0) {
    console.log(`\nnpm run verify stopped at ${name}; the steps after it did not run.`);
    process.exit(code);
  }
}
console.log(`\nEverything holds, ${seconds(from)} s.`);

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(1);
}
