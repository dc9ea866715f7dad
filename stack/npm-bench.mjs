/**
 * `npm run bench -- trades`: measures a system of its own, beside what one would use instead of it on the same machine.
 * docs/benchmarks.md says how.
 */
import { build } from './build.mjs';
import { prepareOrExit } from './install.mjs';

await prepareOrExit();
await build();
await import('../dist/bench/main.js');
