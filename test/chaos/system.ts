import { mkdirSync, mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { openConnection } from '../../src/temporal/open-connection.js';
import { startChild } from '../../stack/child.js';
import { endInOrder } from '../../stack/ending.js';
import { startKeeper } from '../../stack/keeper.js';
import { freePort } from '../../stack/ports.js';
import { ensureDatabase, preparePostgres } from '../../stack/postgres.js';
import { Roster } from '../../stack/roster.js';
import { migrate } from '../../stack/services.js';
import { prepareTemporal } from '../../stack/temporal.js';
import type { CrashBuild } from '../crashes/crash-build.js';
import { FaultProxy } from './fault-proxy.js';
import { ManagedProcess } from './managed-process.js';
import { deadlineSeconds } from './money.js';
import { ChaosProvider } from './provider.js';

export const adminKey = 'the-admin-key-of-the-chaos-run';

/**
 * A whole Veltrix, every part of it a process that can be struck: two APIs, two workers, PostgreSQL, Temporal and the
 * provider of payments.
 */
export interface System {
  folder: string;
  apis: { url: string; process: ManagedProcess }[];
  workers: ManagedProcess[];
  postgres: ManagedProcess;
  temporal: ManagedProcess;
  provider: ChaosProvider;
  /** The ways of the APIs and of the workers to PostgreSQL. */
  proxies: FaultProxy[];
  /** The database without a proxy, for whoever looks from outside. */
  databaseUrl: string;
  client: Client;
  end(): Promise<void>;
}

/** Starts the system. Everything of it lies in a folder of its own and goes with it. */
export async function startSystem(build: CrashBuild, say: (line: string) => void): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'veltrix-chaos-'));
  // Root's PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const { roster } = Roster.take(folder);
  startKeeper(folder, join(folder, 'keeper.log'), [folder]);
  const onStart = roster.add.bind(roster);
  // What is written has to survive every process, and not the machine, which is struck by nobody.
  const settings = { max_connections: '200', fsync: 'off', full_page_writes: 'off' };
  const server = await preparePostgres({ folder, log: join(logs, 'postgres.log'), settings, tell: say, onStart });
  const temporalServer = await prepareTemporal({
    folder,
    log: join(logs, 'temporal.log'),
    namespace: 'default',
    tell: say,
    onStart,
  });
  const postgres = new ManagedProcess('PostgreSQL', () => server.launch());
  const temporal = new ManagedProcess('Temporal', () => temporalServer.launch());
  const provider = await makeProvider(folder, logs, onStart);
  await Promise.all([postgres.start(), temporal.start(), provider.process.start()]);
  await ensureDatabase({ ...server }, 'veltrix');
  const databaseUrl = server.url('veltrix');
  const shared = {
    PATH: process.env['PATH'],
    VELTRIX_ADMIN_KEY: adminKey,
    VELTRIX_DATA_DIR: folder,
    TEMPORAL_ADDRESS: temporalServer.address,
    SWEEP_EVERY_SECONDS: '1',
    SWEEP_AFTER_SECONDS: '2',
    LOG_LEVEL: 'info',
    VELTRIX_SECRETS_KEY: '1'.repeat(64),
    STRIPE_API_URL: provider.url,
    PAYMENT_CALL_TIMEOUT_SECONDS: '2',
    PAYMENT_CALLS_PER_SECOND: '10000',
    PAYMENT_DEADLINE_SECONDS: String(deadlineSeconds),
    PURCHASE_ATTEMPTS_PER_HOUR: '1000000',
    PURCHASE_ATTEMPTS_PER_MINUTE_OF_TITLE: '1000000',
  };
  await migrate({ ...shared, DATABASE_URL: databaseUrl }, say);
  const to = new URL(databaseUrl);
  const proxies: FaultProxy[] = [];
  const service = async (name: string, script: string): Promise<{ url: string; process: ManagedProcess }> => {
    const proxy = await FaultProxy.listen({ host: to.hostname, port: Number(to.port) });
    proxies.push(proxy);
    const through = new URL(databaseUrl);
    through.port = String(proxy.port);
    const port = await freePort();
    const env = { ...shared, DATABASE_URL: through.href, PORT: String(port), WORKER_PORT: String(port) };
    const program = {
      name,
      file: process.execPath,
      args: [join(build.folder, script)],
      env,
      log: join(logs, `${name}.log`),
      ending: { signal: 'SIGTERM', patience: 45_000 },
    } as const;
    const managed = new ManagedProcess(name, () => startChild({ ...program, args: [...program.args] }, onStart));
    return { url: `http://127.0.0.1:${port}`, process: managed };
  };
  const apis = [await service('API 1', 'src/main.js'), await service('API 2', 'src/main.js')];
  const workers = [await service('worker 1', 'src/worker.js'), await service('worker 2', 'src/worker.js')];
  const all = [...apis, ...workers].map(({ process: managed }) => managed);
  await Promise.all(all.map((managed) => managed.start()));
  await Promise.all([...apis, ...workers].map(({ url }) => untilReady(url)));
  const client = new Client({ connection: openConnection({ address: temporalServer.address }) });
  const end = async (): Promise<void> => {
    const kept = [...all, temporal, postgres, provider.process].map((managed) => managed.letGo());
    await endInOrder(
      roster.processes.map((one) => ({ ...one, name: one.name.replace(/ \d$/, '') })),
      () => undefined,
    );
    await Promise.all(kept);
    for (const proxy of proxies) proxy.close();
    await client.connection.close();
    for (const path of new Set([folder, dirname(server.data)])) rmSync(path, { recursive: true, force: true });
  };
  return {
    folder,
    apis,
    workers: workers.map(({ process: managed }) => managed),
    postgres,
    temporal,
    provider,
    proxies,
    databaseUrl,
    client,
    end,
  };
}

