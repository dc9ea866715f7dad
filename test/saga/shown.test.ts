import { afterAll, expect, test } from '@jest/globals';
import type { StepName } from './saga-world.js';
import { ended, operate, retried, retry, standsAt, startLone, steps, type Goods } from './shown-lone.js';
import { expectStage, told, waitsAgain, type Party, type Stage } from './shown-states.js';
import { ShownWorld, whyOf } from './shown-world.js';

/*
 * Everything that is shown of a saga that stands alone, in every state that it can be in and after every change of it.
 * The sagas run at the same time, because most of what they do is wait.
 */

/** What goes on by itself waits for its next attempt, and others run beside it. */
const inTime = 180_000;

let opened: Promise<ShownWorld> | undefined;
const open = (): Promise<ShownWorld> => (opened ??= ShownWorld.open());
afterAll(async () => {
  const world = await opened;
  if (world === undefined) return;
  const imbalance = await world.saga.imbalance();
  await world.close();
  expect(imbalance).toEqual({ sums: [], openHolds: 0 });
}, 240_000);

/** Starts a saga that is stuck or parked at a step. */
const standAt = async (step: StepName, options: Goods = {}, stage: Partial<Stage> = {}): Promise<Party> =>
  standsAt(await open(), step, options, stage);
const settled: Stage = { state: 'ended', closed: { state: 'settled' }, last: 'running' };
const compensated = { state: 'compensated', reason: 'compensated-by-operator' };

const journeys: [step: StepName, next: StepName | undefined, options: Goods, acts?: string[]][] = [
  ['inventoryHold', 'ledgerTransfer', {}],
  ['ledgerTransfer', 'inventoryMove', {}],
  ['inventoryMove', 'closeTrades', {}],
  ['closeTrades', undefined, {}],
  ['ledgerTransfer', 'closeTrades', { items: false }],
  ['inventoryHold', 'inventoryMove', { gold: '0' }],
  ['inventoryMove', 'closeTrades', { gold: '0' }, ['retry', 'compensate']],
];

test.concurrent.each(journeys)(
  'a saga that is stuck at %s, goes on to %s (%j), and ends is shown so at every moment',
  async (step, next, options, acts) => {
    const party = await standAt(step, options, acts === undefined ? {} : { acts });
    await retry(party, 'olga', step, next === undefined ? {} : { [next]: 'hangs' });
    const freed = [told.asks('olga', 'retry'), told.is(party.workflowId, 'freed', 'olga'), retried('olga', step)];
    if (next === undefined) {
      // What is told of the end waits for the answer to olga.
      await expectStage('has ended', party, settled, ...freed, ended(party, 'olga'));
      return;
    }
    await expectStage('goes on', party, { state: 'running', step: next }, ...freed);
    party.fates.set({ [next]: 'works' });
    if (next !== 'closeTrades')
      for (const one of steps.slice(steps.indexOf(next) + 1)) party.steps.push(`${one} by ${party.workflowId}`);
    await expectStage('has ended', party, settled, ended(party, 'olga'));
  },
  inTime,
);

test.concurrent.each<StepName>(['inventoryHold', 'ledgerTransfer', 'inventoryMove'])(
  'a saga that was stuck at %s and goes on by itself is shown so',
  async (step) => {
    const party = await standAt(step);
    const next = steps[steps.indexOf(step) + 1] as StepName;
    party.fates.set({ [step]: 'works', [next]: 'hangs' });
    await expectStage('goes on', party, { state: 'running', step: next }, told.is(party.workflowId, 'freed'));
    const again: Stage = { state: 'stuck', step: next };
    party.fates.set({ [next]: 'fails' });
    await expectStage('is stuck again', party, again, told.stands(party.workflowId, again));
    await retry(party, 'olga', next);
    for (const one of steps.slice(steps.indexOf(next) + 1)) party.steps.push(`${one} by ${party.workflowId}`);
    await expectStage(
      'has ended',
      party,
      settled,
      told.asks('olga', 'retry'),
      told.is(party.workflowId, 'freed', 'olga'),
      retried('olga', next),
      ended(party, 'olga'),
    );
  },
  inTime,
);

