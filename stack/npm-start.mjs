/**
 * `npm start`: installs and builds what is missing or stale, then starts everything. Plain JavaScript without
 * dependencies, because it runs in a fresh clone. `npm run dev` is this with `--watch`.
 */
import { isStale } from './build.mjs';
import { prepareOrExit, runInherited } from './install.mjs';

await prepareOrExit();
if (isStale()) {
  // A process of its own, because the compiler and the bundler would stay in memory for as long as the servers run.
  const code = await runInherited(process.execPath, ['stack/build.mjs']);
  if (code !== 0) process.exit(code);
}
const { start } = await import('../dist/stack/start.js');
await start({ watch: process.argv.includes('--watch') });
