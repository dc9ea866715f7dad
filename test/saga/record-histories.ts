/*
 * Records the histories that replay.test.ts replays: one for each way that a run can go, with the real services and a
 * real Temporal server.
 *
 *   npm test -- --testMatch '<rootDir>/test/saga/record-histories.ts'
 *
 * It records those that are missing, and overwrites none. A way that is new is one more entry below. After the
 * first tag no history of a released version is deleted; until then one is recorded anew by deleting it first.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Exchange } from '../../contracts/nouns.js';
import type { OperatorActName } from '../../contracts/sagas.js';
import { allowBadOnes, refuseFor } from '../convoys/bad-steps.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { until } from '../e2e/processes.js';
import { acceptPurchases, openStore, type ProductCode } from './bought-kinds.js';
import { withoutPlaces } from './history-text.js';
import { acceptEachPaid, acceptPaid } from './paid-kinds.js';
import { SagaWorld, title, type StepName } from './saga-world.js';
import { acceptOfKind, acceptOfKinds, tradedKinds, type TradedKind } from './traded-kinds.js';

const folder = fileURLToPath(new URL('histories/', import.meta.url));
const olga = { operator: 'olga', reason: 'The cure is in.' };

/** Takes a run to its end, and answers its workflow id. */
type Way = (world: SagaWorld) => Promise<string>;

async function start(world: SagaWorld, exchanges: readonly Exchange[]): Promise<string> {
  const [first] = exchanges;
  const workflowId = `${exchanges.length === 1 ? first?.kind : 'convoy'}/${first?.id}`;
  await world.starter.start(exchanges, workflowId);
  return workflowId;
}

/** Every attempt at a step fails from now on, and nothing else does. */
function failAt(world: SagaWorld, failing: StepName): void {
  world.before = (step) =>
    step === failing ? Promise.reject(new Error(`${failing} cannot be made now`)) : Promise.resolve();
}

const steer = (world: SagaWorld, workflowId: string, name: OperatorActName): Promise<unknown> =>
  world.client.workflow.getHandle(workflowId).executeUpdate(name, { args: [olga] });

const called = (world: SagaWorld, step: StepName, times: number): Promise<void> =>
  until(`${step} was called ${times} times`, () => Promise.resolve((world.calls.get(step) ?? 0) >= times));

const noted = (world: SagaWorld, { id }: Exchange, state: string): Promise<void> =>
  until(
    `it is ${state}`,
    async () =>
      (await world.session.query('select from sagas.sagas where id = $1 and state = $2', [id, state])).rows.length ===
      1,
  );

/** Nothing fails but what the exchange itself is refused for. */
const undisturbed =
  (...kinds: TradedKind[]): Way =>
  async (world) =>
    start(world, await acceptOfKinds(world, kinds));

/** The answers of the first attempts at a step are lost, so that the rest of the run is dispatched. */
const answersLostAt =
  (step: StepName, times: number, ...kinds: TradedKind[]): Way =>
  (world) => {
    world.failAfter.set(step, times);
    return undisturbed(...kinds)(world);
  };

/** One of several fails at a step, for good, and leaves. */
const leftAt =
  (step: string, exchanges: (world: SagaWorld) => Promise<Exchange[]>, place: number): Way =>
  async (world) => {
    const all = await exchanges(world);
    const bad = all[place] as Exchange;
    const cure = await refuseFor(world, step, bad);
    const workflowId = await start(world, all);
    await world.client.workflow.getHandle(workflowId).result();
    await cure();
    await until('what has left is settled', async () => (await world.row(bad.id)).state === 'settled');
    return workflowId;
  };

/** Trades and purchases in turns, which mint. */
async function acceptTwoKinds(world: SagaWorld, kinds: TradedKind[], products: ProductCode[]): Promise<Exchange[]> {
  const trades = await acceptOfKinds(world, kinds);
  const purchases = await acceptPurchases(world, products);
  return trades.flatMap((trade, place) => [trade, ...purchases.slice(place, place + 1)]);
}

/** A lone run of a trade that stands at a step. */
async function stand(
  world: SagaWorld,
  failing: StepName,
  kind: TradedKind = 'both',
  as = 'stuck',
): Promise<{ exchange: Exchange; workflowId: string }> {
  const exchange = await acceptOfKind(world, kind);
  return { exchange, workflowId: await standAt(world, failing, exchange, as) };
}