test.concurrent.each<StepName>(['inventoryHold', 'ledgerTransfer'])(
  'a saga that is stuck at %s, turned back, parked at each undo and freed again is shown so at every moment',
  async (step) => {
    const party = await standAt(step);
    const { workflowId } = party;
    party.fates.set({ ledgerCancel: 'hangs' });
    const answer = operate(party, 'olga', 'compensate');
    await expectStage(
      'is turned back',
      party,
      { state: 'compensating', step: 'ledgerCancel', owner: 'olga' },
      told.asks('olga', 'compensate'),
      told.is(workflowId, 'compensating', 'olga'),
    );

    const atCancel: Stage = { state: 'parked', step: 'ledgerCancel', owner: 'olga' };
    party.fates.set({ ledgerCancel: 'fails' });
    await expectStage('is parked', party, atCancel, told.stands(workflowId, atCancel));
    await waitsAgain(party);
    expect(await operate(party, 'oleg', 'retry')).toEqual([409, 'step-failed-again']);
    await expectStage(
      'is parked still',
      party,
      { ...atCancel, owner: 'oleg' },
      told.asks('oleg', 'retry'),
      told.answer('oleg', 'retry', 'step-failed-again', whyOf('ledgerCancel')),
    );

    await retry(party, 'oleg', 'ledgerCancel', { inventoryRelease: 'hangs' });
    const asked = told.asks('oleg', 'retry');
    await expectStage(
      'is freed',
      party,
      { state: 'compensating', step: 'inventoryRelease', owner: 'oleg' },
      asked,
      told.is(workflowId, 'compensating', 'oleg'),
      retried('oleg', 'ledgerCancel'),
    );
    const atRelease: Stage = { state: 'parked', step: 'inventoryRelease', owner: 'oleg' };
    party.fates.set({ inventoryRelease: 'fails' });
    await expectStage('is parked at the release', party, atRelease, told.stands(workflowId, atRelease));

    await retry(party, 'eve', 'inventoryRelease', { closeTrades: 'hangs' });
    const answers = [
      retried('eve', 'inventoryRelease'),
      told.answer('olga', 'compensate', 'compensated', 'compensated-by-operator: olga: I am olga.'),
    ];
    await expectStage(
      'is freed again',
      party,
      { state: 'compensating', step: 'closeTrades', owner: 'eve' },
      told.asks('eve', 'retry'),
      told.is(workflowId, 'compensating', 'eve'),
      ...answers,
    );
    party.fates.set({ closeTrades: 'works' });
    await expectStage(
      'has ended',
      party,
      { state: 'ended', last: 'compensating', closed: compensated },
      ended(party, 'eve'),
    );
    // The operator is answered that it goes on where all of this has taken longer than they wait.
    expect([
      [200, 'compensated'],
      [202, 'goes-on'],
    ]).toContainEqual(await answer);
  },
  inTime,
);

test.concurrent(
  'a saga of items alone that is turned back at its pivot is shown so at every moment',
  async () => {
    const party = await standAt('inventoryMove', { gold: '0' }, { acts: ['retry', 'compensate'] });
    party.fates.set({ inventoryRelease: 'hangs' });
    const answer = operate(party, 'olga', 'compensate');
    await expectStage(
      'is turned back',
      party,
      { state: 'compensating', step: 'inventoryRelease', owner: 'olga' },
      told.asks('olga', 'compensate'),
      told.is(party.workflowId, 'compensating', 'olga'),
    );
    const parked: Stage = { state: 'parked', step: 'inventoryRelease', owner: 'olga', acts: ['retry'] };
    party.fates.set({ inventoryRelease: 'fails' });
    await expectStage('is parked', party, parked, told.stands(party.workflowId, parked));
    party.fates.set({ inventoryRelease: 'works', closeTrades: 'hangs' });
    const news = [
      told.is(party.workflowId, 'compensating', 'olga'),
      told.answer('olga', 'compensate', 'compensated', 'compensated-by-operator: olga: I am olga.'),
    ];
    await expectStage('is freed', party, { state: 'compensating', step: 'closeTrades', owner: 'olga' }, ...news);
    party.fates.set({ closeTrades: 'works' });
    await expectStage(
      'has ended',
      party,
      { state: 'ended', last: 'compensating', closed: compensated },
      ended(party, 'olga'),
    );
    expect(await answer).toEqual([200, 'compensated']);
  },
  inTime,
);

