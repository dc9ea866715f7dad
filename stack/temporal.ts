import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child, type StackProcess } from './child.js';
import { freePort, portNear } from './ports.js';
import { StartError, withProgress, type Say } from './say.js';
import { findTemporal } from './temporal-binary.js';

const readyWithin = 60_000;

/** What to run Temporal with. */
export interface TemporalOptions {
  /** Its database goes in here. */
  folder: string;
  log: string;
  namespace: string;
  /** The ports that are taken where they are free; any free ones where they are not, or where none are wanted. */
  wanted?: { port: number; uiPort: number };
  /** Settings that come on top of those that the server is always tuned with, `name=value`. */
  settings?: string[];
  tell: Say;
  onStart: (child: StackProcess) => void;
}

/** A Temporal server that this process can start, and start again. */
export interface Temporal {
  address: string;
  uiUrl: string;
  /** Starts it. @returns once it knows the namespace */
  launch(): Promise<Child>;
}

/**
 * The development server polls its queues twenty times a second and lets every dispatch wait for that; what it is given
 * here brings a two-step workflow from 150 to 28 ms. docs/decisions/a-tuned-temporal-server.md has the measurements.
 */
const tuning = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxPollRPS=1000',
  'history.visibilityProcessorMaxPollRPS=1000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'system.enableActivityEagerExecution=true',
  'frontend.namespaceRPS=10000',
  'frontend.rps=10000',
];

/**
 * Its heap is small and its goroutines are many, so that collecting it as often as Go would costs it 7 % of its time.
 */
const garbageGrowth = '400';

/** Makes a Temporal server ready to be launched: finds its program, or gets or builds it, and chooses its ports. */
export async function prepareTemporal(options: TemporalOptions): Promise<Temporal> {
  const { folder, tell, namespace, wanted } = options;
  const binary = await findTemporal(tell);
  mkdirSync(folder, { recursive: true });
  const port = await (wanted ? portNear(wanted.port) : freePort());
  const uiPort = await (wanted ? portNear(wanted.uiPort) : freePort());
  const httpPort = await freePort();
  const args = [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--ui-port',
    String(uiPort),
    '--http-port',
    String(httpPort),
  ];
  args.push('--db-filename', join(folder, 'temporal.db'), '--namespace', namespace, '--log-level', 'warn');
  args.push('--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL');
  for (const value of [...tuning, ...(options.settings ?? [])]) args.push('--dynamic-config-value', value);
  const launch = async (): Promise<Child> => {
    const ending = { signal: 'SIGTERM', patience: 20_000 } as const;
    const program = { name: 'Temporal', file: binary, args, env: environment(), ending, log: options.log };
    const child = await startChild(program, options.onStart);
    await withProgress(tell, 'Starting Temporal', () =>
      untilReady(child, `http://127.0.0.1:${httpPort}/api/v1/namespaces/${namespace}`),
    );
    return child;
  };
  return { address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}`, launch };
}

async function untilReady(child: Child, url: string): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  const deadline = performance.now() + readyWithin;
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (end !== undefined) throw new StartError(`Temporal ended at its start (${end}): ${lastLine(child.output())}`);
    if (performance.now() > deadline)
      throw new StartError(`Temporal was not ready within ${readyWithin / 1000} s: ${lastLine(child.output())}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'it wrote nothing';
}

/** The server must not take a profile of the person's command line client for its own. */
function environment(): NodeJS.ProcessEnv {
  const others = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
  return { GOGC: garbageGrowth, ...others };
}
