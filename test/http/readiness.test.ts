import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import pg, { type Pool } from 'pg';
import { Registry } from 'prom-client';
import { sweepId } from '../../contracts/sagas.js';
import { DATABASES, type Databases } from '../../src/postgres/data-sources.js';
import { loadConfig } from '../../src/process/config.js';
import { Degradations } from '../../src/process/health.js';
import { openConnection } from '../../src/temporal/open-connection.js';
import { ensureSchedule, schedulesOf } from '../../src/temporal/schedules.js';
import { SearchAttributes } from '../../src/temporal/search-attributes.js';
import { until } from '../e2e/processes.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { expectProblem, openApi, type Api } from './api.js';
import { valuesOf } from './metric-values.js';
import { openProxy, type Proxy } from './proxy.js';

/*
 * Readiness says whether a deal that is accepted now would settle, and why not in one sentence.
 */

const address = process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '';
const int = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_INT;

let client: Client;
beforeAll(() => {
  client = new Client({ connection: openConnection({ address }) });
});
afterAll(() => client.connection.close());

interface Ready {
  status: string;
  degraded: string[];
  reasons: Record<string, string>;
}

async function ready(api: Api): Promise<Ready> {
  const { status, body } = await api.send('GET', '/health/ready');
  expect({ status, body }).toMatchObject({ status: 200, body: { status: 'ready' } });
  return body as Ready;
}

/** Waits until readiness says of a part what it should; undefined where the part works. */
async function untilSaid(api: Api, part: string, reason: string | undefined): Promise<void> {
  let said: Ready | undefined;
  await until(
    `${part}: ${reason}`,
    async () => {
      said = await ready(api);
      return said.reasons[part] === reason;
    },
    30_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it says ${JSON.stringify(said)}`);
  });
  expect(said?.degraded.includes(part)).toBe(reason !== undefined);
}

describe('of the databases', () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi();
  });
  afterAll(() => api.close());

  test('readiness and metrics are told while every connection of work is taken', async () => {
    const databases = Object.values(api.app.get<Databases>(DATABASES, { strict: false }));
    const pools = databases.map(({ driver }) => (driver as unknown as { master: Pool }).master);
    const taken = await Promise.all(
      pools.flatMap((pool) => Array.from({ length: pool.options.max }, () => pool.connect())),
    );
    try {
      const began = performance.now();
      await ready(api);
      expect((await fetch(`${api.url}/metrics`)).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(4_000);
    } finally {
      for (const one of taken) one.release();
    }
  });

  test.each([
    [
      'whose schema is gone',
      'alter schema refunds rename to gone',
      'alter schema gone rename to refunds',
      'A database has no schema refunds: run npm run migrate with the settings of this process.',
    ],
    [
      'that lacks a migration',
      `update refunds.migrations set name = 'Other' || name`,
      `update refunds.migrations set name = substr(name, 6)`,
      expect.stringMatching(/^A database lacks the migration refunds\/Create\w+: run npm run migrate/),
    ],
  ])('a database %s makes the process unready until it is there', async (_, damage, mend, detail) => {
    await api.session.query(damage);
    expect(expectProblem(await api.send('GET', '/health/ready'), 503, 'unavailable').detail).toEqual(detail);
    expect((await api.send('GET', '/health/live')).status).toBe(200);
    await api.session.query(mend);
    await ready(api);
  });
});

describe('of a database that is far away', () => {
  let api: Api;
  let near: TestDatabase;
  let proxy: Proxy;
  beforeAll(async () => {
    near = await createDatabase();
    proxy = await openProxy(near.url);
    api = await openApi({ env: { DATABASE_URL: proxy.url } });
  });
  afterAll(async () => {
    await api.close();
    await proxy.cut();
    await near.drop();
  });

  /** How long a dozen probes take that come at once. */
  async function dozen(): Promise<number> {
    const began = performance.now();
    await Promise.all(Array.from({ length: 12 }, () => ready(api)));
    return performance.now() - began;
  }

  test('a dozen probes at once are answered within two seconds, also where the connection is a new one', async () => {
    proxy.delay(200);
    await dozen();
    expect(await dozen()).toBeLessThan(2_000);
    await closeConnections();
    // A new connection takes four ways there and back before it is asked anything.
    proxy.delay(100);
    expect(await dozen()).toBeLessThan(2_000);
  });

  test('the databases and the parts are looked at side by side', async () => {
    proxy.delay(200);
    api.app.get(Degradations).add('hangs', () => new Promise(() => undefined));
    // A part may take two seconds, and the databases take 0.8 here.
    expect(await dozen()).toBeLessThan(2_700);
  });

  async function closeConnections(): Promise<void> {
    const session = new pg.Client({ connectionString: near.url });
    await session.connect();
    const { rowCount } = await session.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ '^veltrix api health'
       and datname = current_database()`,
    );
    expect(rowCount).toBe(1);
    await session.end();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
});

