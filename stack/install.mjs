/**
 * What must hold before anything of Veltrix can run: a Node.js that is new enough, and the dependencies of
 * package.json. Plain JavaScript without dependencies, because it runs in a fresh clone; `npm start`, `npm test` and
 * `npm run verify` share it.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.veltrix-installed');
const lockFile = join(modules, '.veltrix-installing');
const oldestNode = { major: 20, minor: 19 };

/** Stops a command before it has begun. The message is one sentence for the person who typed it. */
export class PreparationError extends Error {}

/** @throws PreparationError where this Node.js is too old to run Veltrix */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor)) return;
  throw new PreparationError(
    `Veltrix needs Node.js ${oldestNode.major}.${oldestNode.minor} or later, and this is ${version}: ` +
      'install a newer one from https://nodejs.org.',
  );
}

/** @returns {boolean} true where `npm install` would have something to do */
export function isInstallStale() {
  return !existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== wanted();
}

/**
 * Installs the dependencies if they are missing, or are not those that package.json and its lock file name.
 * @throws PreparationError where npm fails; what it wrote has been told
 */
export async function ensureInstalled({ tell = console.log } = {}) {
  if (!isInstallStale()) return;
  mkdirSync(modules, { recursive: true });
  await holdingLock(tell, async () => {
    // Another command may have installed while this one waited.
    if (!isInstallStale()) return;
    tell('Installing the dependencies …');
    await runNpm(tell);
    writeFileSync(stampFile, wanted());
  });
}

/** Runs all that comes before a command, and ends the process with a sentence and code 1 where that fails. */
export async function prepareOrExit(options) {
  try {
    checkNode();
    await ensureInstalled(options);
  } catch (error) {
    console.error(error instanceof PreparationError ? error.message : error);
    process.exit(1);
  }
}

/**
 * Runs a program of this checkout to its end, with the terminal's streams.
 * @returns {Promise<number>} its exit code, or 128 and the number that shells give to a signal
 */
export function runInherited(file, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const running = spawn(file, args, { cwd: root, stdio: 'inherit', env });
    // Ctrl-C reaches the child by itself; whoever sends a signal to this process alone means the child too.
    const stay = () => undefined;
    const pass = () => running.kill('SIGTERM');
    process.on('SIGINT', stay).on('SIGTERM', pass);
    running.once('error', reject);
    running.once('exit', (code, signal) => {
      process.off('SIGINT', stay).off('SIGTERM', pass);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/**
 * What decides over the installation. The scripts of package.json do not, and binaries of another system would not run.
 */
function wanted() {
  const { engines, dependencies, devDependencies, overrides, allowScripts } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const lock = join(root, 'package-lock.json');
  const sum = createHash('sha256');
  sum.update(
    JSON.stringify([engines, dependencies, devDependencies, overrides, allowScripts, process.platform, process.arch]),
  );
  if (existsSync(lock)) sum.update(readFileSync(lock));
  return sum.digest('hex');
}

/**
 * A start must not change the files of the checkout, hence `--no-save`. A production setting of the person's must not
 * leave out the compiler, nor the PostgreSQL programs, which are optional packages.
 */
function runNpm(tell) {
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const from = performance.now();
  const timer = setInterval(
    () => tell(`Installing the dependencies … ${Math.round((performance.now() - from) / 1000)} s`),
    5_000,
  );
  return new Promise((resolve, reject) => {
    const fail = (why) =>
      reject(
        new PreparationError(
          `The dependencies could not be installed (${why}); Veltrix needs npm and its registry for that, once.`,
        ),
      );
    const npm = findNpm();
    const running = spawn(npm.file, [...npm.args, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: npm.shell,
    });
    let output = '';
    for (const stream of [running.stdout, running.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    running.once('error', (error) => fail(error.message));
    running.once('close', (code, signal) => {
      if (code === 0) return resolve();
      tell(output.trim());
      fail(`npm ended with ${signal ?? `code ${code}`}`);
    });
  }).finally(() => clearInterval(timer));
}

/** The npm that runs this script, if one does, otherwise the one on PATH. */
function findNpm() {
  const running = process.env.npm_execpath;
  if (running !== undefined && basename(running).startsWith('npm-cli'))
    return { file: process.execPath, args: [running], shell: false };
  // On Windows npm is a batch file, which only a shell can run.
  return { file: 'npm', args: [], shell: process.platform === 'win32' };
}

/** One installation at a time in a checkout. The lock of one that was killed is taken over. */
async function holdingLock(tell, work) {
  for (let told = false; !tryLock();) {
    if (!told) tell('Another installation is under way; waiting for it …');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

function tryLock() {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!holderRuns()) rmSync(lockFile, { force: true });
    return false;
  }
}

function holderRuns() {
  try {
    const text = readFileSync(lockFile, 'utf8');
    // Its holder may be about to write its number; one that was killed just then never will.
    return text === '' ? Date.now() - statSync(lockFile).mtimeMs < 2_000 : process.kill(Number(text), 0);
  } catch (error) {
    // The process of another user answers EPERM, and it runs.
    return error.code === 'EPERM';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepareOrExit();
