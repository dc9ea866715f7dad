import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { stepsOf } from '../../src/sagas/saga-history.rules.js';
import type { Exchange } from '../../contracts/nouns.js';
import { until } from '../e2e/processes.js';
import { openStore } from './bought-kinds.js';
import { acceptPaid, goodsOf, settled, turnedBack, type Paid } from './paid-kinds.js';
import type { SagaWorld, StepName } from './saga-world.js';
import { olga } from './standing-sagas.js';
import { openForTests } from './test-world.js';

/* What a run makes within its workflow tasks where a payment is in the middle of its way. */

let world: SagaWorld;
openForTests(async (opened) => {
  world = opened;
  await openStore(world);
});

/** How a run was made, in the order of its history: its local attempts, and each step that was dispatched. */
async function madeIn(workflowId: string): Promise<string[]> {
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes: dispatched, markerRecordedEventAttributes: marker }) => {
      if (dispatched) return [dispatched.activityType?.name ?? ''];
      return marker ? [`attempt${marker.failure ? ', failed' : ''}`] : [];
    },
  );
}

async function settleOne(paid: Paid = {}): Promise<{ exchange: Exchange; made: string[] }> {
  const exchange = await acceptPaid(world, paid);
  await world.settle([exchange]);
  return { exchange, made: await madeIn(`purchase/${exchange.id}`) };
}

const atOnce: Paid = { payment: { fate: 'captures-at-once' } };
const grantSteps: StepName[] = ['ledgerTransfer', 'inventoryMove', 'closePurchases'];

test('only the payment is dispatched; what comes before it and what comes after it are an attempt each', async () => {
  const { exchange, made } = await settleOne(atOnce);
  expect(made).toEqual(['attempt', 'paymentAuthorize', 'attempt']);
  expect(await goodsOf(world, exchange)).toEqual(settled);
});

test('what could not be captured at once is captured by a step of its own', async () => {
  const { made } = await settleOne();
  expect(made).toEqual(['attempt', 'paymentAuthorize', 'paymentCapture', 'attempt']);
});

test('amounts alone are not held, so their payment is the first', async () => {
  const { made } = await settleOne({ ...atOnce, of: 'gems' });
  expect(made).toEqual(['paymentAuthorize', 'attempt']);
});

test.each(grantSteps)(
  'where %s fails in the attempt after the capture, the steps after it are dispatched',
  async (step) => {
    world.failAfter.set(step, 1);
    const { exchange, made } = await settleOne(atOnce);
    expect(made).toEqual(['attempt', 'paymentAuthorize', 'attempt, failed', ...grantSteps]);
    expect(await goodsOf(world, exchange)).toEqual(settled);
    world.reset();
  },
);

test('a run whose first attempt has failed makes no second', async () => {
  world.failAfter.set('inventoryHold', 1);
  const { exchange, made } = await settleOne(atOnce);
  expect(made).toEqual(['attempt, failed', 'inventoryHold', 'paymentAuthorize', ...grantSteps]);
  expect(await goodsOf(world, exchange)).toEqual(settled);
  world.reset();
});

test('of a convoy only those that are captured first are granted by an attempt, and all are told', async () => {
  const exchanges: Exchange[] = [];
  for (const paid of [atOnce, {}, atOnce, { payment: { fate: 'declines' } } as Paid])
    exchanges.push(await acceptPaid(world, paid));
  const workflowId = `convoy/${randomUUID()}`;
  await world.settle(exchanges, workflowId);
  const made = await madeIn(workflowId);
  expect(made.filter((one) => one.startsWith('attempt'))).toEqual(['attempt', 'attempt']);
  expect(made.filter((one) => one === 'ledgerTransfer')).toHaveLength(1);
  for (const place of [0, 1, 2]) expect(await goodsOf(world, exchanges[place] as Exchange)).toEqual(settled);
  expect(await goodsOf(world, exchanges[3] as Exchange)).toEqual(turnedBack('payment-declined'));
  const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
  const told = (place: number): string[] =>
    stepsOf(exchanges[place]?.id ?? '', events ?? [], []).map(({ step, outcome }) => `${step} ${outcome}`);
  const granted = ['ledgerTransfer posted', 'inventoryMove moved', 'closePurchases settled'];
  expect(told(0)).toEqual(['inventoryHold ok', 'paymentAuthorize captured', ...granted]);
  expect(told(1)).toEqual(['inventoryHold ok', 'paymentAuthorize authorized', 'paymentCapture captured', ...granted]);
  expect(told(3)).toEqual([
    'inventoryHold ok',
    'paymentAuthorize turned-back',
    'paymentVoid cancelled',
    'inventoryRelease released',
    'closePurchases compensated',
  ]);
});

test('a run that an operator has parked meanwhile makes no attempt at what comes after the capture', async () => {
  const exchange = await acceptPaid(world, atOnce);
  const handle = world.client.workflow.getHandle(`purchase/${exchange.id}`);
  let letGo: () => void = () => undefined;
  const parked = new Promise<void>((resolve) => (letGo = resolve));
  world.before = (step) => (step === 'paymentAuthorize' ? parked : Promise.resolve());
  await world.starter.start([exchange], handle.workflowId);
  await until('its payment is asked about', () => Promise.resolve(world.calls.get('paymentAuthorize') === 1));
  await handle.executeUpdate('park', { args: [olga] });
  letGo();
  await until('it is captured', () => Promise.resolve(world.payments.row(exchange.id).state === 'captured'));
  await handle.executeUpdate('resume', { args: [olga] });
  await handle.result();
  expect(
    (await madeIn(handle.workflowId)).filter((one) => !one.startsWith('noteSaga') && !one.startsWith('mark')),
  ).toEqual(['attempt', 'paymentAuthorize', ...grantSteps]);
  expect(await goodsOf(world, exchange)).toEqual(settled);
  world.reset();
});
