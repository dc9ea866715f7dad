import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client } from '@temporalio/client';
import { openConnection } from '../../src/temporal/open-connection.js';
import type { StackProcess } from '../../stack/child.js';
import { endProcess } from '../../stack/ending.js';
import { freePort, isFree } from '../../stack/ports.js';
import { prepareTemporal } from '../../stack/temporal.js';
import { sweepId } from '../../contracts/sagas.js';
import { createDatabase } from '../harness/database.js';
import { Api, startProcess, tradeBody, until, type Running } from './processes.js';

/*
 * Temporal loses everything while the processes live: it comes back on its port with nothing, so without the schedule,
 * the search attributes and the runs.
 */

const quiet = (): void => undefined;
const running: Running[] = [];
let database: { url: string; drop(): Promise<void> };
let folder: string;
let port: number;
let temporal: StackProcess;
let client: Client;
let env: Record<string, string>;
let api: Api;
let pairs = 0;

beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), 'veltrix-temporal-empty-'));
  port = await freePort();
  await startEmpty();
  env = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  client = new Client({ connection: openConnection({ address: `127.0.0.1:${port}` }) });
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await client.connection.close();
  await stop();
  await database.drop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  env['TASK_QUEUE'] = `empty-${randomUUID()}`;
});

async function startEmpty(): Promise<void> {
  const fresh = mkdtempSync(join(folder, 'state-'));
  // Threads of a process that is gone may keep its sockets for a moment.
  await until('the port is free', () => isFree(port, '127.0.0.1'));
  const wanted = { port, uiPort: await freePort() };
  const server = await prepareTemporal({
    folder: fresh,
    log: join(fresh, 'temporal.log'),
    namespace: 'default',
    wanted,
    tell: quiet,
    onStart: (child) => (temporal = child),
  });
  expect(server.address).toBe(`127.0.0.1:${port}`);
  await server.launch();
}

/** Its state is thrown away, so it need not end in order. */
const stop = (): Promise<void> => endProcess({ ...temporal, ending: { signal: 'SIGKILL', patience: 5_000 } }, quiet);

async function start(name: 'main' | 'worker'): Promise<Running> {
  const one = await startProcess(name, env);
  running.push(one);
  return one;
}

/** Accepts a trade between two new players. @returns its id, and the run that is to settle it */
async function trade(): Promise<{ id: string; run: string }> {
  const pair = ++pairs;
  const sword = await api.mint(`seller-${pair}`);
  const { status, body } = await api.post(
    '/v1/trades',
    `trade-${pair}`,
    tradeBody(`buyer-${pair}`, undefined, `seller-${pair}`, [sword]),
  );
  expect(status).toBe(202);
  return { id: body['id'] as string, run: (body['workflow'] as { id: string }).id };
}

const settled = async ({ id }: { id: string }): Promise<void> =>
  expect(await api.closed(id)).toMatchObject({ state: 'settled' });
const scheduled = (): Promise<boolean> =>
  client.schedule
    .getHandle(sweepId(env['TASK_QUEUE'] ?? ''))
    .describe()
    .then(
      () => true,
      () => false,
    );

test('a trade accepted while Temporal is away settles when it comes back empty, with no worker restarted', async () => {
  const [main, worker] = await Promise.all([start('main'), start('worker')]);
  api = await Api.forNewTitle(main.url, 'arena');
  await api.defineGoldAndSword();
  await settled(await trade());
  expect(await scheduled()).toBe(true);
  await stop();
  const meanwhile = [await trade(), await trade()];
  await startEmpty();
  for (const one of meanwhile) await settled(one);
  await until('the schedule is back', scheduled);
  await settled(await trade());
  expect([main.child.exitCode, worker.child.exitCode]).toEqual([null, null]);
  // Whoever is ended while Temporal is away ends in order too, whatever waits for its next try.
  await stop();
  await trade();
  expect(await Promise.all([main.stop(), worker.stop()])).toEqual([0, 0]);
  expect(`${main.output()}${worker.output()}`).not.toContain('Channel has been shut down');
  await startEmpty();
}, 180_000);

test('an API that has lived through it starts sagas again, though no worker makes the search attributes', async () => {
  const main = await start('main');
  api = await Api.forNewTitle(main.url, 'bazaar');
  await api.defineGoldAndSword();
  const started = ({ run }: { run: string }): Promise<boolean> =>
    client.workflow
      .getHandle(run)
      .describe()
      .then(
        ({ status }) => status.name === 'RUNNING',
        () => false,
      );
  const first = await trade();
  await until('it is started', () => started(first));
  await stop();
  await startEmpty();
  expect(await started(first)).toBe(false);
  // The first finds a server that does not know the attributes any more. It is the sweep's, and has the API ask again.
  const lost = await trade();
  await until('its start has failed', () => Promise.resolve(main.output().includes(lost.id)));
  const last = await trade();
  await until('it is started', () => started(last));
  const found = client.workflow.list({ query: `BusinessId = "${last.id}" AND SagaKind = "trade"` });
  await until(
    'it is found by what it is about',
    async () => (await found[Symbol.asyncIterator]().next()).done === false,
  );
  await start('worker');
  for (const one of [first, lost, last]) await settled(one);
}, 180_000);

test('a worker that has nothing to do has a server that comes back empty know the search attributes', async () => {
  const known = (): Promise<boolean> =>
    client.workflow
      .list({ query: `BusinessId = ''` })
      [Symbol.asyncIterator]()
      .next()
      .then(
        () => true,
        () => false,
      );
  await start('worker');
  await until('they are known', known);
  await stop();
  await startEmpty();
  await until('they are known again', known);
}, 180_000);