/** Starts the run of an exchange and waits until it stands at a step. */
async function standAt(world: SagaWorld, failing: StepName, exchange: Exchange, as = 'stuck'): Promise<string> {
  failAt(world, failing);
  const workflowId = await start(world, [exchange]);
  await noted(world, exchange, as);
  return workflowId;
}

/** A purchase that stands alone. */
async function acceptPurchase(world: SagaWorld, product: ProductCode): Promise<Exchange> {
  const [exchange] = await acceptPurchases(world, [product]);
  return exchange as Exchange;
}

const ways: Record<string, Way> = {
  settled: undisturbed('both'),
  'settled-legs-alone': undisturbed('legs'),
  'settled-items-alone': undisturbed('items'),
  'settled-answers-lost': answersLostAt('ledgerTransfer', 2, 'both'),
  'settled-dispatched': answersLostAt('inventoryHold', 1, 'both'),
  'refused-by-the-inventory': undisturbed('not owned'),
  'refused-by-the-ledger': undisturbed('no funds'),
  convoy: undisturbed(...tradedKinds),
  'convoy-dispatched': answersLostAt('inventoryHold', 1, ...tradedKinds),
  'convoy-left-at-the-hold': leftAt('hold', (world) => acceptTrades(world, 4), 2),
  'convoy-left-at-the-close': leftAt('close', (world) => acceptTrades(world, 4), 2),
  'convoy-left-by-the-only-one': leftAt('hold', (world) => acceptOfKinds(world, ['both', 'legs', 'legs']), 0),

  async 'convoy-timed-out'(world) {
    world.before = async (step) =>
      void (step === 'closeTrades' && world.calls.get(step) === 1 && (await setTimeout(2_300)));
    return undisturbed(...tradedKinds)(world);
  },

  async 'convoy-cancelled'(world) {
    failAt(world, 'inventoryHold');
    const workflowId = await start(world, await acceptTrades(world, 3));
    await called(world, 'inventoryHold', 2);
    await world.client.workflow.getHandle(workflowId).cancel();
    return workflowId;
  },

  async compensated(world) {
    failAt(world, 'ledgerTransfer');
    const workflowId = await undisturbed('both')(world);
    await called(world, 'ledgerTransfer', 2);
    await steer(world, workflowId, 'compensate');
    return workflowId;
  },

  async 'stuck-and-retried'(world) {
    const { workflowId } = await stand(world, 'ledgerTransfer');
    await expect(steer(world, workflowId, 'retry')).rejects.toMatchObject({ cause: { type: 'step-failed-again' } });
    const pending = async (): Promise<number> =>
      (await world.client.workflow.getHandle(workflowId).describe()).raw.pendingActivities?.[0]?.attempt ?? 0;
    await until('it waits again', async () => (await pending()) > 1);
    world.reset();
    await steer(world, workflowId, 'retry');
    return workflowId;
  },

  async 'stuck-and-compensated'(world) {
    const { workflowId } = await stand(world, 'inventoryHold');
    await steer(world, workflowId, 'compensate');
    return workflowId;
  },

  async 'stuck-and-compensated-too-late'(world) {
    const { workflowId } = await stand(world, 'inventoryMove');
    await steer(world, workflowId, 'compensate');
    world.reset();
    return workflowId;
  },

  async 'stuck-and-resolved'(world) {
    const { workflowId } = await stand(world, 'inventoryMove');
    await steer(world, workflowId, 'resolve');
    return workflowId;
  },

  /** The first run is stuck and terminated, and the second, which is recorded, tells of the end. */
  async 'stuck-and-settled-by-the-next-run'(world) {
    const { exchange, workflowId } = await stand(world, 'inventoryMove');
    await until('its row says so', async () => (await world.row(exchange.id)).state === 'stuck');
    await world.client.workflow.getHandle(workflowId).terminate();
    world.reset();
    return start(world, [exchange]);
  },

  async 'parked-and-freed'(world) {
    const { workflowId } = await stand(world, 'inventoryRelease', 'no funds', 'parked');
    world.reset();
    return workflowId;
  },

  async 'parked-and-resolved'(world) {
    const { exchange, workflowId } = await stand(world, 'ledgerTransfer');
    await expect(steer(world, workflowId, 'resolve')).rejects.toMatchObject({ cause: { type: 'saga-not-resolvable' } });
    failAt(world, 'inventoryRelease');
    const compensated = steer(world, workflowId, 'compensate');
    await noted(world, exchange, 'parked');
    await steer(world, workflowId, 'resolve');
    await compensated;
    return workflowId;
  },

  async 'parked-by-an-operator'(world) {
    const { workflowId } = await stand(world, 'ledgerTransfer');
    await steer(world, workflowId, 'park');
    world.reset();
    await steer(world, workflowId, 'resume');
    return workflowId;
  },

  /** Its move is the pivot, since it mints and books nothing. */
  async 'purchase-of-a-gift'(world) {
    return start(world, [await acceptPurchase(world, 'gift')]);
  },

  async 'purchase-stuck-and-compensated'(world) {
    const workflowId = await standAt(world, 'ledgerTransfer', await acceptPurchase(world, 'pack'));
    await steer(world, workflowId, 'compensate');
    return workflowId;
  },

  async 'purchase-stuck-and-resolved'(world) {
    const workflowId = await standAt(world, 'inventoryMove', await acceptPurchase(world, 'pack'));
    await steer(world, workflowId, 'resolve');
    return workflowId;
  },

  async 'convoy-of-two-kinds'(world) {
    return start(world, await acceptTwoKinds(world, ['both', 'items', 'legs'], ['pack', 'gift', 'pack']));
  },

  /** Two purchases are refused, and two were turned back by another run before they are held and paid for. */
  async 'convoy-of-two-kinds-not-done'(world) {
    const kinds: TradedKind[] = ['both', 'no funds', 'not owned', 'legs', 'items'];
    const exchanges = await acceptTwoKinds(world, kinds, ['throne', 'diadem', 'pack', 'gift', 'pack']);
    const [pack, gift] = [exchanges[5] as Exchange, exchanges[7] as Exchange];
    const cause = { code: 'compensated-by-operator', detail: 'test' };
    await world.ledger.cancel([{ title, key: `exchange/${pack.id}`, cause }]);
    await world.inventory.release([{ exchange: gift.id, title, cause }]);
    return start(world, exchanges);
  },

  'paid-settled': async (world) => start(world, [await acceptPaid(world)]),
  'paid-waits': async (world) => start(world, [await acceptPaid(world, { payment: { waits: 1 } })]),
  'paid-declined': async (world) => start(world, [await acceptPaid(world, { payment: { fate: 'declines' } })]),
  async 'paid-granted-by-steps'(world) {
    const exchanges = await acceptEachPaid(world, ['captures-at-once', 'authorizes', 'captures-at-once', 'declines']);
    world.failAfter.set('ledgerTransfer', 1);
    return start(world, exchanges);
  },
  async 'paid-compensated'(world) {
    const workflowId = await standAt(world, 'paymentAuthorize', await acceptPaid(world));
    await steer(world, workflowId, 'compensate');
    return workflowId;
  },

  async 'convoy-stuck-in-an-outage'(world) {
    failAt(world, 'ledgerTransfer');
    const exchanges = await acceptTrades(world, 3);
    const workflowId = await start(world, exchanges);
    await noted(world, exchanges[0] as Exchange, 'stuck');
    world.reset();
    return workflowId;
  },
};

const recorded = (): string[] => readdirSync(folder);

let world: SagaWorld;
beforeAll(async () => {
  // Long enough that what only fails once or twice is not stuck.
  world = await SagaWorld.open({ environment: { STUCK_AFTER_SECONDS: '4' } });
  await world.defineGoods();
  await openStore(world);
  await allowBadOnes(world);
});
afterAll(() => world.close());
const there = recorded();
for (const [name, way] of Object.entries(ways).filter(([missing]) => !there.includes(`${missing}.json`))) {
  test(`${name} is recorded`, async () => {
    world.reset();
    const handle = world.client.workflow.getHandle(await way(world));
    await handle.result();
    writeFileSync(
      `${folder}${name}.json`,
      withoutPlaces(historyToJSON(await handle.fetchHistory()), world.config.TASK_QUEUE),
    );
  });
}

test('every way has its history', () =>
  expect(recorded()).toEqual(expect.arrayContaining(Object.keys(ways).map((name) => `${name}.json`))));
