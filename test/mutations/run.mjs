/**
 * `npm run mutations [-- name …]`: removes each protection that a `*.mutations.mjs` lists, one at a time, and demands
 * that the test named beside it fails by an assertion. It works on a copy of the checkout, which itself is never
 * changed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { prepareOrExit } from '../../stack/install.mjs';
import { apply, copyCheckout } from './checkout-copy.mjs';
import { faultsOf, mutations } from './mutations.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A mutation that makes a test wait for ever is not caught by it. */
const maxRunMs = 600_000;
/** Every test that is named runs first, all in one call. */
const maxGreenRunMs = 3_600_000;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());

await prepareOrExit();
process.exitCode = await main(process.argv.slice(2));
// The native parts of the bundler would keep the process for a while.
process.exit();

/** @returns {Promise<number>} the exit code */
async function main(names) {
  const unknown = names.filter((name) => !mutations.some((mutation) => mutation.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no mutation ${unknown.join(', ')}. There are:\n  ${mutations.map(({ name }) => name).join('\n  ')}`,
    );
    return 1;
  }
  const chosen = mutations.filter(({ name }) => names.length === 0 || names.includes(name));
  const began = Date.now();
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'veltrix-mutations-')));
  let servers;
  try {
    copyCheckout(copy);
    await run([join(copy, 'stack/build.mjs')], copy);
    const wrong = faultsOf(copy, chosen);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    const { startTestServers } = await import(pathToFileURL(join(copy, 'dist/stack/test-servers.js')).href);
    servers = await startTestServers((line) => console.log(line));
    // What a mutation must meet is not left to chance.
    const thorough = { VELTRIX_TEST_SEED: '1', VELTRIX_TEST_SCHEDULES: '1500', VELTRIX_TEST_ALL: '1' };
    Object.assign(process.env, servers.environment, thorough);
    await demandGreen(copy, chosen);
    const survivors = await demandRed(copy, chosen);
    console.log(`\n${chosen.length - survivors.length} of ${chosen.length} mutations are caught, ${seconds(began)} s.`);
    if (survivors.length > 0) console.log(`Not caught: ${survivors.join(', ')}.`);
    return survivors.length > 0 ? 1 : 0;
  } catch (error) {
    if (!stop.signal.aborted) console.error(error instanceof Error ? error.message : error);
    return stop.signal.aborted ? 130 : 1;
  } finally {
    await servers?.end();
    rmSync(copy, { recursive: true, force: true });
  }
}

/** All named tests run once as they are. One that is not there, or fails anyway, could catch nothing. */
async function demandGreen(copy, chosen) {
  console.log('The tests as they are …');
  const files = [...new Set(chosen.map(({ test }) => test))];
  const texts = chosen.map(({ says }) => says);
  const results = await jest(copy, files, texts, maxGreenRunMs);
  const wrong = chosen.flatMap(({ name, test, says }) => {
    const { tests = [], failed, message } = results.get(test) ?? {};
    if (!tests.some(({ fullName }) => fullName.includes(says))) return [`${name}: ${test} has no test "${says}".`];
    return failed ? [`${name}: ${test} fails without it.\n${message}`] : [];
  });
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/** Makes each mutation, runs its test, and takes the mutation back. @returns the names of those that survive */
async function demandRed(copy, chosen) {
  const survivors = [];
  for (const mutation of chosen) {
    const began = Date.now();
    const restore = await apply(copy, mutation);
    let reason;
    try {
      const results = await jest(copy, [mutation.test], [mutation.says]);
      reason = survival(results.get(mutation.test), mutation);
    } finally {
      await restore();
    }
    const how = reason === undefined ? `caught by ${mutation.test}: ${mutation.says}` : `SURVIVES: ${reason}`;
    console.log(`${mutation.name} (${seconds(began)} s)\n  ${how}`);
    if (reason !== undefined) survivors.push(mutation.name);
  }
  return survivors;
}

/**
 * Why nothing has caught a mutation, or undefined where the named test has, or what its file looks at when all is over:
 * that PostgreSQL had no deadlock to end, and that the books balance.
 */
function survival(file, { says, red }) {
  if (file === undefined || file.tests.length === 0) return 'the test did not run.';
  if (!file.failed) return 'the test passes.';
  const others = file.tests.filter(({ fullName, status }) => status === 'failed' && !fullName.includes(says));
  if (others.length > 0) return `another test fails: ${others[0].fullName}`;
  const caught = red === undefined ? /\bexpect\(|These do not hold:/.test(file.message) : file.message.includes(red);
  return caught ? undefined : `no assertion fails, but: ${file.message}`;
}

/**
 * Runs the tests of these files whose full names contain one of the texts.
 * @returns by file whether it failed, what it says then, and the tests that ran
 */
async function jest(copy, files, texts, maxMs = maxRunMs) {
  const output = join(copy, 'dist/jest-results.json');
  rmSync(output, { force: true });
  const pattern = texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const options = [
    '--config',
    'test/mutations/jest.config.mjs',
    '--silent',
    '--json',
    '--outputFile',
    output,
    '--testNamePattern',
    pattern,
    '--runTestsByPath',
    ...files,
  ];
  await run([...flags, 'node_modules/jest/bin/jest.js', ...options], copy, { quiet: true, failing: true, maxMs });
  // Without results it was ended after its longest time, or could not be run at all.
  if (!existsSync(output)) return new Map();
  const { testResults } = JSON.parse(readFileSync(output, 'utf8'));
  const ran = ({ status }) => status === 'passed' || status === 'failed';
  return new Map(
    testResults.map(({ name, status, message, assertionResults }) => [
      name.slice(copy.length + 1),
      { failed: status === 'failed', message, tests: assertionResults.filter(ran) },
    ]),
  );
}

/** Runs a program of the copy to its end. @throws Error if it fails, unless it may, or if the person has had enough */
async function run(args, cwd, { quiet = false, failing = false, maxMs = maxRunMs } = {}) {
  const running = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', quiet ? 'ignore' : 'inherit'],
  });
  const end = () => running.kill('SIGKILL');
  const timer = setTimeout(end, maxMs);
  stop.signal.addEventListener('abort', end);
  const code = await new Promise((resolve, reject) => running.once('error', reject).once('exit', resolve));
  clearTimeout(timer);
  stop.signal.removeEventListener('abort', end);
  stop.signal.throwIfAborted();
  if (code !== 0 && !failing) throw new Error(`${args.join(' ')} ended with code ${code}.`);
}

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(1);
}
