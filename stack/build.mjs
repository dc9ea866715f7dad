/**
 * `npm run build`: `nest build` compiles into dist/, and this adds what Nest does not do. It bundles the workflows, so
 * that a worker need not at its start. It removes what has lost its source. It does nothing where nothing has changed.
 * Plain JavaScript, because it runs before anything is built.
 *
 * `--allow-type-errors` is for tests, which run whatever can be emitted. Another step looks for type errors.
 * `--compiled` is for `npm run dev`, where `nest build --watch` has compiled.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const stampFile = join(dist, 'build.json');
const lock = join(root, 'node_modules', '.veltrix-build');
const folders = [
  'src',
  'contracts',
  'workflows',
  'activities',
  'stack',
  'bench',
  'simulator',
  'test/chaos',
  'test/crashes',
];
const settings = ['package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'stack/build.mjs'];

/** @returns {boolean} true where `npm run build` would do something */
export function isStale() {
  const stamp = readStamp();
  return stamp.sources !== hashOfSources() || stamp.workflows !== hashOfWorkflows() || stamp.typeErrors !== false;
}

/** Builds what is stale. @throws where it cannot be built; the reasons have been written to standard error */
export async function build({ allowTypeErrors = false, tell = console.log } = {}) {
  await holding(lock, tell, async () => {
    const stamp = readStamp();
    const sources = hashOfSources();
    if (stamp.sources !== sources || (stamp.typeErrors !== false && !allowTypeErrors)) {
      tell('Building …');
      forgetSources();
      const typeErrors = await compile(allowTypeErrors, tell);
      removeOutputsWithoutSource();
      writeStamp({ ...readStamp(), sources, typeErrors });
    }
    await bundleIfStale(tell);
  });
}

/**
 * Does what comes after a compilation by `nest build --watch`. A source may have changed again since that one began, so
 * nobody can say which sources dist/ is built from. The next build compiles again.
 */
export async function finishCompiled({ tell = console.log } = {}) {
  await holding(lock, tell, async () => {
    forgetSources();
    removeOutputsWithoutSource();
    await bundleIfStale(tell);
  });
}

/**
 * Nest's build emits nothing where there are type errors. TypeScript's own compiler then emits by the same settings, if
 * that is allowed.
 * @returns {Promise<boolean>} whether there are type errors
 */
async function compile(allowTypeErrors, tell) {
  const code = await run(['node_modules/@nestjs/cli/bin/nest.js', 'build']);
  if (code === 0) return false;
  if (!allowTypeErrors) throw new Error('The build failed; see the errors above.');
  tell('The build has type errors; the tests run on what can be emitted.');
  await run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noEmitOnError', 'false']);
  return true;
}

/** What is interrupted from here on leaves a dist/ that no later build takes for a current one. */
function forgetSources() {
  const { sources: _sources, ...rest } = readStamp();
  writeStamp(rest);
}

async function bundleIfStale(tell) {
  const workflows = hashOfWorkflows();
  if (readStamp().workflows === workflows) return;
  tell('Bundling the workflows …');
  await bundle();
  writeStamp({ ...readStamp(), workflows });
}

async function bundle() {
  // Loaded here, because it is large and most starts have nothing to bundle.
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(dist, 'workflows/index.js'), logger: quiet });
  writeFileSync(join(dist, 'workflow-bundle.js'), code);
}

function hashOfSources() {
  return hash([...folders, ...settings], '.ts');
}

/** Of the compiled files, because those are bundled. The sources may be newer while `npm run dev` runs. */
function hashOfWorkflows() {
  return hash(['dist/workflows', 'dist/contracts', 'package-lock.json', 'stack/build.mjs'], '.js');
}

function hash(paths, ending) {
  const sum = createHash('sha256');
  for (const path of paths.flatMap((start) => files(join(root, start), ending))) {
    sum.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return sum.digest('hex');
}

/** The files that a build reads, in a fixed order. Tests beside the code are compiled with it and so belong to them. */
function files(path, ending) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(ending));
  return names.sort().map((name) => join(path, name));
}

/** A file that was renamed must not go on working under its old name. */
function removeOutputsWithoutSource() {
  for (const folder of folders) {
    const outputs = existsSync(join(dist, folder))
      ? readdirSync(join(dist, folder), { recursive: true }).map(String)
      : [];
    for (const name of outputs.filter((file) => /\.js(\.map)?$/.test(file))) {
      const origin = join(root, folder, name.replace(/\.js(\.map)?$/, '.ts'));
      if (!existsSync(origin)) rmSync(join(dist, folder, name));
    }
  }
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    // Nothing is built yet, or a build was interrupted.
    return {};
  }
}

function writeStamp(stamp) {
  mkdirSync(dist, { recursive: true });
  writeFileSync(stampFile, JSON.stringify(stamp));
}

function run(args) {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    running.once('error', reject);
    running.once('exit', (code) => resolve(code ?? 1));
  });
}

/** One build at a time in a checkout. The folder of a build that was killed is taken over. */
async function holding(folder, tell, work) {
  for (let told = false; ;) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!holderRuns(folder)) rmSync(folder, { recursive: true, force: true });
    else if (!told) {
      tell('Another build is under way; waiting for it …');
      told = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    writeFileSync(join(folder, 'pid'), String(process.pid));
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function holderRuns(folder) {
  try {
    return process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 0);
  } catch (error) {
    // It may be about to write its number; a folder without one that stays is left over.
    return error.code === 'ENOENT' && existsSync(folder) && Date.now() - statSync(folder).mtimeMs < 2_000;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (process.argv.includes('--compiled')) await finishCompiled();
    else await build({ allowTypeErrors: process.argv.includes('--allow-type-errors') });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
