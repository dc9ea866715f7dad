/**
 * `npm run chaos -- --seconds 60 --seed 1`: strikes every part of a system of its own while it is under load, and
 * compares its books with every answer that it gave.
 */
import { build } from './build.mjs';
import { prepareOrExit } from './install.mjs';

await prepareOrExit();
await build();
await import('../dist/test/chaos/run.js');
