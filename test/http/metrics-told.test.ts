import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Registry, collectDefaultMetrics } from 'prom-client';
import type { DataSource } from 'typeorm';
import { boundaries } from '../../src/boundaries.js';
import { outboxInsert, outboxParameter } from '../../src/events/outbox.js';
import { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { createApp } from '../../src/http/create-app.js';
import { newId } from '../../src/ids.js';
import * as databases from '../../src/postgres/data-sources.js';
import { SagasService } from '../../src/sagas/sagas.service.js';
import { WorkerModule } from '../../src/worker.module.js';
import type { Exchange } from '../../contracts/nouns.js';
import { until } from '../e2e/processes.js';
import { SagaWorld, title } from '../saga/saga-world.js';
import { addPayment, eventOf, sendEvent } from '../payments/events.js';
import { noteOf } from '../sagas/samples.js';
import { openApi, type Api } from './api.js';
import { held } from './held-metrics.js';
import { counts, sums, valuesOf } from './metric-values.js';

/*
 * Every metric of both processes, with every label that it can have: what happens is brought about and counted by hand,
 * and the metrics must say that and nothing else.
 */

let world: SagaWorld;
let api: Api;
let key: string;

beforeAll(async () => {
  world = await SagaWorld.open();
  await world.defineGoods();
  api = await openApi({ env: { DATABASE_URL: world.config.DATABASE_URL, TASK_QUEUE: world.config.TASK_QUEUE } });
  key = await api.makeTitle(title);
});
afterAll(async () => {
  await api.close();
  await world.close();
});

const ofApi = (): Registry => api.app.get(Registry, { strict: false });

test('every metric of API and worker is held to what happened by a test', async () => {
  const defaults = new Registry();
  collectDefaultMetrics({ register: defaults });
  const worker = await createApp(WorkerModule.forConfig(world.config), pino({ level: 'silent' }));
  const all = [ofApi(), worker.get(Registry), world.registry].flatMap(
    (registry) => registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[],
  );
  await worker.close();
  const own = all.filter(({ name }) => defaults.getSingleMetric(name) === undefined);
  expect(Object.fromEntries(own.map(({ name, labelNames }) => [name, labelNames]))).toEqual(
    Object.fromEntries(Object.entries(held).map(([name, { labels }]) => [name, labels])),
  );
  const read = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
  const unnamed = Object.entries(held).filter(
    ([name, { by }]) => !new RegExp(`\\((ofApi\\(\\)|world\\.registry), '${name}'`).test(read(by)),
  );
  expect(unnamed).toEqual([]);
});

test('requests are counted and timed by method, route and status', async () => {
  const before = await valuesOf(ofApi(), 'veltrix_http_requests_total');
  const requests: [method: string, path: string, status: number, route: string, body?: unknown][] = [
    ['GET', '/v1/assets', 200, '/v1/assets'],
    ['GET', '/v1/assets/gold', 200, '/v1/assets/:code'],
    ['GET', '/v1/assets/nothing', 404, '/v1/assets/:code'],
    ['GET', '/v1/assets/bound', 200, '/v1/assets/:code'],
    ['PUT', '/v1/assets/silver', 201, '/v1/assets/:code', { name: 'Silver', kind: 'currency' }],
    ['PUT', '/v1/assets/silver', 200, '/v1/assets/:code', { name: 'Silver', kind: 'currency' }],
    ['PUT', '/v1/assets/silver', 400, '/v1/assets/:code', { name: 7 }],
    ['POST', '/v1/trades', 400, '/v1/trades', {}],
    ['GET', '/v1/titles', 403, '/v1/titles'],
    ['GET', '/v1/nothing/here', 404, 'none'],
    ['DELETE', '/v1/assets', 405, 'none'],
    ['GET', '/health/live', 200, '/health/live'],
  ];
  for (const [method, path, status, , body] of requests)
    expect([path, (await api.send(method, path, { key, ...(body !== undefined && { body }) })).status]).toEqual([
      path,
      status,
    ]);
  const labelsOf = ([method, , status, route]: (typeof requests)[number]): string =>
    `method=${method} route=${route} status=${status}`;
  const expected = { ...before };
  for (const request of requests) expected[labelsOf(request)] = (expected[labelsOf(request)] ?? 0) + 1;
  await until(
    'all are counted',
    async () =>
      Object.values(await valuesOf(ofApi(), 'veltrix_http_requests_total')).reduce((a, b) => a + b) >=
      Object.values(expected).reduce((a, b) => a + b),
  );
  expect(await valuesOf(ofApi(), 'veltrix_http_requests_total')).toEqual(expected);
  expect(await counts(ofApi(), 'veltrix_http_request_duration_seconds')).toEqual(expected);
});

test('the events of payment providers are counted by what became of them', async () => {
  const secret = 'whsec_ofTheMetrics';
  const body = { secretKey: 'sk_test_1', webhookSecrets: [secret], settlementCurrency: 'EUR', spentGoods: 'debt' };
  expect(await api.send('PUT', '/v1/payment-accounts/stripe', { key, body })).toMatchObject({ status: 200 });
  await addPayment(world.session, { id: 'pur_ours', title, reference: 'pi_ours' });
  const ours = eventOf('pi_ours');
  const live = eventOf('pi_ours', { livemode: true });
  const path = `/v1/webhooks/stripe/${title}`;
  for (const event of [ours, ours, ours, live, ...[1, 2, 3, 4].map(() => eventOf('pi_theirs'))])
    expect(await sendEvent(api, event, { secret, path })).toMatchObject({ status: 200 });
  expect(await sendEvent(api, ours, { secret: 'whsec_of_nobody', path })).toMatchObject({ status: 400 });
  expect(await valuesOf(ofApi(), 'veltrix_payment_events_total')).toEqual({
    'outcome=stored': 1,
    'outcome=duplicate': 2,
    'outcome=wrong-mode': 1,
    'outcome=foreign': 4,
  });
});

test('the connections of pools are counted by database and state', async () => {
  const sources = {
    main: databases.MAIN_DATABASE,
    ledger: databases.LEDGER_DATABASE,
    inventory: databases.INVENTORY_DATABASE,
    payments: databases.PAYMENTS_DATABASE,
  };
  const expected: Record<string, number> = {};
  const free: (() => Promise<void>)[] = [];
  for (const [place, [database, token]] of Object.entries(sources).entries()) {
    const { pool } = poolOf(token);
    const { max } = pool.options;
    // Of the first nobody waits, of the others ever more; of the first one is idle.
    const busy = place === 0 ? max - 1 : max;
    const taken = await Promise.all(Array.from({ length: max }, () => pool.connect()));
    for (const one of taken.slice(busy)) one.release();
    const waiting = Array.from({ length: place }, () => pool.connect());
    free.push(async () => {
      for (const one of taken.slice(0, busy)) one.release();
      for (const one of waiting) (await one).release();
    });
    Object.assign(expected, {
      [`database=${database} state=busy`]: busy,
      [`database=${database} state=idle`]: max - busy,
      [`database=${database} state=waiting`]: place,
    });
  }
  const said = await valuesOf(ofApi(), 'veltrix_pool_connections');
  for (const end of free) await end();
  expect(said).toEqual(expected);
});

interface PoolLike {
  options: { max: number };
  connect(): Promise<{ release(): void }>;
}
const poolOf = (token: symbol): { pool: PoolLike } => ({
  pool: (api.app.get<DataSource>(token, { strict: false }).driver as unknown as { master: PoolLike }).master,
});

test('the outboxes are counted by boundary', async () => {
  const schemas = boundaries.map(({ schema }) => schema);
  for (const [place, boundary] of schemas.entries()) {
    const { rows } = await world.session.query<{ id: string }>(
      `select coalesce(max(id), 0) as id from ${boundary}.outbox`,
    );
    await world.session.query(`delete from ${boundary}.outbox where id <= $1`, [rows[0]?.id]);
    for (let told = 0; told <= place; told++)
      await world.session.query(outboxInsert(boundary, 1), [
        outboxParameter([{ title, type: 'test.told', subject: 'x', data: {} }]),
      ]);
  }
  expect(await valuesOf(ofApi(), 'veltrix_outbox_depth')).toEqual(
    Object.fromEntries(schemas.map((boundary, place) => [`boundary=${boundary}`, place + 1])),
  );
});

describe('of what is open', () => {
  const none = Object.fromEntries(
    ['trade', 'purchase', 'refund'].flatMap((kind) => [true, false].map((on) => [`kind=${kind} started=${on}`, 0])),
  );
  const open = async (ageSeconds: number, started: boolean): Promise<string> => {
    const id = newId('trd');
    await world.session.query(
      `insert into trades.open (id, created_at, started_at)
       values ($1, now() - make_interval(secs => $2), case when $3 then now() end)`,
      [id.slice(4), ageSeconds, started],
    );
    return id;
  };

  test('the oldest open trades are told by whether they were started', async () => {
    await world.session.query('delete from trades.open');
    expect(await valuesOf(ofApi(), 'veltrix_oldest_open_deal_seconds')).toEqual(none);
    for (const [age, started] of [
      [1_000, true],
      [5_000, true],
      [100, false],
      [2_000, false],
    ] as const)
      await open(age, started);
    const said = await valuesOf(ofApi(), 'veltrix_oldest_open_deal_seconds');
    expect(
      Object.fromEntries(Object.entries(said).map(([labels, seconds]) => [labels, Math.floor(seconds / 1_000)])),
    ).toEqual({ ...none, 'kind=trade started=true': 5, 'kind=trade started=false': 2 });
    await world.session.query('delete from trades.open where started_at is null');
    expect(await valuesOf(ofApi(), 'veltrix_oldest_open_deal_seconds')).toMatchObject({
      'kind=trade started=false': 0,
    });
  });

  test('the sagas that want somebody are counted by state, and the first that is stuck says since when', async () => {
    const service = api.app.get(SagasService, { strict: false });
    const noted = { running: 5, stuck: 3, compensating: 1, parked: 2, ended: 4 } as const;
    const now = Date.now();
    const since = (state: string, place: number): string =>
      new Date(now - (state === 'stuck' ? 2_000 : 9_000) * 1_000 - place * 1_000).toISOString();
    for (const [state, count] of Object.entries(noted) as [keyof typeof noted, number][]) {
      for (let place = 0; place < count; place++)
        await service.note(
          noteOf(await open(1, true), {
            state,
            stuckAt: { step: 's', description: 's', why: 'w', since: since(state, place) },
          }),
        );
    }
    // The deal of one is closed.
    await service.note(
      noteOf(newId('trd'), { stuckAt: { step: 's', description: 's', why: 'w', since: since('stuck', 5_000) } }),
    );
    expect(await valuesOf(ofApi(), 'veltrix_sagas')).toEqual({
      'state=stuck': 3,
      'state=compensating': 1,
      'state=parked': 2,
    });
    const seconds = (await valuesOf(ofApi(), 'veltrix_oldest_stuck_seconds'))[''] ?? 0;
    expect(Math.floor(seconds / 1_000)).toBe(2);
  });
});

test('convoys are counted by their sizes, and those that wait for one are counted', async () => {
  const convoys = api.app.get(ConvoyDispatcher, { strict: false });
  const waiting = async (): Promise<number | undefined> =>
    (await valuesOf(ofApi(), 'veltrix_convoy_waiting_exchanges'))[''];
  const before = await sums(ofApi(), 'veltrix_convoy_exchanges');
  const seatsOf = (count: number) =>
    convoys.seats(
      Array.from({ length: count }, (): Exchange => ({ id: newId('trd'), title, kind: 'trade', legs: [], moves: [] })),
    );
  // So many are under way at once that the next must wait for one of them.
  const sizes = [3, 1, 2, 5];
  const away = [];
  for (const size of sizes) {
    away.push(seatsOf(size));
    await until('it departs', async () => (await waiting()) === 0);
  }
  const next = seatsOf(7);
  expect(await waiting()).toBe(7);
  // Who gives the seat back does not travel, and a convoy of nobody is none.
  for (const seats of [...away.slice(0, 3), next]) for (const seat of seats) seat?.leave();
  await until('the next departs', async () => (await waiting()) === 0);
  const told = (away[3] ?? []).flatMap((seat) => (seat === undefined ? [] : [seat.board()]));
  // They have no rows, so their run is of no use to anybody.
  await until('it has gone', async () => ((await counts(ofApi(), 'veltrix_convoy_exchanges'))[''] ?? 0) === 1);
  expect([(await sums(ofApi(), 'veltrix_convoy_exchanges'))[''], before['']]).toEqual([5, 0]);
  for await (const { workflowId } of world.client.workflow.list({
    query: `TaskQueue = '${world.config.TASK_QUEUE}' and ExecutionStatus = 'Running'`,
  }))
    await world.client.workflow.getHandle(workflowId).terminate();
  void Promise.allSettled(told);
});
