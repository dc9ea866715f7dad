import { describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Exchange } from '../../contracts/nouns.js';
import type { OperatorActName } from '../../contracts/sagas.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { until } from '../e2e/processes.js';
import { gives, type SagaWorld, type StepName } from './saga-world.js';
import { openForTests } from './test-world.js';

const olga = { operator: 'olga', reason: 'I look into it.' };
const oleg = { operator: 'oleg', reason: 'It is mine.' };

let world: SagaWorld;
openForTests((opened) => void (world = opened), { STUCK_AFTER_SECONDS: '1' });

const handle = ({ id }: Exchange) => world.client.workflow.getHandle(`trade/${id}`);

/** What an act is answered: what it came to, or the code of its refusal. */
async function steer(exchange: Exchange, name: OperatorActName, by = olga): Promise<unknown> {
  try {
    return await handle(exchange).executeUpdate(name, { args: [by] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    return (error.cause as { type?: string }).type;
  }
}

async function start(): Promise<{ exchange: Exchange; buyer: string; seller: string; sword: string }> {
  const { buyer, seller, sword } = await world.pair();
  const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(seller, {}, [sword])));
  await world.starter.start([exchange], `trade/${exchange.id}`);
  return { exchange, buyer, seller, sword };
}

/** A saga that is stuck at a step, was parked by olga, and whose step would work again. */
async function parkedAt(failing: StepName): Promise<Awaited<ReturnType<typeof start>>> {
  world.before = (step) =>
    step === failing ? Promise.reject(new Error(`${step} cannot be made now`)) : Promise.resolve();
  const started = await start();
  await until('it is stuck', async () => (await world.row(started.exchange.id)).state === 'stuck');
  expect(await steer(started.exchange, 'park')).toEqual({ parked: true });
  world.reset();
  return started;
}

/** Another saga goes its whole way, so what the parked one was to do would have been done by then. */
async function anotherSettles(): Promise<void> {
  const { buyer, seller, sword } = await world.pair();
  await world.trade(gives(buyer, { gold: '60' }), gives(seller, {}, [sword]));
}

const view = async (id: string): Promise<unknown> =>
  (await world.session.query('select state, step, description, why, owner from sagas.sagas where id = $1', [id]))
    .rows[0];
const noted = (id: string, expected: object): Promise<void> =>
  until('it is noted', async () => JSON.stringify(await view(id)) === JSON.stringify(expected));

describe('a saga that an operator has parked', () => {
  test('makes no step, also when its worker is another, and shows whose it is', async () => {
    const { exchange } = await parkedAt('ledgerTransfer');
    await noted(exchange.id, {
      state: 'parked',
      step: 'ledgerTransfer',
      description: 'an operator to resume it',
      why: 'I look into it.',
      owner: 'olga',
    });
    await world.restartWorkers();
    await anotherSettles();
    expect(world.calls.get('ledgerTransfer')).toBe(1);
    expect((await handle(exchange).describe()).raw.pendingActivities ?? []).toEqual([]);
    expect(await steer(exchange, 'retry')).toBe('saga-not-stuck');
    expect(await steer(exchange, 'park', oleg)).toEqual({ parked: true });
    await noted(exchange.id, {
      state: 'parked',
      step: 'ledgerTransfer',
      description: 'an operator to resume it',
      why: 'It is mine.',
      owner: 'oleg',
    });
    expect((await world.row(exchange.id)).state).toBe('stuck');
    expect(await steer(exchange, 'resume')).toEqual({ parked: false });
    await handle(exchange).result();
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  });

  test.each<StepName>(['inventoryHold', 'inventoryMove', 'closeTrades'])(
    'goes on where it was, at %s, when it is resumed',
    async (step) => {
      const { exchange, buyer, sword } = await parkedAt(step);
      expect(await steer(exchange, 'resume')).toEqual({ parked: false });
      await handle(exchange).result();
      expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
      expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    },
  );

  test('is turned back before the pivot, which ends the wait', async () => {
    const { exchange, seller, sword } = await parkedAt('ledgerTransfer');
    expect(await steer(exchange, 'compensate')).toMatchObject({ state: 'compensated' });
    await handle(exchange).result();
    expect(await world.row(exchange.id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${seller}`, state: 'owned' });
  });

  test('is turned back where its workflow is cancelled, which ends the wait too', async () => {
    const { exchange, seller, sword } = await parkedAt('ledgerTransfer');
    await handle(exchange).cancel();
    await handle(exchange).result();
    expect(await world.row(exchange.id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${seller}`, state: 'owned' });
  });

  test('goes forward if it is turned back after the pivot, which ends the wait too', async () => {
    const { exchange } = await parkedAt('inventoryMove');
    expect(await steer(exchange, 'compensate')).toMatchObject({ state: 'settled' });
    await handle(exchange).result();
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  });

  test('is resolved after the pivot, which ends the wait', async () => {
    const { exchange, buyer, sword } = await parkedAt('inventoryMove');
    expect(await steer(exchange, 'resolve')).toMatchObject({ state: 'settled' });
    await handle(exchange).result();
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
  });
});

test('a saga that is parked while a step is under way lets it answer, and makes no further one', async () => {
  let answer: () => void = () => undefined;
  const late = new Promise<void>((resolve) => (answer = resolve));
  world.before = (step) => (step === 'inventoryHold' ? late : Promise.resolve());
  const { exchange } = await start();
  await until('the step is dispatched', () => Promise.resolve(world.calls.get('inventoryHold') === 2));
  expect(await steer(exchange, 'park')).toEqual({ parked: true });
  answer();
  await anotherSettles();
  await until(
    'the step has answered',
    async () => ((await handle(exchange).describe()).raw.pendingActivities ?? []).length === 0,
  );
  expect(world.calls.get('ledgerTransfer')).toBe(1);
  expect(await steer(exchange, 'resume')).toEqual({ parked: false });
  await handle(exchange).result();
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
});

test('who has a step tried when another parks the saga is told so, and who resolves does not wait for it', async () => {
  world.before = (step) => (step === 'inventoryMove' ? Promise.reject(new Error('not now')) : Promise.resolve());
  const { exchange } = await start();
  await until('it is stuck', async () => (await world.row(exchange.id)).state === 'stuck');
  let answer: () => void = () => undefined;
  const late = new Promise<void>((resolve) => (answer = resolve));
  world.before = (step) => (step === 'inventoryMove' ? late : Promise.resolve());
  const retried = steer(exchange, 'retry');
  await until(
    'the retry was let in',
    async () =>
      (await world.session.query(`select from sagas.timeline where saga = $1 and act = 'retry'`, [exchange.id])).rows
        .length > 0,
  );
  expect(await steer(exchange, 'park', oleg)).toEqual({ parked: true });
  expect(await retried).toBe('saga-not-stuck');
  expect(await steer(exchange, 'resolve', oleg)).toMatchObject({ state: 'settled' });
  answer();
  await handle(exchange).result();
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
});

test('a saga that nobody has parked cannot be resumed', async () => {
  world.before = (step) => (step === 'ledgerTransfer' ? Promise.reject(new Error('not now')) : Promise.resolve());
  const { exchange } = await start();
  await until('it is stuck', async () => (await world.row(exchange.id)).state === 'stuck');
  expect(await steer(exchange, 'resume')).toBe('saga-not-parked');
  world.reset();
  await steer(exchange, 'retry');
  await handle(exchange).result();
});
