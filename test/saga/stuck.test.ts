import { describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Closing } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import type { OperatorActName } from '../../contracts/sagas.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { until } from '../e2e/processes.js';
import { gives, type SagaWorld, type StepName } from './saga-world.js';
import { openForTests } from './test-world.js';

const olga = { operator: 'olga', reason: 'The cure is in.' };
const oleg = { operator: 'oleg', reason: 'I saw it too.' };

let world: SagaWorld;
openForTests((opened) => void (world = opened), { STUCK_AFTER_SECONDS: '1' });

const handle = ({ id }: Exchange) => world.client.workflow.getHandle(`trade/${id}`);
const steer = (exchange: Exchange, name: OperatorActName, by = olga): Promise<unknown> =>
  handle(exchange).executeUpdate(name, { args: [by] });

/** What an act is answered: what it came to, or the code of its refusal. */
async function answerTo(exchange: Exchange, name: OperatorActName, by = olga): Promise<unknown> {
  try {
    return await steer(exchange, name, by);
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    return (error.cause as { type?: string }).type;
  }
}

async function attributesOf(workflowId: string): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await world.client.workflow.getHandle(workflowId).describe();
  return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
}

const stateOf = async (workflowId: string): Promise<unknown> => (await attributesOf(workflowId))['SagaState'];

async function found(query: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of world.client.workflow.list({
    query: `${query} and TaskQueue = '${world.config.TASK_QUEUE}' and ExecutionStatus = 'Running'`,
  }))
    ids.push(workflowId);
  return ids;
}

/** What is kept of a saga in the operator's view. */
async function view(id: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await world.session.query<Record<string, unknown>>(
    'select state, step, why, owner, workflow_id, alone from sagas.sagas where id = $1',
    [id],
  );
  return rows[0];
}

async function trail(id: string): Promise<string[]> {
  const { rows } = await world.session.query<{ told: string }>(
    `select case when act is null then state
       when answer_code is null then operator || ' asks to ' || act
       else operator || ' is answered ' || answer_code end as told
     from sagas.timeline where saga = $1 order by number`,
    [id],
  );
  return rows.map(({ told }) => told);
}

/** A saga of gold for a sword that is stuck at one of its steps, or parked at one of its undo steps. */
async function stuckAt(
  failing: StepName,
  gold = '60',
  items = true,
): Promise<{ exchange: Exchange; ended: Promise<Closing[]>; buyer: string; seller: string; sword: string }> {
  const { buyer, seller, sword } = await world.pair();
  const exchange = exchangeOf(
    await world.accept(gives(buyer, gold === '0' ? {} : { gold }), gives(seller, {}, items ? [sword] : [])),
  );
  world.before = (step) =>
    step === failing ? Promise.reject(new Error(`${step} cannot be made now`)) : Promise.resolve();
  await world.starter.start([exchange], `trade/${exchange.id}`);
  await until('it stands', async () => ['stuck', 'parked'].includes(String(await stateOf(`trade/${exchange.id}`))));
  return { exchange, ended: handle(exchange).result() as Promise<Closing[]>, buyer, seller, sword };
}

/** Until the attempt has failed that follows a failed retry at once, which might otherwise meet the cure. */
const waitsAgain = (exchange: Exchange): Promise<void> =>
  until(
    'it waits again',
    async () => ((await handle(exchange).describe()).raw.pendingActivities?.[0]?.attempt ?? 0) > 1,
  );

const cure = (): void => void (world.before = () => Promise.resolve());

