/**
 * `npm test`: all tests, or those that its arguments name, as Jest understands them. It needs no other step: what is
 * missing is installed here, and the tests' own setup builds and starts their PostgreSQL and Temporal.
 */
import { prepareOrExit, runInherited } from './install.mjs';

await prepareOrExit();
// Jest loads ES modules only where Node.js is told to let it, which it then warns about at every start.
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
process.exitCode = await runInherited(process.execPath, [
  ...flags,
  'node_modules/jest/bin/jest.js',
  ...process.argv.slice(2),
]);
