import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { openProxy, type Proxy } from '../http/proxy.js';
import { Api, startProcess, tradeBody, until, type Running } from './processes.js';
import { makeQuickBuild, type BuildCopy } from './quick-build.js';

/*
 * The network swallows what both processes send to PostgreSQL and Temporal, under load. The limits are those of the
 * processes, but for the one of a statement, which is shorter so that the test is.
 */

let database: TestDatabase;
let build: BuildCopy;
let postgres: Proxy;
let temporal: Proxy;
const running: Running[] = [];

beforeAll(async () => {
  database = await createDatabase();
  build = makeQuickBuild(fileURLToPath(new URL('../..', import.meta.url)), '3 seconds', {
    'src/postgres/data-sources.js': [['statementTimeoutMs = 20_000', 'statementTimeoutMs = 3_000']],
  });
  postgres = await openProxy(database.url);
  temporal = await openProxy(`http://${process.env['VELTRIX_TEST_TEMPORAL_ADDRESS']}`);
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await Promise.all([postgres.cut(), temporal.cut()]);
  build.remove();
  await database.drop();
});

test('both processes go on within half a minute after the network swallowed all that they sent', async () => {
  const env = {
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: new URL(temporal.url).host,
    TASK_QUEUE: `swallowed-${randomUUID()}`,
  };
  const [main, worker] = await Promise.all([
    startProcess('main', env, build.folder),
    startProcess('worker', env, build.folder),
  ]);
  running.push(main, worker);
  const api = await Api.forNewTitle(main.url, 'arena');
  await api.defineGoldAndSword();
  await api.grant('ann', '1000');
  let trades = 0;
  const trade = async (): Promise<string> => {
    const { status, body } = await api.post('/v1/trades', `trade-${++trades}`, tradeBody('ann', '1', 'ben'));
    if (status !== 202) throw new Error(`The trade was answered ${status}.`);
    return body['id'] as string;
  };
  await api.closed(await trade());

  postgres.swallow(true);
  temporal.swallow(true);
  const under = Array.from({ length: 40 }, () => {
    const began = performance.now();
    return trade().then(
      () => 'done',
      (error: Error) => ({ error: error.message, ms: performance.now() - began }),
    );
  });
  expect((await fetch(`${main.url}/health/live`)).status).toBe(200);
  expect((await fetch(`${main.url}/health/ready`)).status).toBe(503);
  for (const end of await Promise.all(under)) {
    // Three attempts to connect, of five seconds each, are the longest that a caller waits.
    expect(end).toMatchObject({ error: 'The trade was answered 503.' });
    expect((end as { ms: number }).ms).toBeLessThan(25_000);
  }
  const mended = performance.now();
  postgres.swallow(false);
  temporal.swallow(false);

  for (const { url } of running) {
    let said: unknown;
    const isReady = async (): Promise<boolean> => {
      const answer = await fetch(`${url}/health/ready`);
      const body = (await answer.json()) as { degraded?: string[] };
      said = body;
      return answer.status === 200 && body.degraded?.length === 0;
    };
    await until('it is ready', isReady, 30_000).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(said)}`);
    });
  }
  expect(await api.closed(await trade())).toMatchObject({ state: 'settled' });
  expect(performance.now() - mended).toBeLessThan(30_000);
  expect([main.child.exitCode, worker.child.exitCode]).toEqual([null, null]);
}, 120_000);