describe('a saga whose step fails for ever', () => {
  test('becomes stuck, is found by what an operator looks for, and says what it waits for and why', async () => {
    const { exchange, buyer, seller, ended } = await stuckAt('ledgerTransfer');
    const workflowId = `trade/${exchange.id}`;
    expect(await attributesOf(workflowId)).toMatchObject({
      SagaKind: 'trade',
      SagaState: 'stuck',
      SagaStep: 'ledgerTransfer',
      BusinessId: exchange.id,
      Title: 'arena',
      Player: [buyer, seller],
    });
    expect((await attributesOf(workflowId))['StuckSince']).toBeInstanceOf(Date);
    for (const query of [
      `SagaState = 'stuck'`,
      `SagaState = 'stuck' and Player = '${seller}'`,
      `SagaStep = 'ledgerTransfer'`,
      `BusinessId = '${exchange.id}'`,
    ]) {
      await until(`${query} finds it`, async () => (await found(query)).includes(workflowId));
    }
    const { currentDetails } = await handle(exchange).query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toMatch(
      new RegExp(
        `^\\*\\*Stuck\\*\\* since \\S+Z at \`ledgerTransfer\` \\(book the legs of ${exchange.id}\\): ` +
          'ledgerTransfer cannot be made now\n[^]*`retry` or `compensate`',
      ),
    );
    expect((await handle(exchange).describe()).raw.pendingActivities?.[0]).toMatchObject({
      activityType: { name: 'ledgerTransfer' },
      lastFailure: { message: 'ledgerTransfer cannot be made now' },
      maximumAttempts: 0,
      activityOptions: { retryPolicy: { maximumInterval: { seconds: { low: 60 } } } },
    });
    await until('it is noted', async () => (await view(exchange.id)) !== undefined);
    expect(await view(exchange.id)).toEqual({
      state: 'stuck',
      step: 'ledgerTransfer',
      why: 'ledgerTransfer cannot be made now',
      owner: null,
      workflow_id: workflowId,
      alone: true,
    });
    await until('its row says so', async () => (await world.row(exchange.id)).state === 'stuck');
    cure();
    await steer(exchange, 'retry');
    await ended;
  });

  test.each<StepName>(['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'])(
    '%s, settles when it is tried again after the cure, and nothing of it is left',
    async (step) => {
      const { exchange, buyer, sword, ended } = await stuckAt(step);
      cure();
      expect(await steer(exchange, 'retry')).toEqual({ step });
      await ended;
      expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
      expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
      expect(await attributesOf(`trade/${exchange.id}`)).toMatchObject({ SagaState: 'running' });
      expect(Object.keys(await attributesOf(`trade/${exchange.id}`))).not.toEqual(expect.arrayContaining(['SagaStep']));
      expect(await view(exchange.id)).toMatchObject({ state: 'ended', step: null });
      expect(await trail(exchange.id)).toEqual([
        'stuck',
        'olga asks to retry',
        'running',
        'olga is answered retried',
        'ended',
      ]);
    },
  );

  test('tells the operator who tries it again before the cure what it failed with, and stays stuck', async () => {
    const { exchange, ended } = await stuckAt('inventoryMove');
    await expect(steer(exchange, 'retry')).rejects.toMatchObject({
      cause: { type: 'step-failed-again', message: 'inventoryMove cannot be made now' },
    });
    expect(await stateOf(`trade/${exchange.id}`)).toBe('stuck');
    await waitsAgain(exchange);
    cure();
    await steer(exchange, 'retry', oleg);
    await ended;
    expect(await trail(exchange.id)).toEqual(
      expect.arrayContaining(['olga is answered step-failed-again', 'oleg is answered retried']),
    );
  });

  test('goes on by itself after the cure', async () => {
    const { exchange, ended } = await stuckAt('inventoryHold');
    cure();
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
    const ended = handle(exchange).result();
    await until('it is stuck', async () => (await stateOf(`trade/${exchange.id}`)) === 'stuck');
    expect(await handle(exchange).query<{ currentDetails: string }>('__temporal_workflow_metadata')).toMatchObject({
      currentDetails: expect.stringContaining('has not answered for'),
    });
    cure();
    go();
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  });
});

describe('an operator', () => {
  test.each<StepName>(['inventoryHold', 'ledgerTransfer'])(
    'who compensates at %s has everything given back',
    async (step) => {
      const { exchange, buyer, seller, sword, ended } = await stuckAt(step);
      expect(await steer(exchange, 'compensate')).toMatchObject({ state: 'compensated' });
      await ended;
      expect(await world.row(exchange.id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
      expect(await world.balance(buyer, 'gold')).toBe(100n);
      expect(await world.ownerOf(sword)).toEqual({ owner: `player:${seller}`, state: 'owned' });
      expect(await stateOf(`trade/${exchange.id}`)).toBe('compensating');
      expect(await trail(exchange.id)).toEqual(
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
    const { exchange, buyer, sword, ended } = await stuckAt('inventoryMove');
    expect(await steer(exchange, 'compensate')).toEqual({ id: exchange.id, state: 'settled' });
    cure();
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    expect(await stateOf(`trade/${exchange.id}`)).toBe('running');
    expect(await trail(exchange.id)).toContain('olga is answered too-late');
  });

  test('who tries a saga again that stands at nothing is told so', async () => {
    const { buyer, seller, sword } = await world.pair();
    const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(seller, {}, [sword])));
    let go: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (go = resolve));
    world.before = (step) => (step === 'inventoryHold' ? late : Promise.resolve());
    const ended = world.settle([exchange]);
    await until('it is at its step', () => Promise.resolve(world.calls.has('inventoryHold')));
    expect(await answerTo(exchange, 'retry')).toBe('saga-not-stuck');
    go();
    await ended;
  });

  test('who comes second, while another tries the step, is told so', async () => {
    const { exchange, ended } = await stuckAt('inventoryMove');
    let go: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (go = resolve));
    world.before = (step) => (step === 'inventoryMove' ? slow : Promise.resolve());
    const first = steer(exchange, 'retry');
    try {
      await until('olga was let in', async () => (await trail(exchange.id)).includes('olga asks to retry'));
      await expect(steer(exchange, 'retry', oleg)).rejects.toMatchObject({
        cause: { type: 'saga-busy', message: expect.stringContaining('olga') },
      });
    } finally {
      go();
    }
    expect(await first).toEqual({ step: 'inventoryMove' });
    await ended;
  });
});

