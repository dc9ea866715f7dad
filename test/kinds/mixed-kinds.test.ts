import { afterEach, expect, test } from '@jest/globals';
import { exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';
import { allowBadOnes, refuseFor } from '../convoys/bad-steps.js';
import { until } from '../e2e/processes.js';
import {
  acceptPurchases,
  dueOfPurchase,
  endOfPurchase,
  openStore,
  storeFaults,
  type ProductCode,
} from '../saga/bought-kinds.js';
import { title, type SagaWorld } from '../saga/saga-world.js';
import { openForTests } from '../saga/test-world.js';
import { acceptOfKinds } from '../saga/traded-kinds.js';

/*
 * Trades and purchases that travel in one convoy, through a real Temporal server. Each goes its own way, and is closed
 * by the step of its own kind.
 */

let world: SagaWorld;
/** The ids that each close was asked about. */
const asked = new Map<string, Set<string>>();
openForTests(async (opened) => {
  world = opened;
  await openStore(world);
  await allowBadOnes(world);
});
afterEach(async () => expect(await storeFaults(world)).toEqual([]));

const cause = { code: 'compensated-by-operator', detail: 'test' };
const byHand = 'compensated-by-operator';
type Due = [ProductCode, 'completed' | 'refused' | 'compensated', string | null];

/** Notes what each close is asked about, from now on. */
function watchCloses(before: (step: string) => Promise<void> = () => Promise.resolve()): void {
  asked.clear();
  world.before = async (step, [list]) => {
    if (step.startsWith('close'))
      asked.set(step, new Set([...(asked.get(step) ?? []), ...(list as { id: string }[]).map(({ id }) => id)]));
    await before(step);
  };
}

/** Trades and purchases in turns, so that no list of a step is of one kind by its place. */
function mixed(trades: readonly Exchange[], purchases: readonly Exchange[]): Exchange[] {
  return trades.flatMap((trade, place) => [trade, ...purchases.slice(place, place + 1)]);
}

async function expectEnds(purchases: readonly Exchange[], due: readonly Due[]): Promise<void> {
  for (const [place, [code, state, reason]] of due.entries()) {
    const { id, mints } = purchases[place] as Exchange;
    const buyer = mints?.[0]?.to.replace('player:', '') ?? '';
    expect([place, await endOfPurchase(world, id, buyer)]).toEqual([place, dueOfPurchase(code, state, reason, buyer)]);
  }
}

/** Each deal was closed by the step of its kind, and by no other. */
function expectOwnCloses(trades: readonly Exchange[], purchases: readonly Exchange[]): void {
  const ids = (some: readonly Exchange[]): string[] => some.map(({ id }) => id).sort();
  expect(Object.fromEntries([...asked].map(([step, closed]) => [step, [...closed].sort()]))).toEqual({
    closeTrades: ids(trades),
    closePurchases: ids(purchases),
  });
}

test.each<[how: string, lost: number]>([
  ['made within the workflow task', 0],
  ['dispatched', 1],
])('some are refused, some are turned back and the others settle, by steps that are %s', async (_, lost) => {
  const trades = await acceptOfKinds(world, ['both', 'no funds', 'items', 'legs', 'not owned', 'both']);
  const due: Due[] = [
    ['pack', 'completed', null],
    ['gift', 'completed', null],
    ['throne', 'refused', 'insufficient-funds'],
    ['diadem', 'refused', 'item-sold-out'],
    ['pack', 'compensated', byHand],
    ['gift', 'compensated', byHand],
  ];
  const purchases = await acceptPurchases(
    world,
    due.map(([code]) => code),
  );
  // Another run has turned these two back, and was lost before it could close them.
  const [pack, gift] = [purchases[4] as Exchange, purchases[5] as Exchange];
  await world.ledger.cancel([{ title, key: `exchange/${pack.id}`, cause }]);
  await world.inventory.release([{ exchange: gift.id, title, cause }]);
  watchCloses();
  world.failAfter.set('inventoryHold', lost);

  const exchanges = mixed(trades, purchases);
  const closed = await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
  const ofTrades = ['settled', 'refused', 'settled', 'settled', 'refused', 'settled'];
  const said = new Map(closed.map(({ id, state }) => [id, state]));
  expect([...said.keys()]).toEqual(exchanges.map(({ id }) => id));
  expect(trades.map(({ id }) => said.get(id))).toEqual(ofTrades);
  expect(purchases.map(({ id }) => said.get(id))).toEqual(
    due.map(([, state]) => (state === 'completed' ? 'settled' : state)),
  );
  for (const [place, { id }] of trades.entries()) expect((await world.row(id)).state).toBe(ofTrades[place]);
  await expectEnds(purchases, due);
  expectOwnCloses(trades, purchases);
});

test('a convoy that is cancelled turns deals of both kinds back, and gives back what was reserved', async () => {
  const trades = await acceptOfKinds(world, ['both', 'items']);
  const purchases = await acceptPurchases(world, ['pack', 'gift']);
  watchCloses((step) => (step === 'ledgerTransfer' ? Promise.reject(new Error('not now')) : Promise.resolve()));
  const exchanges = mixed(trades, purchases);
  const workflowId = `convoy/${exchanges[0]?.id}`;
  const ended = world.settle(exchanges, workflowId);
  await until('the holds are made', async () => (await world.imbalance()).openHolds === 4);
  const reserved = await world.session.query<{ reserved: number }>(
    `select reserved from inventory.items where code = 'crown'`,
  );
  expect(reserved.rows).toEqual([{ reserved: 2 }]);
  await world.client.workflow.getHandle(workflowId).cancel();
  expect((await ended).map(({ state }) => state)).toEqual(Array(4).fill('compensated'));
  await expectEnds(purchases, [
    ['pack', 'compensated', byHand],
    ['gift', 'compensated', byHand],
  ]);
  expectOwnCloses(trades, purchases);
});

test.each([
  ['hold', 'pack'],
  ['transfer', 'pack'],
  ['move', 'pack'],
  ['hold', 'gift'],
  ['move', 'gift'],
] as const)('a purchase that is bad at its %s leaves its convoy, and is completed alone: %s', async (word, code) => {
  const trades = await acceptOfKinds(world, ['both', 'legs', 'items']);
  const purchases = await acceptPurchases(world, ['pack', code, 'gift']);
  const bad = purchases[1] as Exchange;
  const cure = await refuseFor(world, word, bad);
  watchCloses();
  const exchanges = mixed(trades, purchases);
  const closed = await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
  expect(closed.map(({ id, state }) => [id, state])).toEqual(
    exchanges.filter(({ id }) => id !== bad.id).map(({ id }) => [id, 'settled']),
  );
  expect((await world.row(bad.id)).state).toBe('accepted');
  await cure();
  await until('it is completed', async () => (await world.row(bad.id)).state === 'completed');
  await world.client.workflow.getHandle(exchangeWorkflowId(bad)).result();
  await expectEnds(purchases, [
    ['pack', 'completed', null],
    [code, 'completed', null],
    ['gift', 'completed', null],
  ]);
  expectOwnCloses(trades, purchases);
});
