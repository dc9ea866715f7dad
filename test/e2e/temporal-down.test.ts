import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StackProcess } from '../../stack/child.js';
import { endProcess } from '../../stack/ending.js';
import { freePort } from '../../stack/ports.js';
import { prepareTemporal } from '../../stack/temporal.js';
import { createDatabase } from '../harness/database.js';
import { Api, startProcess, tradeBody, type Running } from './processes.js';

let database: { url: string; drop(): Promise<void> };
let directory: string;
let temporalPort: number;
let temporal: StackProcess | undefined;
const quiet = (): void => undefined;
const running: Running[] = [];

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'veltrix-temporal-down-'));
  temporalPort = await freePort();
});

afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  if (temporal !== undefined) await endProcess(temporal, quiet);
  await database.drop();
  await rm(directory, { recursive: true });
});

test('a trade that is accepted while Temporal is down settles when it is back', async () => {
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
    TASK_QUEUE: `down-${randomUUID()}`,
  };
  const [process, worker] = await Promise.all([startProcess('main', env), startProcess('worker', env)]);
  running.push(process, worker);
  const api = await Api.forNewTitle(process.url, 'arena');
  await api.defineGoldAndSword();
  await api.grant('ann', '100');
  const sword = await api.mint('ben');

  const ready = await api.send('GET', '/health/ready');
  expect(ready).toMatchObject({ status: 200, body: { degraded: ['temporal'] } });
  const { status, body } = await api.post('/v1/trades', 'while-down', tradeBody('ann', '60', 'ben', [sword]), {
    prefer: 'wait=1',
  });
  expect({ status, body }).toMatchObject({ status: 202, body: { state: 'accepted' } });

  const wanted = { port: temporalPort, uiPort: await freePort() };
  const server = await prepareTemporal({
    folder: directory,
    log: join(directory, 'temporal.log'),
    namespace: 'default',
    wanted,
    tell: quiet,
    onStart: (child) => (temporal = child),
  });
  await server.launch();
  expect(await api.closed(body['id'] as string)).toMatchObject({ state: 'settled' });
  expect([await api.posted('ann'), await api.posted('ben')]).toEqual(['40', '60']);
}, 240_000);