describe('an operator who resolves', () => {
  test.each<[StepName, boolean]>([
    ['inventoryHold', true],
    ['ledgerTransfer', true],
    ['ledgerTransfer', false],
  ])('while the pivot is open, at %s, is refused, and the items stay held', async (step, items) => {
    const { exchange, ended } = await stuckAt(step, '60', items);
    expect(await answerTo(exchange, 'resolve')).toBe('saga-not-resolvable');
    expect(await stateOf(`trade/${exchange.id}`)).toBe('stuck');
    expect((await world.row(exchange.id)).state).not.toBe('settled');
    cure();
    await steer(exchange, 'retry');
    await ended;
  });

  test('an exchange of items alone with an open hold is refused', async () => {
    const { exchange, sword, ended } = await stuckAt('inventoryMove', '0');
    expect(await answerTo(exchange, 'resolve')).toBe('saga-not-resolvable');
    expect(await world.ownerOf(sword)).toMatchObject({ state: 'held' });
    cure();
    await steer(exchange, 'retry');
    await ended;
  });

  test("after the pivot ends it as settled, the items are the buyer's, and a late move does nothing", async () => {
    const { exchange, buyer, sword, ended } = await stuckAt('inventoryMove');
    expect(await steer(exchange, 'resolve')).toEqual({ id: exchange.id, state: 'settled' });
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    expect(await world.inventory.move([{ exchange: exchange.id, title: 'arena' }])).toEqual([
      { id: exchange.id, outcome: 'ended-by-hand' },
    ]);
    const released = await world.inventory.release([
      { exchange: exchange.id, title: 'arena', cause: { code: 'x', detail: 'x' } },
    ]);
    expect(released).toEqual([{ id: exchange.id, outcome: 'ended-by-hand' }]);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.settled']);
  });

  test('a saga whose undo cannot be done, which is parked with its owner, ends it as the pivot says', async () => {
    const { exchange, buyer, seller, sword } = await stuckAt('ledgerTransfer');
    world.before = (step) =>
      step === 'inventoryRelease' ? Promise.reject(new Error('The release cannot be made.')) : Promise.resolve();
    const compensated = steer(exchange, 'compensate');
    await until('it is parked', async () => (await view(exchange.id))?.['state'] === 'parked');
    expect(await view(exchange.id)).toMatchObject({ state: 'parked', step: 'inventoryRelease', owner: 'olga' });
    expect(await attributesOf(`trade/${exchange.id}`)).toMatchObject({
      SagaState: 'parked',
      SagaStep: 'inventoryRelease',
    });
    expect(await steer(exchange, 'resolve', oleg)).toMatchObject({ state: 'compensated' });
    expect(await compensated).toMatchObject({ state: 'compensated' });
    await handle(exchange).result();
    expect(await world.row(exchange.id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.balance(buyer, 'gold')).toBe(100n);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${seller}`, state: 'owned' });
    expect(await view(exchange.id)).toMatchObject({ state: 'ended', owner: 'oleg' });
  });

  test('a saga whose row alone cannot be closed has it closed as soon as that can be, however often they do', async () => {
    const { exchange, ended } = await stuckAt('closeTrades');
    expect(await steer(exchange, 'resolve')).toMatchObject({ state: 'settled' });
    await until(
      'it stands again',
      async () => (await trail(exchange.id)).slice(-2).join() === 'olga is answered settled,stuck',
    );
    expect(await steer(exchange, 'resolve', oleg)).toMatchObject({ state: 'settled' });
    cure();
    expect(await steer(exchange, 'retry')).toEqual({ step: 'closeTrades' });
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  });
});

describe('an undo that cannot be done', () => {
  test('after a refusal parks the saga, which nobody owns yet, and is done after the cure', async () => {
    const { exchange, ended, sword, seller } = await stuckAt('inventoryRelease', '101');
    expect(await view(exchange.id).then((row) => row ?? { state: 'parked' })).toMatchObject({ state: 'parked' });
    expect(await stateOf(`trade/${exchange.id}`)).toBe('parked');
    cure();
    expect(await steer(exchange, 'retry')).toEqual({ step: 'inventoryRelease' });
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
    await until('it is stuck', async () => (await stateOf(workflowId)) === 'stuck');
    expect(await attributesOf(workflowId)).toMatchObject({
      SagaKind: 'convoy',
      SagaStep: 'ledgerTransfer',
      Title: 'arena',
    });
    for (const { id } of exchanges) {
      await until(
        'it is noted',
        async () => (await view(id))?.['state'] === 'stuck' && (await world.row(id)).state === 'stuck',
      );
      expect(await view(id)).toMatchObject({ workflow_id: workflowId, alone: false });
    }
    await expect(
      world.client.workflow.getHandle(workflowId).executeUpdate('retry', { args: [olga] }),
    ).rejects.toMatchObject({ cause: { type: 'saga-not-alone' } });
    expect(await found(`SagaKind = 'convoy' and SagaState = 'stuck'`)).toEqual([workflowId]);
    cure();
    await world.client.workflow.getHandle(workflowId).result();
    for (const { id } of exchanges) {
      expect(await world.row(id)).toEqual({ state: 'settled', reason_code: null });
      expect(await view(id)).toMatchObject({ state: 'ended' });
    }
  });
});
