import { join } from 'node:path';
import type { Config } from '../src/process/config.js';
import { withoutConnectionStrings } from '../src/process/logging.js';
import type { StackProcess } from './child.js';
import { useSimulator, useStripe } from './demo-account.js';
import { demoTitle } from './demo-title.js';
import { endInOrder, type Haste } from './ending.js';
import { holdFolder } from './hold-folder.js';
import { ensureDatabase, preparePostgres, serverSettings } from './postgres.js';
import { signal } from './process-identity.js';
import type { Roster } from './roster.js';
import { outliveTerminal, say, StartError } from './say.js';
import { makeService, migrate } from './services.js';
import {
  adminKey,
  secretsKey,
  checkDatabases,
  checkTemporal,
  choosePorts,
  makeFolders,
  readSettings,
  type Settings,
} from './settings.js';
import {
  chooseSimulatorPorts,
  isReady,
  readPayments,
  simulatorEnvironment,
  type SimulatorAddress,
} from './simulator.js';
import { Supervisor } from './supervisor.js';
import { prepareTemporal } from './temporal.js';
import { tourLines } from './tour.js';
import { makeCompiler } from './watch.js';

/** A terminal sends Ctrl-C to all of its processes and npm passes it on: two within this time are one. */
const sameKeystroke = 1_000;

/** What a start is asked for beside its settings. */
export interface StartOptions {
  /** Has API, worker and simulator started again whenever a source changes, as `npm run dev` does. */
  watch?: boolean;
}

/** `npm start`, once everything is installed and built. Returns when all runs; a signal ends it. */
export async function start(options: StartOptions = {}): Promise<void> {
  outliveTerminal();
  const run = new Start(options);
  run.endOnSignals();
  try {
    await run.up();
  } catch (error) {
    await run.failed(error);
  }
}

/** What is said once all runs. */
interface Welcome {
  api: string;
  ui: string;
  folder: string;
  title: { id: string; key: string };
  simulator: SimulatorAddress | undefined;
}

/** One start, from the first look at the settings to its end. */
class Start {
  private readonly supervisor = new Supervisor(say);
  private readonly haste: Haste = { hurry: false };
  private roster: Roster | undefined;
  private ending: Promise<void> | undefined;
  private logs = '';

  constructor(private readonly options: StartOptions) {}

  /** Brings everything up. @throws StartError with the sentence for whoever started it */
  async up(): Promise<void> {
    const settings = readSettings(process.env);
    const { folder, config } = settings;
    this.logs = makeFolders(folder).logs;
    this.roster = await holdFolder(folder, join(this.logs, 'keeper.log'), say);
    const ports = await choosePorts(config, process.env);
    const payments = readPayments(process.env);
    const simulator =
      payments.STRIPE_SECRET_KEY === undefined ? await chooseSimulatorPorts(payments, process.env) : undefined;
    if (!settings.startPostgres) await checkDatabases(config);
    if (!settings.startTemporal) await checkTemporal(config);

    const key = adminKey(folder, process.env);
    const servers = await this.startServers(settings);
    const shared = {
      ...process.env,
      ...servers,
      VELTRIX_ADMIN_KEY: key,
      VELTRIX_SECRETS_KEY: secretsKey(folder, process.env),
      VELTRIX_DATA_DIR: folder,
      ...(simulator && { STRIPE_API_URL: process.env['STRIPE_API_URL'] || simulator.url }),
    };
    await migrate(shared, say);
    this.stopIfEnding();

    const host = ['0.0.0.0', '::', '[::]'].includes(config.HOST) ? '127.0.0.1' : config.HOST;
    const service = (name: string, script: string, readiness: string, env: NodeJS.ProcessEnv): Promise<void> => {
      const options = {
        name,
        script,
        env: { ...shared, ...env },
        readiness,
        logs: this.logs,
        tell: say,
        onStart: this.onStart,
      };
      return this.supervisor.keep(makeService(options));
    };
    const api = `http://${host}:${ports.api}`;
    await Promise.all([
      service('API', 'src/main.js', `${api}/health/ready`, { PORT: String(ports.api) }),
      service('worker', 'src/worker.js', `http://${host}:${ports.worker}/health/ready`, {
        WORKER_PORT: String(ports.worker),
      }),
      simulator &&
        service('simulator', 'simulator/main.js', isReady(simulator), simulatorEnvironment(simulator, folder)),
    ]);
    this.stopIfEnding();
    const title = await demoTitle(api, key, folder);
    const account = { api, title, folder };
    if (simulator) await useSimulator(account, simulator.url);
    else await useStripe(account, payments.STRIPE_SECRET_KEY ?? '');
    this.stopIfEnding();
    if (this.options.watch) await this.watch(shared);
    this.welcome({ api, ui: servers.TEMPORAL_UI_URL, folder, title, simulator });
  }

