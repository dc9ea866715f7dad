import { execFileSync, spawn } from 'node:child_process';
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartError, withProgress, type Say } from './say.js';

/** The version of the command line tool that is built from source where nothing else is to be had. */
const version = '1.5.1';
const source = `github.com/temporalio/cli/cmd/temporal@v${version}`;

/**
 * Finds the `temporal` program: on PATH, in the cache of an earlier start, by the SDK's download, or by building it.
 * @throws StartError that says what was tried
 */
export async function findTemporal(tell: Say): Promise<string> {
  const onPath = findOnPath('temporal');
  if (onPath !== undefined && works(onPath)) {
    tell(`Temporal: ${onPath}, from PATH.`);
    return onPath;
  }
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const cached = findCached(cache);
  if (cached !== undefined) {
    tell(`Temporal: ${cached}, kept from an earlier start.`);
    return cached;
  }
  tell('There is no Temporal server here yet; it is fetched once and kept.');
  const tried: string[] = [];
  for (const [what, get] of [
    ['the download', download],
    ['building it from source', build],
  ] as const) {
    const outcome = await get(cache, tell);
    if (typeof outcome === 'object') {
      tell(`Temporal: ${outcome.file}, by ${what}.`);
      return outcome.file;
    }
    tell(`Getting Temporal by ${what} did not work: ${outcome}.`);
    tried.push(`${what} failed (${outcome})`);
  }
  throw new StartError(
    'No Temporal server is to be had: TEMPORAL_ADDRESS is not set, ' +
      `there is no temporal program on PATH, ${tried.join(', ')}. ` +
      'Install it from https://docs.temporal.io/cli, or set TEMPORAL_ADDRESS.',
  );
}

/** Where what was fetched once is kept for the next start, also that of another checkout. */
function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'veltrix');
}

function findOnPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function works(file: string): boolean {
  try {
    execFileSync(file, ['--version'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** A file appears in the cache whole, by a rename, so that its name is proof enough. */
function findCached(cache: string): string | undefined {
  const names = readdirSync(cache)
    .filter((name) => /^temporal-[\w.-]*\d$/.test(name))
    .sort();
  return names.map((name) => join(cache, name)).findLast(isProgram);
}

type Outcome = { file: string } | string;

/**
 * Lets the SDK download the server it is tested with. It has a process of its own, because the SDK takes hold of
 * signals.
 */
async function download(cache: string, tell: Say): Promise<Outcome> {
  const folder = mkdtempSync(join(cache, 'download-'));
  try {
    const script = fileURLToPath(new URL('./temporal-download.js', import.meta.url));
    const job = {
      file: process.execPath,
      args: [script, folder],
      env: {},
      what: 'Downloading Temporal',
      progress: () => '',
    };
    const { code, output } = await runJob(job, tell);
    const [name] = readdirSync(folder).filter((file) => file.startsWith('temporal-') && isProgram(join(folder, file)));
    if (name === undefined) return lastLine(output) || `it ended with code ${code}`;
    if (!works(join(folder, name))) return `${name} does not run here`;
    renameSync(join(folder, name), join(cache, name));
    return { file: join(cache, name) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function build(cache: string, tell: Say): Promise<Outcome> {
  const go = findOnPath('go');
  if (go === undefined) return 'go is not installed';
  const folder = mkdtempSync(join(cache, 'build-'));
  try {
    tell(`Building Temporal ${version} with ${go}; this takes some minutes, once.`);
    const progress = (written: string): string => `${written.split('\n').length - 1} packages`;
    const job = {
      file: go,
      args: ['install', '-v', source],
      env: { GOBIN: folder },
      what: 'Building Temporal',
      progress,
    };
    const { code, output } = await runJob(job, tell);
    const built = join(folder, 'temporal');
    if (code !== 0 || !existsSync(built)) return lastLine(output) || `go ended with code ${code}`;
    const kept = join(cache, `temporal-${version}`);
    renameSync(built, kept);
    return { file: kept };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A program that is run to its end, and how its progress is shown. */
interface Job {
  file: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  what: string;
  /** How far it is, from what it has written. */
  progress: (output: string) => string;
}

/** Runs a program, shows progress, and keeps the output of one that fails, for whoever wants to know why. */
async function runJob(
  { file, args, env, what, progress }: Job,
  tell: Say,
): Promise<{ code: number | null; output: string }> {
  const running = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [running.stdout, running.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const end = new Promise<number | null>((resolve, reject) => {
    running.once('error', reject);
    running.once('close', resolve);
  });
  // Whoever ends this process means the job too.
  const stop = (): void => void running.kill();
  process.once('exit', stop);
  try {
    const code = await withProgress(
      tell,
      what,
      () => end,
      () => progress(output),
    );
    if (code !== 0) appendFileSync(join(cacheFolder(), 'failures.log'), `${file} ${args.join(' ')}\n${output}\n`);
    return { code, output };
  } finally {
    process.off('exit', stop);
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
