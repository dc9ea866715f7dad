import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { stepsOf } from '../../src/sagas/saga-history.rules.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Exchange } from '../../contracts/nouns.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { gives, type SagaWorld, type StepName } from './saga-world.js';
import { openForTests } from './test-world.js';

let world: SagaWorld;
openForTests((opened) => void (world = opened));

const steps: StepName[] = ['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'];

async function trade(gold = '60'): Promise<Exchange> {
  const { buyer, seller, sword } = await world.pair();
  return exchangeOf(await world.accept(gives(buyer, { gold }), gives(seller, {}, [sword])));
}

/** How each step of a run was made: `local` and answered, `local, failed`, or dispatched, by the task queue. */
async function madeIn(workflowId: string): Promise<string[]> {
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: dispatched, markerRecordedEventAttributes: marker }) => {
    if (dispatched) return [`${dispatched.activityType?.name} on ${dispatched.taskQueue?.name?.endsWith('-undo') === true ? 'the undo queue' : 'the queue'}`];
    if (!marker) return [];
    const data = JSON.parse(Buffer.from(marker.details?.['data']?.payloads?.[0]?.data ?? []).toString()) as { activity_type: string };
    return [`${data.activity_type} local${marker.failure ? ', failed' : ''}`];
  });
}

const all = steps.map((step) => `${step} local`);

test('a run makes every step within one workflow task', async () => {
  const exchange = await trade();
  await world.settle([exchange]);
  expect(await madeIn(`trade/${exchange.id}`)).toEqual(all);
  expect([...world.calls]).toEqual(steps.map((step) => [step, 1]));
  const { events } = await world.client.workflow.getHandle(`trade/${exchange.id}`).fetchHistory();
  expect(events?.filter(({ workflowTaskCompletedEventAttributes: completed }) => completed)).toHaveLength(1);
});

test('so does a convoy', async () => {
  const exchanges = await acceptTrades(world, 20);
  await world.settle(exchanges, `convoy/${exchanges[0]?.id}`);
  expect(await madeIn(`convoy/${exchanges[0]?.id}`)).toEqual(all);
});

test('its history says whom a step was about, where that is not all of its run', async () => {
  const [settled, refused] = [await trade(), await trade('101')];
  const workflowId = `convoy/${settled.id}`;
  await world.settle([settled, refused], workflowId);
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  const told = ({ id }: Exchange): string[] => stepsOf(id, events ?? [], []).map(({ step, outcome }) => `${step} ${outcome}`).sort();
  expect(told(settled)).toEqual(['closeTrades settled', 'inventoryHold ok', 'inventoryMove moved', 'ledgerTransfer posted']);
  expect(told(refused)).toEqual(['closeTrades refused', 'inventoryHold ok', 'inventoryRelease released', 'ledgerTransfer refused']);
});

test.each(steps)('%s, which fails there, is dispatched, and so are the steps after it', async (failing) => {
  const exchange = await trade();
  world.failAfter.set(failing, 1);
  await world.settle([exchange]);
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  const place = steps.indexOf(failing);
  expect(await madeIn(`trade/${exchange.id}`)).toEqual([...all.slice(0, place), `${failing} local, failed`, ...steps.slice(place).map((step) => `${step} on the queue`)]);
});

test('a step that does not answer there is dispatched', async () => {
  const exchange = await trade();
  const late = setTimeout(6_000);
  world.before = (step) => (step === 'ledgerTransfer' && world.calls.get(step) === 1 ? late : Promise.resolve());
  await world.settle([exchange]);
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  expect(await madeIn(`trade/${exchange.id}`)).toContain('ledgerTransfer on the queue');
  await late;
});

test('a run that takes long has the rest dispatched, so that its workflow task ends', async () => {
  const exchange = await trade();
  world.before = (step) => setTimeout(step === 'inventoryHold' || step === 'ledgerTransfer' ? 1_200 : 0);
  await world.settle([exchange]);
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  // A slow machine gives up one of the first two as well.
  const made = await madeIn(`trade/${exchange.id}`);
  expect(made[0]).toMatch(/^inventoryHold local/);
  expect(made.slice(-2)).toEqual(['inventoryMove on the queue', 'closeTrades on the queue']);
});

test('an undo step is dispatched, on a task queue that no crowd of steps can fill', async () => {
  const exchange = await trade('101');
  await world.settle([exchange]);
  expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: 'insufficient-funds' });
  expect(await madeIn(`trade/${exchange.id}`)).toEqual(['inventoryHold local', 'ledgerTransfer local', 'inventoryRelease on the undo queue', 'closeTrades local']);
});