  /** A change may bring a migration, so each is followed by those that are missing. */
  private async watch(env: NodeJS.ProcessEnv): Promise<void> {
    const restart = async (): Promise<void> => {
      await migrate(env, say);
      for (const name of ['API', 'worker', 'simulator']) this.supervisor.renew(name);
    };
    const { ending } = this.supervisor;
    await this.supervisor.keep(makeCompiler({ logs: this.logs, tell: say, onStart: this.onStart, ending, restart }));
  }

  /** Ends all in order, then this process: code 0 where that was wanted. */
  end(code: number): Promise<void> {
    this.ending ??= (async () => {
      this.supervisor.letGo();
      if (this.roster) {
        await endInOrder(this.roster.processes, say, this.haste);
        this.roster.release();
      }
      process.exit(code);
    })();
    return this.ending;
  }

  async failed(error: unknown): Promise<void> {
    // What fails because everything is being ended is no news.
    if (this.ending) return this.ending;
    const said = error instanceof StartError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${withoutConnectionStrings(said ?? '')}\n`);
    await this.end(1);
  }

  endOnSignals(): void {
    let last = -Infinity;
    const onSignal = (name: NodeJS.Signals): void => {
      const now = performance.now();
      if (this.ending === undefined) {
        say(name === 'SIGINT' ? '\nEnding everything in order; Ctrl-C again hurries.' : 'Ending everything in order.');
        void this.end(0);
      } else if (name === 'SIGINT' && now - last > sameKeystroke && !this.haste.hurry) {
        say('\nHurrying.');
        this.haste.hurry = true;
      }
      last = now;
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
    this.endWithNpm(onSignal);
  }

  /** npm takes its signals to us with it when it is killed, so we look whether it is still there. */
  private endWithNpm(onSignal: (name: NodeJS.Signals) => void): void {
    if (process.env['npm_lifecycle_event'] === undefined) return;
    const npm = process.ppid;
    setInterval(() => {
      if (process.ppid !== npm) onSignal('SIGTERM');
    }, 500).unref();
  }

  private readonly onStart = (child: StackProcess): void => {
    this.roster?.add(child);
    // It was under way when the end began.
    if (this.ending) signal(child, child.ending.signal);
  };

  private async startServers({
    folder,
    config,
    startPostgres,
    startTemporal,
  }: Settings): Promise<Pick<Config, 'DATABASE_URL' | 'TEMPORAL_ADDRESS' | 'TEMPORAL_UI_URL'>> {
    const shared = { folder, tell: say, onStart: this.onStart };
    const postgres = async (): Promise<string> => {
      if (!startPostgres) return config.DATABASE_URL;
      const server = await preparePostgres({
        ...shared,
        log: join(this.logs, 'postgres.log'),
        settings: serverSettings,
      });
      this.stopIfEnding();
      await this.supervisor.keep({ name: 'PostgreSQL', launch: server.launch });
      await ensureDatabase(server, 'veltrix');
      say(`PostgreSQL runs on the data in ${server.data}.`);
      return server.url('veltrix');
    };
    const temporal = async (): Promise<{ TEMPORAL_ADDRESS: string; TEMPORAL_UI_URL: string }> => {
      if (!startTemporal) return config;
      const wanted = { port: 7233, uiPort: 8233 };
      const server = await prepareTemporal({
        ...shared,
        log: join(this.logs, 'temporal.log'),
        namespace: config.TEMPORAL_NAMESPACE,
        wanted,
      });
      this.stopIfEnding();
      await this.supervisor.keep({ name: 'Temporal', launch: server.launch });
      say(`Temporal runs at ${server.address}.`);
      return { TEMPORAL_ADDRESS: server.address, TEMPORAL_UI_URL: process.env['TEMPORAL_UI_URL'] || server.uiUrl };
    };
    const [DATABASE_URL, { TEMPORAL_ADDRESS, TEMPORAL_UI_URL }] = await Promise.all([postgres(), temporal()]);
    this.stopIfEnding();
    return { DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_UI_URL };
  }

  private stopIfEnding(): void {
    if (this.ending) throw new StartError('It is being ended.');
  }

  private welcome({ api, ui, folder, title, simulator }: Welcome): void {
    const lines = [
      '',
      `API          ${api}`,
      `OpenAPI      ${api}/docs`,
      `Temporal UI  ${ui}`,
      ...(simulator ? [`Simulator    ${simulator.url}, its control ${simulator.controlUrl}`] : []),
      `Data, logs   ${folder}`,
      `Title        ${title.id}`,
      `Key          ${title.key}`,
      '',
      'Paste these lines into another terminal:',
      '',
      ...tourLines(api, title.key, simulator?.controlUrl),
      '',
      'Ctrl-C ends everything in order.',
    ];
    say(lines.join('\n'));
  }
}
