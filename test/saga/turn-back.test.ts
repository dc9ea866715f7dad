import { describe, expect, test } from '@jest/globals';
import { WorkflowUpdateStage } from '@temporalio/client';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { Party } from '../../src/trades/trades.types.js';
import type { Closing } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import type { OperatorAct } from '../../contracts/sagas.js';
import { until } from '../e2e/processes.js';
import { gives, type SagaWorld, type StepName } from './saga-world.js';
import { openForTests } from './test-world.js';

let world: SagaWorld;
openForTests((opened) => void (world = opened), { STUCK_AFTER_SECONDS: '1' });

describe('a workflow that is cancelled', () => {
  /** Starts a saga, waits until it is about to make a step, cancels it there, and lets the step run late. */
  async function cancelAt(step: StepName, a: Party, b: Party): Promise<string> {
    const exchange = exchangeOf(await world.accept(a, b));
    let reached: () => void = () => undefined;
    let go: () => void = () => undefined;
    const atStep = new Promise<void>((resolve) => (reached = resolve));
    const late = new Promise<void>((resolve) => (go = resolve));
    world.before = async (name) => {
      if (name !== step) return;
      reached();
      await late;
    };
    const running = world.settle([exchange]);
    await atStep;
    await world.client.workflow.getHandle(`trade/${exchange.id}`).cancel();
    await running;
    go();
    // The late attempt takes its effect now, if it has any.
    await new Promise((resolve) => setTimeout(resolve, 300));
    return exchange.id;
  }

  test.each<StepName>(['inventoryHold', 'ledgerTransfer'])(
    'before the pivot gives everything back, and the late %s changes nothing',
    async (step) => {
      const { buyer, seller: from, sword } = await world.pair();
      const id = await cancelAt(step, gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
      expect(await world.row(id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
      expect(await world.balance(buyer, 'gold')).toBe(100n);
      expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
      expect(await world.facts(id)).toEqual(['trade.accepted', 'trade.compensated']);
    },
  );

  test('after the pivot goes forward', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(from, {}, [sword])));
    let cancelled = false;
    world.before = async (name) => {
      if (name !== 'inventoryMove' || cancelled) return;
      cancelled = true;
      await world.client.workflow.getHandle(`trade/${exchange.id}`).cancel();
      throw new Error('the first attempt to move is lost');
    };
    await world.settle([exchange]);
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
    expect(await world.balance(buyer, 'gold')).toBe(40n);
  });

  test('after the pivot says that it goes on, and not that it is being turned back', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(from, {}, [sword])));
    const handle = world.client.workflow.getHandle(`trade/${exchange.id}`);
    world.before = (step) =>
      step === 'inventoryMove' ? Promise.reject(new Error('The items cannot be moved now.')) : Promise.resolve();
    await world.starter.start([exchange], `trade/${exchange.id}`);
    await until('it is past its pivot', async () => world.calls.has('inventoryMove'));
    await handle.cancel();
    await until('the pivot was asked', async () => world.calls.has('ledgerCancel'));
    world.reset();
    await handle.result();
    const { typedSearchAttributes } = await handle.describe();
    expect(typedSearchAttributes.getAll().find(({ key }) => key.name === 'SagaState')?.value).toBe('running');
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  });

  test('with items alone is turned back by its release', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const id = await cancelAt('inventoryMove', gives(buyer), gives(from, {}, [sword]));
    expect(await world.row(id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
  });
});

test('a saga that was stuck and whose run was terminated is told to have ended by the run that closes it', async () => {
  const { buyer, seller: from, sword } = await world.pair();
  const exchange = exchangeOf(await world.accept(gives(buyer, { gold: '60' }), gives(from, {}, [sword])));
  world.before = (step) =>
    step === 'inventoryMove' ? Promise.reject(new Error('The items cannot be moved now.')) : Promise.resolve();
  await world.starter.start([exchange], `trade/${exchange.id}`);
  const said = async (): Promise<unknown> =>
    (await world.session.query<{ state: string }>('select state from sagas.sagas where id = $1', [exchange.id])).rows[0]
      ?.state;
  await until(
    'it is stuck',
    async () => (await world.row(exchange.id)).state === 'stuck' && (await said()) === 'stuck',
  );
  await world.client.workflow.getHandle(`trade/${exchange.id}`).terminate();
  world.reset();
  const other = exchangeOf(await world.accept(gives(buyer, { gold: '1' }), gives(from)));
  await world.settle([exchange, other], `convoy/${exchange.id}`);
  expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  expect(await said()).toBe('ended');
});

