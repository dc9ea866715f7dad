import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { openConnection } from '../../src/temporal/open-connection.js';
import { startChild, type Child, type StackProcess } from '../../stack/child.js';
import { endInOrder } from '../../stack/ending.js';
import { startKeeper } from '../../stack/keeper.js';
import { freePort } from '../../stack/ports.js';
import { ensureDatabase, preparePostgres, serverSettings, type Postgres } from '../../stack/postgres.js';
import { Roster } from '../../stack/roster.js';
import type { Say } from '../../stack/say.js';
import { makeService, migrate } from '../../stack/services.js';
import { prepareTemporal } from '../../stack/temporal.js';
import { DriverProcess } from '../driver/driver-process.js';
import { moneyWays, purchaseWays, ways, type WayName } from '../driver/orders.js';
import { moneyEnvironment, planMoney, startMoney, type Money } from './money.js';
import { Perishable } from './perishable.js';
import { openStore } from './store.js';
import { makeTitle, makeWorld, title } from './world.js';
import { makeBareTables } from './bare-tables.js';

/** The processes whose processor time is told of, by the names that the table gives them. */
export const processNames = [
  'driver',
  'API',
  'worker',
  'worker of the usual way',
  'inside the request',
  'simulator',
  'PostgreSQL',
  'Temporal',
] as const;
export type ProcessName = (typeof processNames)[number];

/** A Veltrix as `npm start` runs it, with what it is compared with beside it on the same two servers. */
export interface System {
  /**
   * Where each way keeps its deals: a database of its own, so that each has a size of its own. Purchases are kept
   * beside the trades of the convoys, with which they travel.
   */
  databases: Record<WayName, string>;
  pids: Record<ProcessName, number>;
  driver: DriverProcess;
  temporal: Client;
  players: number;
  /** Where the API answers, and the key to all of it. */
  api: { url: string; adminKey: string };
  /** What is there for purchases in real money, where they are measured. */
  money: Money | undefined;
  end(): Promise<void>;
}

const adminKey = 'the-admin-key-of-the-benchmark';

/**
 * Starts everything and fills it with players, gold and items. What it writes lies in a folder of its own and goes with
 * it.
 */
export async function startSystem(players: number, say: Say, wanted: { money?: true } = {}): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'veltrix-bench-'));
  // Root's PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const { roster } = Roster.take(folder);
  startKeeper(folder, join(folder, 'keeper.log'), [folder]);
  const remove = new Set([folder]);
  let driver: DriverProcess | undefined;
  let temporal: Client | undefined;
  const end = async (): Promise<void> => {
    driver?.end();
    await temporal?.connection.close();
    await endInOrder(roster.processes, () => undefined);
    for (const path of remove) rmSync(path, { recursive: true, force: true });
  };
  try {
    const pids = {} as Record<ProcessName, number>;
    const onStart = (child: StackProcess): void => {
      roster.add(child);
      pids[child.name as ProcessName] = child.pid;
    };
    // Durable and with the settings of `npm start`.
    const server = await preparePostgres({
      folder,
      log: join(logs, 'postgres.log'),
      settings: serverSettings,
      tell: say,
      onStart,
    });
    remove.add(dirname(server.data));
    const temporalServer = await prepareTemporal({
      folder,
      log: join(logs, 'temporal.log'),
      namespace: 'default',
      tell: say,
      onStart,
    });
    const temporalProcess = new Perishable(temporalServer);
    await Promise.all([server.launch(), temporalProcess.start()]);
    const databases = await makeDatabases(server);
    const plan = wanted.money && (await planMoney());
    const shared = {
      PATH: process.env['PATH'],
      VELTRIX_ADMIN_KEY: adminKey,
      VELTRIX_DATA_DIR: folder,
      TEMPORAL_ADDRESS: temporalServer.address,
      LOG_LEVEL: 'warn',
      ...(plan && moneyEnvironment(plan)),
    };
    for (const way of ['convoys', 'usual-way'] as const)
      await migrate({ ...shared, DATABASE_URL: databases[way] }, () => undefined);
    const apiUrl = await startVeltrix({ ...shared, DATABASE_URL: databases.convoys }, logs, say, onStart);
    await startUsualWorker({ ...shared, DATABASE_URL: databases['usual-way'] }, logs, onStart);
    say(`Making ${players} players with gold and items, in each of the three databases.`);
    await Promise.all([
      makeWorld(databases.convoys, players),
      makeWorld(databases['usual-way'], players),
      makeBareTables(databases['bare-sql'], players),
    ]);
    const apiKey = await makeTitle(apiUrl, adminKey);
    await openStore(apiUrl, apiKey);
    const money =
      plan &&
      (await startMoney(plan, { server, folder, logs, players, apiUrl, apiKey, temporalProcess, tell: say, onStart }));
    temporal = new Client({ connection: openConnection({ address: temporalServer.address }) });
    driver = await DriverProcess.start({
      apiUrl,
      apiKey,
      temporalAddress: temporalServer.address,
      bareUrl: databases['bare-sql'],
      title,
      ...(plan && { insideUrl: plan.insideUrl }),
    });
    pids['driver'] = driver.pid;
    return { databases, pids, driver, temporal, players, api: { url: apiUrl, adminKey }, money, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** @returns the database of each way */
async function makeDatabases(server: Postgres): Promise<Record<WayName, string>> {
  const names: Record<(typeof ways)[number], string> = {
    convoys: 'veltrix',
    'usual-way': 'usual_way',
    'bare-sql': 'bare_sql',
  };
  const databases = {} as Record<WayName, string>;
  for (const way of ways) {
    await ensureDatabase(server, names[way]);
    databases[way] = server.url(names[way]);
  }
  for (const way of purchaseWays) databases[way] = databases.convoys;
  for (const way of moneyWays) databases[way] = databases[way === 'money' ? 'convoys' : 'usual-way'];
  return databases;
}

/** @returns where the API answers */
async function startVeltrix(
  env: NodeJS.ProcessEnv,
  logs: string,
  say: Say,
  onStart: (child: StackProcess) => void,
): Promise<string> {
  const launch = async (name: ProcessName, script: string): Promise<string> => {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    await makeService({
      name,
      script,
      env: { ...env, PORT: port, WORKER_PORT: port },
      readiness: `${url}/health/ready`,
      logs,
      tell: say,
      onStart,
    }).launch();
    return url;
  };
  const [apiUrl] = await Promise.all([launch('API', 'src/main.js'), launch('worker', 'src/worker.js')]);
  return apiUrl;
}

async function startUsualWorker(
  env: NodeJS.ProcessEnv,
  logs: string,
  onStart: (child: StackProcess) => void,
): Promise<void> {
  const script = fileURLToPath(new URL('../usual-way/worker.js', import.meta.url));
  const name: ProcessName = 'worker of the usual way';
  const child = await startChild(
    {
      name,
      file: process.execPath,
      args: [script],
      env,
      log: join(logs, 'usual-way.log'),
      ending: { signal: 'SIGTERM', patience: 20_000 },
    },
    onStart,
  );
  await untilPolling(child);
}

async function untilPolling(child: Child): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  while (!child.output().includes('polling\n')) {
    if (end !== undefined)
      throw new Error(`The worker of the usual way ended at its start (${end}): ${child.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