describe('of Temporal', () => {
  const taskQueue = `readiness-${randomUUID()}`;
  const schedule = (): ReturnType<Client['schedule']['getHandle']> => client.schedule.getHandle(sweepId(taskQueue));
  let api: Api;
  const ofApi = (): Registry => api.app.get(Registry, { strict: false });

  beforeAll(async () => {
    api = await openApi({ env: { TASK_QUEUE: taskQueue, SWEEP_EVERY_SECONDS: '3600' } });
    await new SearchAttributes(configFor('default'), client).register();
  });
  afterAll(() => api.close());
  afterEach(async () => {
    for (const { id } of schedulesOf(configFor('default')))
      await client.schedule
        .getHandle(id)
        .delete()
        .catch(() => undefined);
  });

  const configFor = (namespace: string): ReturnType<typeof loadConfig> =>
    loadConfig({
      VELTRIX_ADMIN_KEY: 'not-used-by-this-test',
      DATABASE_URL: 'postgres://nobody',
      TEMPORAL_NAMESPACE: namespace,
      TASK_QUEUE: taskQueue,
      SWEEP_EVERY_SECONDS: '3600',
    });

  test('a schedule that is missing or paused is told', async () => {
    const id = sweepId(taskQueue);
    await untilSaid(api, 'schedules', `The schedule ${id} is missing: a worker makes it.`);
    expect(await valuesOf(ofApi(), 'veltrix_degraded')).toMatchObject({ 'part=schedules': 1, 'part=temporal': 0 });
    for (const one of schedulesOf(configFor('default'))) await ensureSchedule(client, configFor('default'), one);
    await untilSaid(api, 'schedules', undefined);
    await schedule().pause('by hand');
    await untilSaid(api, 'schedules', `The schedule ${id} is paused: unpause it in Temporal.`);
    await schedule().unpause();
    await untilSaid(api, 'schedules', undefined);
    expect(await valuesOf(ofApi(), 'veltrix_degraded')).toMatchObject({ 'part=schedules': 0 });
  });

  test('a task queue that no worker polls is told', async () => {
    await untilSaid(api, 'saga-workers', `No worker polls the task queue ${taskQueue} of the namespace default.`);
    const stop = new AbortController();
    const poll = client.withAbortSignal(stop.signal, () =>
      client.workflowService.pollWorkflowTaskQueue({
        namespace: 'default',
        taskQueue: { name: taskQueue },
        identity: 'a worker',
      }),
    );
    await untilSaid(api, 'saga-workers', undefined);
    stop.abort();
    // It is cancelled, unless a schedule has had a task for it.
    await Promise.allSettled([poll]);
  });

  test('a namespace that is not there is told, and nothing else, because nothing else is known', async () => {
    const other = await openApi({ env: { TEMPORAL_NAMESPACE: 'nowhere' } });
    const temporal = 'Temporal has no namespace nowhere: make it, or set TEMPORAL_NAMESPACE to one that is there.';
    await untilSaid(other, 'temporal', temporal);
    expect(await ready(other)).toEqual({ status: 'ready', degraded: ['temporal'], reasons: { temporal } });
    await other.close();
  });

  test('a search attribute that another application has made as another type is told until it is gone', async () => {
    const namespace = `readiness-${randomUUID()}`;
    await client.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    const { operatorService } = client.connection;
    await until('the namespace is there', () =>
      operatorService.addSearchAttributes({ namespace, searchAttributes: { Title: int } }).then(
        () => true,
        () => false,
      ),
    );
    const other = await openApi({ env: { TEMPORAL_NAMESPACE: namespace, TASK_QUEUE: taskQueue } });
    const wrong =
      `The namespace ${namespace} has the search attribute Title as Int, and Veltrix needs it as Keyword: ` +
      'remove it there, or set TEMPORAL_NAMESPACE to a namespace of its own.';
    await untilSaid(other, 'search-attributes', wrong);
    const attributes = new SearchAttributes(configFor(namespace), client);
    await expect(attributes.register()).rejects.toThrow(wrong);
    await operatorService.removeSearchAttributes({ namespace, searchAttributes: ['Title'] });
    await until('they can be registered', () =>
      attributes.register().then(
        () => true,
        () => false,
      ),
    );
    await untilSaid(other, 'search-attributes', undefined);
    // One that is removed under a running process is told also to whoever may use attributes, and not list them.
    const { connection } = other.app.get(Client, { strict: false });
    const refusal = Object.assign(new Error('Not for you.'), { code: 7, details: 'Not for you.', metadata: {} });
    connection.operatorService.listSearchAttributes = (() => Promise.reject(refusal)) as never;
    await operatorService.removeSearchAttributes({ namespace, searchAttributes: ['SagaStep'] });
    const unknown =
      `The namespace ${namespace} does not know all search attributes of Veltrix: ` + 'have them made as the docs say.';
    await untilSaid(other, 'search-attributes', unknown);
    await attributes.lookAgain();
    await untilSaid(other, 'search-attributes', undefined);
    await other.close();
  });
});
