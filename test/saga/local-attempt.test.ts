import { setTimeout } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { stepsOf } from '../../src/sagas/saga-history.rules.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Exchange } from '../../contracts/nouns.js';
import { allowBadOnes, refuseFor } from '../convoys/bad-steps.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { until } from '../e2e/processes.js';
import { gives, type SagaWorld, type StepName } from './saga-world.js';
import { openForTests } from './test-world.js';

let world: SagaWorld;
openForTests(async (opened) => {
  world = opened;
  await allowBadOnes(world);
});

const steps: StepName[] = ['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'];

async function trade(gold = '60'): Promise<Exchange> {
  const { buyer, seller, sword } = await world.pair();
  return exchangeOf(await world.accept(gives(buyer, { gold }), gives(seller, {}, [sword])));
}

/** How a run was made: the local attempt, and each step that was dispatched, by the task queue. */
async function madeIn(workflowId: string): Promise<string[]> {
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes: dispatched, markerRecordedEventAttributes: marker }) => {
      if (dispatched) {
        const undo = dispatched.taskQueue?.name?.endsWith('-undo') === true;
        return [`${dispatched.activityType?.name} on ${undo ? 'the undo queue' : 'the queue'}`];
      }
      return marker ? [`local attempt${marker.failure ? ', failed' : ''}`] : [];
    },
  );
}

const dispatched = steps.map((step) => `${step} on the queue`);

test('a run makes its whole forward way within one workflow task, as one local activity', async () => {
  const exchange = await trade();
  await world.settle([exchange]);
  expect(await madeIn(`trade/${exchange.id}`)).toEqual(['local attempt']);
  expect([...world.calls]).toEqual(steps.map((step) => [step, 1]));
  const { events } = await world.client.workflow.getHandle(`trade/${exchange.id}`).fetchHistory();
  expect(events?.filter(({ workflowTaskCompletedEventAttributes: completed }) => completed)).toHaveLength(1);
});

test('so does a convoy', async () => {
  const exchanges = await acceptTrades(world, 20);
  await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
  expect(await madeIn(`convoy/${exchanges[0]?.id}`)).toEqual(['local attempt']);
});

test('its history says whom a step was about, where that is not all of its run', async () => {
  const [settled, refused] = [await trade(), await trade('101')];
  const workflowId = `convoy/${settled.id}`;
  await world.settle([settled, refused], workflowId);
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  const told = ({ id }: Exchange): string[] =>
    stepsOf(id, events ?? [], [])
      .map(({ step, outcome }) => `${step} ${outcome}`)
      .sort();
  expect(told(settled)).toEqual([
    'closeTrades settled',
    'inventoryHold ok',
    'inventoryMove moved',
    'ledgerTransfer posted',
  ]);
  expect(told(refused)).toEqual([
    'closeTrades refused',
    'inventoryHold ok',
    'inventoryRelease released',
    'ledgerTransfer refused',
  ]);
});

test.each(steps)(
  'where %s fails, the same way is made again with dispatched steps, which answer what is kept',
  async (failing) => {
    const exchange = await trade();
    world.failAfter.set(failing, 1);
    await world.settle([exchange]);
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await madeIn(`trade/${exchange.id}`)).toEqual(['local attempt, failed', ...dispatched]);
    const place = steps.indexOf(failing);
    expect([...world.calls]).toEqual(steps.map((step, index) => [step, index <= place ? 2 : 1]));
  },
);

test('an attempt that does not answer is given up, and begins no further step', async () => {
  const exchange = await trade();
  const before = world.attempts.get('inventoryHold answered') ?? 0;
  const late = setTimeout(4_000);
  world.before = (step) => (step === 'inventoryHold' && world.calls.get(step) === 1 ? late : Promise.resolve());
  await world.settle([exchange]);
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  expect(await madeIn(`trade/${exchange.id}`)).toEqual(['local attempt, failed', ...dispatched]);
  await until('the late step has answered', () =>
    Promise.resolve(world.attempts.get('inventoryHold answered') === before + 2),
  );
  expect(world.calls.get('ledgerTransfer')).toBe(1);
});

test('an attempt that is given up looks for no more bad elements', async () => {
  const exchanges = await acceptTrades(world, 8);
  const cure = await refuseFor(world, 'hold', exchanges[3] as Exchange);
  const calls: number[] = [];
  let slow = true;
  const hold = world.inventory.hold.bind(world.inventory);
  const spy = jest.spyOn(world.inventory, 'hold').mockImplementation(async (some) => {
    calls.push(some.length);
    if (slow) await setTimeout(1_200);
    return hold(some);
  });
  // The dispatched step waits, so that every call until then is one of the local attempt.
  let dispatch: () => void = () => undefined;
  const dispatching = new Promise<void>((resolve) => (dispatch = resolve));
  world.before = (step) =>
    step === 'inventoryHold' && (world.calls.get(step) ?? 0) > 1 ? dispatching : Promise.resolve();
  const ended = (): number =>
    (world.attempts.get('inventoryHold answered') ?? 0) + (world.attempts.get('inventoryHold failed') ?? 0);
  const before = ended();
  const settled = world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
  await until('the local attempt has ended', () => Promise.resolve(ended() > before));
  // Two calls of 1.2 s are begun in the 2 s of the attempt. The whole search takes seven.
  const callsOfAttempt = calls.length;
  slow = false;
  dispatch();
  await settled;
  await cure();
  await world.client.workflow.getHandle(`trade/${exchanges[3]?.id}`).result();
  spy.mockRestore();
  expect(callsOfAttempt).toBeLessThan(5);
});

test('an undo step is dispatched, on a task queue that no crowd of steps can fill', async () => {
  const exchange = await trade('101');
  await world.settle([exchange]);
  expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: 'insufficient-funds' });
  expect(await madeIn(`trade/${exchange.id}`)).toEqual([
    'local attempt',
    'inventoryRelease on the undo queue',
    'closeTrades on the queue',
  ]);
});
