import { describe, expect, test } from '@jest/globals';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { until } from '../e2e/processes.js';
import { gives, type SagaWorld, type StepName } from './saga-world.js';
import { oleg, olga, StandingSagas } from './standing-sagas.js';
import { openForTests } from './test-world.js';

let world: SagaWorld;
let sagas: StandingSagas;
openForTests(
  (opened) => {
    world = opened;
    sagas = new StandingSagas(opened);
  },
  { STUCK_AFTER_SECONDS: '1' },
);

describe('a saga whose step fails for ever', () => {
  test('becomes stuck, is found by what an operator looks for, and says what it waits for and why', async () => {
    const { exchange, buyer, seller, ended } = await sagas.stuckAt('ledgerTransfer');
    const workflowId = `trade/${exchange.id}`;
    expect(await sagas.attributesOf(workflowId)).toMatchObject({
      SagaKind: 'trade',
      SagaState: 'stuck',
      SagaStep: 'ledgerTransfer',
      BusinessId: exchange.id,
      Title: 'arena',
      Player: [buyer, seller],
    });
    expect((await sagas.attributesOf(workflowId))['StuckSince']).toBeInstanceOf(Date);
    for (const query of [
      `SagaState = 'stuck'`,
      `SagaState = 'stuck' and Player = '${seller}'`,
      `SagaStep = 'ledgerTransfer'`,
      `BusinessId = '${exchange.id}'`,
    ]) {
      await until(`${query} finds it`, async () => (await sagas.found(query)).includes(workflowId));
    }
    const { currentDetails } = await sagas
      .handle(exchange)
      .query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toMatch(
      new RegExp(
        `^\\*\\*Stuck\\*\\* since \\S+Z at \`ledgerTransfer\` \\(book the legs of ${exchange.id}\\): ` +
          'ledgerTransfer cannot be made now\n[^]*`retry` or `compensate`',
      ),
    );
    expect((await sagas.handle(exchange).describe()).raw.pendingActivities?.[0]).toMatchObject({
      activityType: { name: 'ledgerTransfer' },
      lastFailure: { message: 'ledgerTransfer cannot be made now' },
      maximumAttempts: 0,
      activityOptions: { retryPolicy: { maximumInterval: { seconds: { low: 60 } } } },
    });
    await until('it is noted', async () => (await sagas.view(exchange.id)) !== undefined);
    expect(await sagas.view(exchange.id)).toEqual({
      state: 'stuck',
      step: 'ledgerTransfer',
      why: 'ledgerTransfer cannot be made now',
      owner: null,
      workflow_id: workflowId,
      alone: true,
    });
    await until('its row says so', async () => (await world.row(exchange.id)).state === 'stuck');
    sagas.cure();
    await sagas.steer(exchange, 'retry');
    await ended;
  });

  test.each<StepName>(['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'])(
    '%s, settles when it is tried again after the cure, and nothing of it is left',
    async (step) => {
      const { exchange, buyer, sword, ended } = await sagas.stuckAt(step);
      sagas.cure();
      expect(await sagas.steer(exchange, 'retry')).toEqual({ step });
      await ended;
      expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
      expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
      expect(await sagas.attributesOf(`trade/${exchange.id}`)).toMatchObject({ SagaState: 'running' });
      expect(Object.keys(await sagas.attributesOf(`trade/${exchange.id}`))).not.toEqual(
        expect.arrayContaining(['SagaStep']),
      );
      expect(await sagas.view(exchange.id)).toMatchObject({ state: 'ended', step: null });
      expect(await sagas.trail(exchange.id)).toEqual([
        'stuck',
        'olga asks to retry',
        'running',
        'olga is answered retried',
        'ended',
      ]);
    },
  );

  test('tells the operator who tries it again before the cure what it failed with, and stays stuck', async () => {
    const { exchange, ended } = await sagas.stuckAt('inventoryMove');
    await expect(sagas.steer(exchange, 'retry')).rejects.toMatchObject({
      cause: { type: 'step-failed-again', message: 'inventoryMove cannot be made now' },
    });
    expect(await sagas.stateOf(`trade/${exchange.id}`)).toBe('stuck');
    await sagas.waitsAgain(exchange);
    sagas.cure();
    await sagas.steer(exchange, 'retry', oleg);
    await ended;
    expect(await sagas.trail(exchange.id)).toEqual(
      expect.arrayContaining(['olga is answered step-failed-again', 'oleg is answered retried']),
    );
  });

  test('goes on by itself after the cure', async () => {
    const { exchange, ended } = await sagas.stuckAt('inventoryHold');
    sagas.cure();
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  });

  test('that never answers is stuck too', async () => {
    let go: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (go = resolve));
    const { buyer, seller, sword } = await world.pair();
    const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(seller, {}, [sword])));
    world.before = (step) => {
      if (step !== 'ledgerTransfer') return Promise.resolve();
      // The attempt within the workflow task, and the first that is dispatched, which would be left alone for as long
      // as it may take.
      return (world.calls.get(step) ?? 0) <= 2 ? Promise.reject(new Error('The first attempts fail.')) : late;
    };
    await world.starter.start([exchange], `trade/${exchange.id}`);
    const ended = sagas.handle(exchange).result();
    await until('it is stuck', async () => (await sagas.stateOf(`trade/${exchange.id}`)) === 'stuck');
    expect(
      await sagas.handle(exchange).query<{ currentDetails: string }>('__temporal_workflow_metadata'),
    ).toMatchObject({
      currentDetails: expect.stringContaining('has not answered for'),
    });
    sagas.cure();
    go();
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  });
});

