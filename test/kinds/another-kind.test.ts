import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, type NativeConnection, type Worker } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { dealActivities } from '../../activities/deal.activities.js';
import { workerActivities } from '../../activities/worker.activities.js';
import type { DealActivities } from '../../contracts/activities.js';
import type { ClosedDeal } from '../../contracts/answers.js';
import { asStepAnswers } from '../../activities/step-answers.js';
import { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { DealIntake } from '../../src/exchanges/deal-intake.js';
import { DEAL_BOOKS, type DealBook } from '../../src/exchanges/deals.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import type { StoredDeal } from '../../src/exchanges/deals.types.js';
import { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import { KnownDeals } from '../../src/exchanges/known-deals.service.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { SweepService } from '../../src/exchanges/sweep.service.js';
import { newId } from '../../src/ids.js';
import { Draining } from '../../src/process/draining.js';
import { connectWorker, makeSagaWorkers } from '../../src/temporal/saga-workers.js';
import { SearchAttributes } from '../../src/temporal/search-attributes.js';
import { TemporalConnection } from '../../src/temporal/temporal.module.js';
import { timeActivities } from '../../src/temporal/timed-activities.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { until } from '../e2e/processes.js';
import { expectProblem, openApi, type Answer, type Api } from '../http/api.js';
import { noMovements } from '../saga/payments-in-memory.js';
import { RefundsInMemory } from '../saga/refunds-in-memory.js';
import { SagaWorld, gives, title } from '../saga/saga-world.js';
import { createGiftTables, giftKind, type Gift } from './gifts.js';

/*
 * A second kind of deal goes every way that a trade goes, and no file of the sagas, the exchanges and the foundations
 * knows of it.
 */

const bundle = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

let world: SagaWorld;
let gifts: DealsService<Gift>;
let intake: DealIntake<Gift>;
let sweep: SweepService;
let api: Api;
let key: string;
let connection: NativeConnection;
let workers: Worker[];
let runs: Promise<void>[];

beforeAll(async () => {
  world = await SagaWorld.open({ workers: false, environment: { STUCK_AFTER_SECONDS: '1', SWEEP_AFTER_SECONDS: '1' } });
  await world.defineGoods();
  const [main] = world.sources;
  if (main === undefined) throw new Error('There is a database.');
  await createGiftTables(main);
  const books: DealBook[] = [new StoredDeals(tradeKind, main), new StoredDeals(giftKind, main)];
  const { config, client, ledger, inventory, payments, sagas, trades, registry } = world;
  const starter = new ExchangeStarter(
    config,
    books,
    client,
    new TemporalConnection(client),
    new SearchAttributes(config, client),
    new Draining(),
  );
  const convoys = new ConvoyDispatcher(starter, registry);
  gifts = new DealsService(giftKind, main, new DealMetrics(new Registry()));
  intake = new DealIntake(giftKind, gifts, convoys);
  sweep = new SweepService(config, books, client, starter, convoys);
  const ofGifts: DealActivities = {
    closeGifts: (some, stop) => asStepAnswers(some, (part) => gifts.close(part), stop),
    markGifts: (ids, mark) => gifts.mark(ids, mark),
  };
  const services = {
    ledger,
    inventory,
    payments,
    refunds: new RefundsInMemory(),
    ...noMovements,
    sagas,
    starter,
    sweep,
    known: new KnownDeals(books, new Registry()),
    deals: { ...dealActivities('trade', trades), ...ofGifts },
  };
  // Steps fail here on purpose.
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
  connection = await connectWorker(config);
  workers = await makeSagaWorkers(connection, config, workerActivities(services, timeActivities(registry)), bundle);
  runs = workers.map((worker) => worker.run());
  api = await openApi({ env: { DATABASE_URL: config.DATABASE_URL, TASK_QUEUE: config.TASK_QUEUE } });
  api.app.get<DealBook[]>(DEAL_BOOKS, { strict: false }).push(new StoredDeals(giftKind, main));
  key = await api.makeTitle(title);
  await world.session.query(
    `create function public.refuse_it() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$`,
  );
});
afterAll(async () => {
  const imbalance = await world.imbalance();
  await api.close();
  for (const worker of workers) worker.shutdown();
  await Promise.all(runs);
  await connection.close();
  await world.close();
  expect(imbalance).toEqual({ sums: [], openHolds: 0 });
});

type Accepted = StoredDeal<Gift>;

const asked = (gift: Gift) => ({ ...gift, title, key: randomUUID(), fingerprint: Buffer.from('x') });

async function newGift(owner?: string): Promise<Gift> {
  const { buyer: receiver, seller: giver, sword: instance } = await world.pair();
  return { giver: owner ?? giver, receiver, instance };
}

/** Accepts a gift, with a seat in a convoy, which it goes along with. */
async function send(gift: Gift): Promise<{ deal: Accepted; closed: Promise<ClosedDeal | undefined> }> {
  const { outcome, dispatch } = await intake.take(asked(gift));
  if (outcome.outcome !== 'accepted') throw new Error('The gift was not accepted.');
  return { deal: outcome.deal, closed: dispatch() };
}

/** Accepts a gift that the sweep is to start, or a test. */
async function acceptAlone(gift: Gift): Promise<Accepted> {
  const [outcome] = await gifts.accept([{ ...asked(gift), id: newId(giftKind.prefix), workflowId: null }]);
  if (outcome?.outcome !== 'accepted') throw new Error('The gift was not accepted.');
  return outcome.deal;
}

const row = async ({ id }: Accepted): Promise<{ state: string } | undefined> =>
  (
    await world.session.query<{ state: string }>('select state, reason_code from gifts.gifts where id = $1', [
      id.slice(4),
    ])
  ).rows[0];
const settled = { state: 'settled', reason_code: null };

/** Has a table refuse a gift. @returns what takes that back */
async function refuse(table: string, event: string, when: string): Promise<() => Promise<unknown>> {
  await world.session.query(
    `create trigger refuse_it before ${event} on ${table}
     for each row when (${when}) execute function public.refuse_it()`,
  );
  return () => world.session.query(`drop trigger refuse_it on ${table}`);
}

const untilStuck = (gift: Accepted): Promise<void> =>
  until('it is stuck', async () => (await row(gift))?.state === 'stuck');
const get = (path: string): Promise<Answer> => api.send('GET', path, { key });
const act = (gift: Accepted, name: string): Promise<Answer> =>
  api.send('POST', `/v1/sagas/${gift.id}/${name}`, { key, body: { operator: 'olga', reason: 'It is night.' } });
const listed = async (query: string): Promise<string[]> =>
  ((await get(`/v1/sagas?${query}`)).body as { data: { id: string }[] }).data.map(({ id }) => id);

test('it is accepted with a seat in a convoy, settles, and its items move', async () => {
  const { deal: gift, closed } = await send(await newGift());
  expect(await closed).toEqual({ id: gift.id, state: 'settled', closedAt: expect.any(String) });
  expect(await row(gift)).toEqual(settled);
  expect(await world.ownerOf(gift.instance)).toEqual({ owner: `player:${gift.receiver}`, state: 'owned' });
});

test('it travels in one convoy with trades, and each is closed by the step of its kind', async () => {
  const some = [await acceptAlone(await newGift()), await acceptAlone(await newGift('stranger'))] as const;
  const { buyer, seller, sword } = await world.pair();
  const trade = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(seller, {}, [sword])));
  const closed = await world.settle(
    [giftKind.exchangeOf(some[0]), trade, giftKind.exchangeOf(some[1])],
    `convoy/${some[0].id}`,
  );
  expect(closed.map(({ id, state }) => [id, state])).toEqual([
    [some[0].id, 'settled'],
    [trade.id, 'settled'],
    [some[1].id, 'refused'],
  ]);
  expect(await row(some[0])).toEqual(settled);
  expect(await row(some[1])).toEqual({ state: 'refused', reason_code: 'item-not-owned' });
  expect(await world.row(trade.id)).toEqual(settled);
});