/** The provider of payments, which is not started yet. Its books are in the folder of the run. */
async function makeProvider(
  folder: string,
  logs: string,
  onStart: Parameters<typeof startChild>[1],
): Promise<ChaosProvider> {
  const [port, controlPort] = [await freePort(), await freePort()];
  const program = {
    name: 'provider',
    file: process.execPath,
    args: [fileURLToPath(new URL('../../simulator/main.js', import.meta.url))],
    env: {
      PATH: process.env['PATH'],
      SIMULATOR_PORT: String(port),
      SIMULATOR_CONTROL_PORT: String(controlPort),
      SIMULATOR_DATA_DIR: join(folder, 'provider'),
    },
    log: join(logs, 'provider.log'),
    ending: { signal: 'SIGTERM', patience: 10_000 },
  } as const;
  const managed = new ManagedProcess('the provider', () =>
    startChild({ ...program, args: [...program.args] }, onStart),
  );
  return new ChaosProvider(managed, `http://127.0.0.1:${port}`, `http://127.0.0.1:${controlPort}`);
}

/**
 * Waits until a process answers that nothing is degraded. A process that has just begun may answer nothing, or no JSON.
 * @throws Error with its last answer if that takes longer than the bound
 */
export async function untilReady(url: string, boundMs = 60_000): Promise<void> {
  let last = 'nothing';
  for (const deadline = Date.now() + boundMs; ;) {
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      last = `${response.status} ${await response.text()}`;
      const answer: unknown = JSON.parse(last.slice(last.indexOf(' ') + 1));
      const degraded =
        typeof answer === 'object' && answer !== null && 'degraded' in answer ? answer.degraded : undefined;
      if (response.ok && Array.isArray(degraded) && degraded.length === 0) return;
    } catch (error) {
      if (!(error instanceof SyntaxError)) last = String(error);
    }
    if (Date.now() > deadline) throw new Error(`${url} was not ready within ${boundMs} ms. Its last answer: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
