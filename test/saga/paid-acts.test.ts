import { WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../contracts/nouns.js';
import type { OperatorActName } from '../../contracts/sagas.js';
import { until } from '../e2e/processes.js';
import { openStore } from './bought-kinds.js';
import { acceptPaid, goodsOf, saidOf, settled, turnedBack, type Paid } from './paid-kinds.js';
import { title, type SagaWorld, type StepName } from './saga-world.js';
import { olga } from './standing-sagas.js';
import { openForTests } from './test-world.js';

let world: SagaWorld;
openForTests(
  async (opened) => {
    world = opened;
    await openStore(world);
  },
  { STUCK_AFTER_SECONDS: '1' },
);

/** What is kept of a saga in the operator's view. */
async function viewOf({ id }: Exchange): Promise<{ state: string; step: string | null } | undefined> {
  const { rows } = await world.session.query<{ state: string; step: string | null }>(
    'select state, step from sagas.sagas where id = $1',
    [id],
  );
  return rows[0];
}

/** Every attempt at a step fails from now on; it takes effect where that is said. */
function failAt(failing: StepName, takesEffect = false): void {
  world.reset();
  if (takesEffect) world.failAfter.set(failing, Infinity);
  else
    world.before = (step) =>
      step === failing ? Promise.reject(new Error(`${failing} cannot be made now`)) : Promise.resolve();
}

/** Starts the run of a purchase, and waits until it stands at a step. */
async function standAt(failing: StepName, paid: Paid = {}, takesEffect = false): Promise<Exchange> {
  const exchange = await acceptPaid(world, paid);
  failAt(failing, takesEffect);
  await world.starter.start([exchange], `purchase/${exchange.id}`);
  await stands(exchange, failing);
  return exchange;
}

const stands = (exchange: Exchange, at: string): Promise<void> =>
  until(`it stands at ${at}`, async () => (await viewOf(exchange))?.step === at);

/** Whether the run of a purchase has gone on after an activity was answered. */
async function knowsOf(activity: string, { id }: Exchange): Promise<boolean> {
  const { events } = await world.client.workflow.getHandle(`purchase/${id}`).fetchHistory();
  const list = events ?? [];
  const asked = list.find((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity);
  const answered = list.findIndex(
    (event) =>
      asked !== undefined &&
      String(event.activityTaskCompletedEventAttributes?.scheduledEventId) === String(asked.eventId),
  );
  return answered >= 0 && list.slice(answered).some((event) => event.workflowTaskCompletedEventAttributes);
}

/** What an act is answered: what it came to, or the code of its refusal. */
async function act({ id }: Exchange, name: OperatorActName): Promise<unknown> {
  try {
    return await world.client.workflow.getHandle(`purchase/${id}`).executeUpdate(name, { args: [olga] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    return (error.cause as { type?: string }).type;
  }
}

async function ended(exchange: Exchange): Promise<object> {
  world.reset();
  await world.client.workflow.getHandle(`purchase/${exchange.id}`).result();
  return goodsOf(world, exchange);
}

describe('an operator who compensates a purchase in real money', () => {
  const compensated = { state: 'compensated', cause: { code: 'compensated-by-operator' } };

  test('while it is authorised has it voided and given back, although authorising never answers', async () => {
    const exchange = await standAt('paymentAuthorize');
    expect(await act(exchange, 'compensate')).toMatchObject(compensated);
    expect(await ended(exchange)).toEqual(turnedBack('compensated-by-operator'));
  });

  test('while a capture is under way that has done nothing has it voided', async () => {
    const exchange = await standAt('paymentCapture');
    expect(await act(exchange, 'compensate')).toMatchObject(compensated);
    expect(await ended(exchange)).toEqual(turnedBack('compensated-by-operator'));
  });

  test('while a capture is under way that has taken the money comes too late, and the goods come', async () => {
    const exchange = await standAt('paymentCapture', {}, true);
    expect(await act(exchange, 'compensate')).toEqual({ id: exchange.id, state: 'settled' });
    expect(await ended(exchange)).toEqual(settled);
  });

  test.each<StepName>(['ledgerTransfer', 'inventoryMove'])(
    'after the capture, at %s, comes too late, and the goods come',
    async (step) => {
      const exchange = await standAt(step);
      expect(await act(exchange, 'compensate')).toEqual({ id: exchange.id, state: 'settled' });
      expect(await ended(exchange)).toEqual(settled);
    },
  );

  test('has it parked where it cannot be voided now, and given back once it can be', async () => {
    const exchange = await standAt('paymentVoid', { payment: { fate: 'declines' } });
    expect(await viewOf(exchange)).toMatchObject({ state: 'parked' });
    expect((await world.row(exchange.id)).state).toBe('stuck');
    world.reset();
    expect(await act(exchange, 'retry')).toEqual({ step: 'paymentVoid' });
    expect(await ended(exchange)).toEqual(turnedBack('payment-declined'));
  });

  test('just when it has begun to wait is to send it again, to the next run', async () => {
    const exchange = await standAt('paymentAuthorize', { payment: { waits: 1 } });
    let note: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (note = resolve));
    world.before = (step) => (step === 'noteSaga' ? late : Promise.resolve());
    await act(exchange, 'retry');
    await until('its run knows that it waits', () => knowsOf('waitPurchases', exchange));
    expect(await act(exchange, 'compensate')).toBe('unavailable');
    expect(await act(exchange, 'resolve')).toBe('unavailable');
    note();
    expect(await saidOf(world, exchange)).toMatchObject({ outcome: 'waits' });
    world.reset();
    await world.settle([exchange]);
    expect(await goodsOf(world, exchange)).toEqual(settled);
  });
});

describe('an operator who resolves a purchase in real money', () => {
  test('whose payment is open is refused', async () => {
    const exchange = await standAt('paymentAuthorize');
    expect(await act(exchange, 'resolve')).toBe('saga-not-resolvable');
    expect(await ended(exchange)).toEqual(settled);
  });

  test('that is captured and not booked yet is refused, because nobody else would book it', async () => {
    const exchange = await standAt('ledgerTransfer');
    expect(await act(exchange, 'resolve')).toBe('saga-not-resolvable');
    expect(await ended(exchange)).toEqual(settled);
  });

  test('that is booked and cannot be minted has it minted by hand', async () => {
    const exchange = await standAt('inventoryMove');
    expect(await act(exchange, 'resolve')).toEqual({ id: exchange.id, state: 'settled' });
    expect(await ended(exchange)).toEqual(settled);
  });

  test('that is voided and cannot be given back has it given back by hand', async () => {
    const exchange = await standAt('inventoryRelease', { payment: { fate: 'declines' } });
    expect(await act(exchange, 'resolve')).toMatchObject({ state: 'compensated', cause: { code: 'payment-declined' } });
    expect(await ended(exchange)).toEqual(turnedBack('payment-declined'));
  });

  test('of amounts alone has nothing to end but its row', async () => {
    const exchange = await standAt('closePurchases', { of: 'gems', payment: { fate: 'declines' } });
    expect(await act(exchange, 'resolve')).toMatchObject({ state: 'compensated' });
    expect(await ended(exchange)).toEqual(turnedBack('payment-declined'));
  });
});

test('a purchase whose money is taken and whose transfer is refused is stuck, and not turned back', async () => {
  const exchange = await acceptPaid(world);
  const [money, ...others] = exchange.legs;
  const broken = { ...exchange, legs: [{ ...money, asset: 'undefined' }, ...others] } as Exchange;
  await world.starter.start([broken], `purchase/${exchange.id}`);
  await stands(exchange, 'protocol');
  expect(await goodsOf(world, exchange)).toMatchObject({ payment: 'captured', items: 0 });
  expect(world.calls.get('inventoryRelease')).toBeUndefined();
  await world.client.workflow.getHandle(`purchase/${exchange.id}`).terminate();
  await world.inventory.move([{ exchange: exchange.id, title }]);
});