describe('an operator who compensates', () => {
  const act: OperatorAct = { operator: 'olga', reason: 'The player asked for it.' };
  const cause = { code: 'compensated-by-operator', detail: 'olga: The player asked for it.' };
  const compensate = (exchange: Exchange, by: unknown = act): Promise<Closing> =>
    world.client.workflow.getHandle(`trade/${exchange.id}`).executeUpdate('compensate', { args: [by] });

  /** Starts a saga whose step fails for ever, and answers once it has failed. */
  async function failingAt(
    step: StepName,
    a: Party,
    b: Party,
    others: Exchange[] = [],
  ): Promise<{ exchange: Exchange; ended: Promise<Closing[]> }> {
    const exchange = exchangeOf(await world.accept(a, b));
    let reached: () => void = () => undefined;
    const failed = new Promise<void>((resolve) => (reached = resolve));
    world.before = (name) => {
      if (name !== step) return Promise.resolve();
      reached();
      return Promise.reject(new Error(`${step} cannot be made now`));
    };
    const ended = world.settle([exchange, ...others]);
    await failed;
    return { exchange, ended };
  }

  test.each<StepName>(['inventoryHold', 'ledgerTransfer'])(
    'while %s fails for ever is told that everything was given back, and so it was',
    async (step) => {
      const { buyer, seller: from, sword } = await world.pair();
      const { exchange, ended } = await failingAt(step, gives(buyer, { gold: '60' }), gives(from, {}, [sword]));
      const closing = { id: exchange.id, state: 'compensated', cause };
      expect(await compensate(exchange)).toEqual(closing);
      expect(await ended).toEqual([{ ...closing, closedAt: expect.any(String) }]);
      expect(await world.row(exchange.id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
      expect(await world.balance(buyer, 'gold')).toBe(100n);
      expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
      expect(await world.facts(exchange.id)).toEqual(['trade.accepted', 'trade.compensated']);
    },
  );

  test('an exchange of items alone is told so after the release', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const { exchange, ended } = await failingAt('inventoryMove', gives(buyer), gives(from, {}, [sword]));
    expect(await compensate(exchange)).toMatchObject({ state: 'compensated', cause });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'owned' });
    await ended;
  });

  test('after the pivot comes too late and is told that it is settled, before the move can be made', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const { exchange, ended } = await failingAt(
      'inventoryMove',
      gives(buyer, { gold: '60' }),
      gives(from, {}, [sword]),
    );
    expect(await compensate(exchange)).toEqual({ id: exchange.id, state: 'settled' });
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${from}`, state: 'held' });
    world.before = () => Promise.resolve();
    expect(await ended).toEqual([{ id: exchange.id, state: 'settled', closedAt: expect.any(String) }]);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${buyer}`, state: 'owned' });
  });

  test('while the end is yet to be noted is kept in the audit trail like any other, and the end after it', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const { exchange, ended } = await failingAt(
      'inventoryMove',
      gives(buyer, { gold: '60' }),
      gives(from, {}, [sword]),
    );
    let note: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (note = resolve));
    world.before = (step) => (step === 'noteSaga' ? late : Promise.resolve());
    await compensate(exchange);
    await until('its row is closed', async () => (await world.row(exchange.id)).state === 'settled');
    const handle = world.client.workflow.getHandle(`trade/${exchange.id}`);
    const second = await handle.startUpdate<Closing, [OperatorAct]>('compensate', {
      args: [{ operator: 'oleg', reason: 'I saw it too.' }],
      waitForStage: WorkflowUpdateStage.ACCEPTED,
    });
    note();
    expect(await second.result()).toEqual({ id: exchange.id, state: 'settled' });
    await ended;
    const { rows } = await world.session.query<{ told: string }>(
      `select coalesce(operator || ' ' || coalesce(answer_code, 'asks'), state) as told
       from sagas.timeline where saga = $1 order by number`,
      [exchange.id],
    );
    expect(rows.map(({ told }) => told)).toEqual(
      expect.arrayContaining(['olga asks', 'olga too-late', 'oleg asks', 'oleg too-late']),
    );
    expect(rows.at(-1)).toEqual({ told: 'ended' });
  });

  test('is told the refusal where the items were refused before', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const { exchange, ended } = await failingAt('closeTrades', gives(from, { gold: '1' }), gives(buyer, {}, [sword]));
    expect(await compensate(exchange)).toMatchObject({ state: 'refused', cause: { code: 'item-not-owned' } });
    world.before = () => Promise.resolve();
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'refused', reason_code: 'item-not-owned' });
  });

  test('at the same time as another is told what the other is', async () => {
    const { buyer, seller: from, sword } = await world.pair();
    const { exchange, ended } = await failingAt(
      'ledgerTransfer',
      gives(buyer, { gold: '60' }),
      gives(from, {}, [sword]),
    );
    const [first, second] = await Promise.all([
      compensate(exchange),
      compensate(exchange, { operator: 'oleg', reason: 'Too slow.' }),
    ]);
    expect(first).toMatchObject({ state: 'compensated' });
    expect(second).toEqual(first);
    await ended;
  });

  test.each([
    [null],
    [{ operator: 'olga' }],
    [{ operator: '', reason: 'x' }],
    [{ operator: 'olga', reason: 'a\u0000b' }],
    [{ operator: 7, reason: 'x' }],
  ])('as %j is refused, and the saga goes on', async (by) => {
    const { buyer, seller: from, sword } = await world.pair();
    const { exchange, ended } = await failingAt(
      'ledgerTransfer',
      gives(buyer, { gold: '60' }),
      gives(from, {}, [sword]),
    );
    await expect(compensate(exchange, by)).rejects.toMatchObject({ name: 'WorkflowUpdateFailedError' });
    world.before = () => Promise.resolve();
    expect(await ended).toMatchObject([{ state: 'settled' }]);
  });

  test('is refused by a run that settles several', async () => {
    const { buyer, seller: from } = await world.pair();
    const other = exchangeOf(await world.accept(gives(buyer, { gold: '1' }), gives(from)));
    const { exchange, ended } = await failingAt('ledgerTransfer', gives(buyer, { gold: '2' }), gives(from), [other]);
    await expect(compensate(exchange)).rejects.toMatchObject({
      name: 'WorkflowUpdateFailedError',
      cause: { message: expect.stringContaining('2 exchanges') },
    });
    world.before = () => Promise.resolve();
    expect(await ended).toMatchObject([{ state: 'settled' }, { state: 'settled' }]);
  });
});