describe('an operator', () => {
  test.each<StepName>(['inventoryHold', 'ledgerTransfer'])(
    'who compensates at %s has everything given back',
    async (step) => {
      const { exchange, buyer, seller, sword, ended } = await sagas.stuckAt(step);
      expect(await sagas.steer(exchange, 'compensate')).toMatchObject({ state: 'compensated' });
      await ended;
      expect(await world.row(exchange.id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
      expect(await world.balance(buyer, 'gold')).toBe(100n);
      expect(await world.ownerOf(sword)).toEqual({ owner: `player:${seller}`, state: 'owned' });
      expect(await sagas.stateOf(`trade/${exchange.id}`)).toBe('compensating');
      expect(await sagas.trail(exchange.id)).toEqual(
        expect.arrayContaining([
          'stuck',
          'olga asks to compensate',
          'compensating',
          'olga is answered compensated',
          'ended',
        ]),
      );
    },
  );

  test('who compensates after the pivot is told that it is too late, and the saga goes forward', async () => {
    const { exchange, buyer, sword, ended } = await sagas.stuckAt('inventoryMove');
    expect(await sagas.steer(exchange, 'compensate')).toEqual({ id: exchange.id, state: 'settled' });
    sagas.cure();
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    expect(await sagas.stateOf(`trade/${exchange.id}`)).toBe('running');
    expect(await sagas.trail(exchange.id)).toContain('olga is answered too-late');
  });

  test('who tries a saga again that stands at nothing is told so', async () => {
    const { buyer, seller, sword } = await world.pair();
    const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(seller, {}, [sword])));
    let go: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (go = resolve));
    world.before = (step) => (step === 'inventoryHold' ? late : Promise.resolve());
    const ended = world.settle([exchange]);
    await until('it is at its step', () => Promise.resolve(world.calls.has('inventoryHold')));
    expect(await sagas.answerTo(exchange, 'retry')).toBe('saga-not-stuck');
    go();
    await ended;
  });

  test('who comes second, while another tries the step, is told so', async () => {
    const { exchange, ended } = await sagas.stuckAt('inventoryMove');
    let go: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (go = resolve));
    world.before = (step) => (step === 'inventoryMove' ? slow : Promise.resolve());
    const first = sagas.steer(exchange, 'retry');
    try {
      await until('olga was let in', async () => (await sagas.trail(exchange.id)).includes('olga asks to retry'));
      await expect(sagas.steer(exchange, 'retry', oleg)).rejects.toMatchObject({
        cause: { type: 'saga-busy', message: expect.stringContaining('olga') },
      });
    } finally {
      go();
    }
    expect(await first).toEqual({ step: 'inventoryMove' });
    await ended;
  });
});

describe('an undo that cannot be done', () => {
  test('after a refusal parks the saga, which nobody owns yet, and is done after the cure', async () => {
    const { exchange, ended, sword, seller } = await sagas.stuckAt('inventoryRelease', '101');
    expect(await sagas.view(exchange.id).then((row) => row ?? { state: 'parked' })).toMatchObject({ state: 'parked' });
    expect(await sagas.stateOf(`trade/${exchange.id}`)).toBe('parked');
    sagas.cure();
    expect(await sagas.steer(exchange, 'retry')).toEqual({ step: 'inventoryRelease' });
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: 'insufficient-funds' });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${seller}`, state: 'owned' });
  });
});

describe('a convoy in an outage', () => {
  test('is stuck as a convoy, says so, takes no operator, and all of it settles after the outage', async () => {
    const exchanges = await acceptTrades(world, 3);
    const workflowId = `convoy/${exchanges[0]?.id}`;
    world.before = (step) =>
      step === 'ledgerTransfer' ? Promise.reject(new Error('nothing can be booked now')) : Promise.resolve();
    await world.starter.start(exchanges, workflowId);
    await until('it is stuck', async () => (await sagas.stateOf(workflowId)) === 'stuck');
    expect(await sagas.attributesOf(workflowId)).toMatchObject({
      SagaKind: 'convoy',
      SagaStep: 'ledgerTransfer',
      Title: 'arena',
    });
    for (const { id } of exchanges) {
      await until(
        'it is noted',
        async () => (await sagas.view(id))?.['state'] === 'stuck' && (await world.row(id)).state === 'stuck',
      );
      expect(await sagas.view(id)).toMatchObject({ workflow_id: workflowId, alone: false });
    }
    await expect(
      world.client.workflow.getHandle(workflowId).executeUpdate('retry', { args: [olga] }),
    ).rejects.toMatchObject({ cause: { type: 'saga-not-alone' } });
    expect(await sagas.found(`SagaKind = 'convoy' and SagaState = 'stuck'`)).toEqual([workflowId]);
    sagas.cure();
    await world.client.workflow.getHandle(workflowId).result();
    for (const { id } of exchanges) {
      expect(await world.row(id)).toEqual({ state: 'settled', reason_code: null });
      expect(await sagas.view(id)).toMatchObject({ state: 'ended' });
    }
  });
});