test('it is stuck like a trade, is seen over HTTP, and is turned back', async () => {
  const cure = await refuse('inventory.holds', 'insert', `new.exchange like 'gft_%'`);
  const { deal: gift } = await send(await newGift());
  await untilStuck(gift);
  await until('it is noted', async () => (await listed('kind=gift&state=stuck')).includes(gift.id));
  expect([await listed('kind=trade&state=stuck'), await listed(`player=${gift.giver}`)]).toEqual([[], [gift.id]]);
  expectProblem(await get('/v1/sagas?kind=loan'), 400, 'validation-failed');
  const { body } = await get(`/v1/sagas/${gift.id}`);
  expect(body).toMatchObject({
    id: gift.id,
    kind: 'gift',
    state: 'stuck',
    step: 'inventoryHold',
    players: [gift.giver, gift.receiver],
    deal: { state: 'stuck', url: `/v1/gifts/${gift.id}` },
  });
  expect(body).toMatchObject({
    workflow: { id: `gift/${gift.id}` },
    steps: 'read',
    timeline: expect.arrayContaining([expect.objectContaining({ event: 'stuck', step: 'inventoryHold' })]),
  });
  const compensated = act(gift, 'compensate');
  await cure();
  expect((await compensated).body).toMatchObject({ answer: { code: 'compensated' } });
  await until('it is closed', async () => (await row(gift))?.state === 'compensated');
  expect(await world.ownerOf(gift.instance)).toEqual({ owner: `player:${gift.giver}`, state: 'owned' });
});

test('it is tried again, parked, resumed and resolved like a trade', async () => {
  const cure = await refuse('gifts.gifts', 'update', 'new.closed_at is not null');
  const { deal: gift } = await send(await newGift());
  await untilStuck(gift);
  expectProblem(await act(gift, 'retry'), 409, 'step-failed-again');
  expect((await act(gift, 'park')).body).toMatchObject({ answer: { code: 'parked' } });
  expect((await act(gift, 'resume')).body).toMatchObject({ answer: { code: 'resumed' } });
  expect((await act(gift, 'resolve')).body).toMatchObject({ answer: { code: 'settled' } });
  await cure();
  await until('it is closed', async () => (await row(gift))?.state === 'settled');
  expect(await world.ownerOf(gift.instance)).toEqual({ owner: `player:${gift.receiver}`, state: 'owned' });
  await until(
    'its end is noted',
    async () => ((await get(`/v1/sagas/${gift.id}`)).body as { state: string }).state === 'ended',
  );
});

test('it is started by the sweep where nobody has', async () => {
  const gift = await acceptAlone(await newGift());
  await until('the sweep has found it', async () => (await sweep.run()) > 0);
  await until('it is closed', async () => (await row(gift))?.state === 'settled');
});

test('no file of the sagas, the exchanges and the foundations knows of it', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const folders = [
    'contracts',
    'workflows',
    'src/sagas',
    'src/exchanges',
    'src/inventory',
    'src/ledger',
    'src/temporal',
  ];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(root, folder, name)),
  );
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => /gift/i.test(readFileSync(file, 'utf8')))).toEqual([]);
  // Nor does one of them decide by the kind that the service has.
  expect(files.filter((file) => /(=== |!== |case )['"`]trade['"`]/.test(readFileSync(file, 'utf8')))).toEqual([]);
});