test.concurrent(
  'a saga that was refused and whose undo fails is parked without an owner, freed and ended, and shown so',
  async () => {
    const party = await standAt('inventoryRelease', { gold: '101' }, { state: 'parked' });
    await retry(party, 'olga', 'inventoryRelease', { closeTrades: 'hangs' });
    await expectStage(
      'is freed',
      party,
      { state: 'running', step: 'closeTrades' },
      told.asks('olga', 'retry'),
      told.is(party.workflowId, 'freed', 'olga'),
      retried('olga', 'inventoryRelease'),
    );
    party.fates.set({ closeTrades: 'works' });
    await expectStage(
      'has ended',
      party,
      { state: 'ended', last: 'running', closed: { state: 'refused', reason: 'insufficient-funds' } },
      ended(party, 'olga'),
    );
  },
  inTime,
);

test.concurrent(
  'a saga whose operator compensates too late is shown to go forward again',
  async () => {
    const party = await standAt('inventoryMove');
    party.fates.set({ inventoryMove: 'hangs' });
    expect(await operate(party, 'olga', 'compensate')).toEqual([409, 'too-late']);
    party.steps.push(`ledgerCancel by ${party.workflowId}`);
    const turned = [
      told.asks('olga', 'compensate'),
      told.is(party.workflowId, 'compensating', 'olga'),
      told.is(party.workflowId, 'freed', 'olga'),
    ];
    await expectStage(
      'goes forward',
      party,
      { state: 'running', step: 'inventoryMove' },
      ...turned,
      told.answer('olga', 'compensate', 'too-late', 'The pivot has booked it, so the deal is settled or will be.'),
    );
    party.fates.set({ inventoryMove: 'works' });
    party.steps.push(`closeTrades by ${party.workflowId}`);
    await expectStage('has ended', party, settled, ended(party, 'olga'));
  },
  inTime,
);

test.concurrent(
  'a saga that is resolved is shown to go on, and ended',
  async () => {
    const party = await standAt('inventoryMove');
    party.fates.set({ closeTrades: 'hangs' });
    expect(await operate(party, 'olga', 'resolve')).toEqual([200, 'settled']);
    party.steps.push(`ledgerKept by ${party.workflowId}`, `inventoryEndByHand by ${party.workflowId}`);
    const news = [
      told.asks('olga', 'resolve'),
      told.is(party.workflowId, 'freed', 'olga'),
      told.answer('olga', 'resolve', 'settled', 'The deal is settled.'),
    ];
    await expectStage('goes on', party, { state: 'running', step: 'closeTrades' }, ...news);
    party.fates.set({ closeTrades: 'works' });
    await expectStage('has ended', party, settled, ended(party, 'olga'));
  },
  inTime,
);

test.concurrent(
  'a saga that is cancelled from outside while it is stuck is shown to go back, and ended',
  async () => {
    const party = await standAt('ledgerTransfer');
    party.fates.set({ ledgerCancel: 'hangs' });
    await party.world.saga.client.workflow.getHandle(party.workflowId).cancel();
    await expectStage(
      'is turned back',
      party,
      { state: 'compensating', step: 'ledgerCancel' },
      told.is(party.workflowId, 'freed'),
      told.is(party.workflowId, 'compensating'),
    );
    party.fates.set({ ledgerCancel: 'works' });
    party.steps.push(`inventoryRelease by ${party.workflowId}`, `closeTrades by ${party.workflowId}`);
    await expectStage('has ended', party, { state: 'ended', last: 'compensating', closed: compensated }, ended(party));
  },
  inTime,
);

test.concurrent(
  'a saga that nothing is told of is shown by its deal alone',
  async () => {
    const party = await startLone(await open(), 'ledgerTransfer');
    party.fates.set({ ledgerTransfer: 'works' });
    party.steps.push(`inventoryMove by ${party.workflowId}`, `closeTrades by ${party.workflowId}`);
    await expectStage('has ended', party, settled);
  },
  inTime,
);
