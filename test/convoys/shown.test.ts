import { afterAll, expect, test } from '@jest/globals';
import { convoyWorkflowId, type Exchange } from '../../contracts/nouns.js';
import type { StepName } from '../saga/saga-world.js';
import { expectStage, told, waitsAgain, type Party, type Stage } from '../saga/shown-states.js';
import { ShownWorld } from '../saga/shown-world.js';
import { bad, refuseFor } from './bad-steps.js';
import { acceptTrades } from './convoy-samples.js';

/*
 * Everything that is shown of a convoy and of each of its deals, in every state that it can be in, and of those that
 * have left it. The convoys run at the same time, because most of what they do is wait.
 */

/** A convoy waits up to ten seconds for each of its next attempts. */
const inTime = 240_000;

let opened: Promise<ShownWorld> | undefined;
const open = (): Promise<ShownWorld> => (opened ??= ShownWorld.open());
afterAll(async () => {
  const world = await opened;
  if (world === undefined) return;
  const imbalance = await world.saga.imbalance();
  await world.close();
  expect(imbalance).toEqual({ sums: [], openHolds: 0 });
}, 240_000);

const forward: StepName[] = ['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'];

/** The steps of a journey, up to one of them where it is given. */
const madeBy = (party: Party, steps: readonly StepName[], before?: StepName): string[] =>
  (before === undefined ? steps : steps.slice(0, steps.indexOf(before))).map(
    (step) => `${step} by ${party.workflowId}`,
  );

/** A convoy of so many exchanges whose first step has not been answered yet, or that of a journey of its own. */
async function start(
  count: number,
  step: StepName,
  { gold = '60', steps = forward }: { gold?: string; steps?: readonly StepName[] } = {},
): Promise<Party> {
  const world = await open();
  const exchanges = await acceptTrades(world.saga, count, gold);
  const workflowId = convoyWorkflowId(exchanges[0] as Exchange);
  const party: Party = {
    world,
    workflowId,
    exchanges,
    size: count,
    fates: world.fatesOf(exchanges),
    told: [],
    steps: [],
    memo: {},
  };
  party.steps = madeBy(party, steps, step);
  party.fates.set({ [step]: 'hangs' });
  await world.saga.starter.recordStart(exchanges, workflowId);
  await world.saga.starter.start(exchanges, workflowId);
  await expectStage(`under way at ${step}`, party, { state: 'running', step });
  return party;
}

async function standsAt(party: Party, step: StepName, state: 'stuck' | 'parked' = 'stuck'): Promise<void> {
  const stage: Stage = { state, step };
  party.fates.set({ [step]: 'fails' });
  await expectStage(`${state} at ${step}`, party, stage, told.stands(party.workflowId, stage));
}

const freed = (party: Party): unknown => told.is(party.workflowId, 'freed');
const ended = (party: Party): unknown => told.is(party.workflowId, 'ended');
const settled: Stage = { state: 'ended', closed: { state: 'settled' }, last: 'running' };
const refused: Stage = { state: 'ended', closed: { state: 'refused', reason: 'insufficient-funds' }, last: 'running' };
const compensated: Stage = {
  state: 'ended',
  closed: { state: 'compensated', reason: 'compensated-by-operator' },
  last: 'compensating',
};

test.concurrent(
  'a convoy that is stuck at each step in turn, goes on by itself, and ends is shown so at every moment',
  async () => {
    const party = await start(3, 'inventoryHold');
    for (const [place, step] of forward.entries()) {
      await standsAt(party, step);
      const next = forward[place + 1];
      party.fates.set({ [step]: 'works', ...(next !== undefined && { [next]: 'hangs' }) });
      if (next !== undefined) await expectStage('goes on', party, { state: 'running', step: next }, freed(party));
    }
    await expectStage('has ended', party, settled, freed(party), ended(party));
  },
  inTime,
);

test.concurrent(
  'a convoy that was refused and whose undo fails is parked, freed and ended, and shown so',
  async () => {
    const party = await start(3, 'inventoryRelease', {
      gold: '101',
      steps: ['inventoryHold', 'ledgerTransfer', 'inventoryRelease'],
    });
    await standsAt(party, 'inventoryRelease', 'parked');
    party.fates.set({ inventoryRelease: 'works', closeTrades: 'hangs' });
    await expectStage('goes on', party, { state: 'running', step: 'closeTrades' }, freed(party));
    party.fates.set({ closeTrades: 'works' });
    await expectStage('has ended', party, refused, ended(party));
  },
  inTime,
);

test.concurrent(
  'a convoy that is cancelled from outside, parked at each undo and freed again is shown so at every moment',
  async () => {
    const party = await start(3, 'ledgerTransfer');
    party.fates.set({ ledgerCancel: 'hangs' });
    await party.world.saga.client.workflow.getHandle(party.workflowId).cancel();
    const back = told.is(party.workflowId, 'compensating');
    await expectStage('is turned back', party, { state: 'compensating', step: 'ledgerCancel' }, back);
    await standsAt(party, 'ledgerCancel', 'parked');
    party.fates.set({ ledgerCancel: 'works', inventoryRelease: 'hangs' });
    await expectStage('is freed', party, { state: 'compensating', step: 'inventoryRelease' }, back);
    await standsAt(party, 'inventoryRelease', 'parked');
    party.fates.set({ inventoryRelease: 'works', closeTrades: 'hangs' });
    await expectStage('is freed again', party, { state: 'compensating', step: 'closeTrades' }, back);
    party.fates.set({ closeTrades: 'works' });
    await expectStage('has ended', party, compensated, ended(party));
  },
  inTime,
);

/** A party of one that has left a convoy, which has told this of it. */
function leaverOf(convoy: Party, exchange: Exchange): Party {
  const { world, told: before, steps, workflowId } = convoy;
  return {
    world,
    workflowId: `trade/${exchange.id}`,
    exchanges: [exchange],
    size: 1,
    fates: world.fatesOf([exchange]),
    told: [...before],
    steps: [...steps],
    memo: { leftFrom: workflowId },
  };
}

/** The others of a convoy that one has left. */
const staying = (convoy: Party, leaver: Party): Party => ({
  ...convoy,
  exchanges: convoy.exchanges.filter(({ id }) => id !== leaver.exchanges[0]?.id),
});

/** Has an operator try the step of a leaver again that was cured. */
async function retry(party: Party, step: StepName): Promise<void> {
  await waitsAgain(party);
  await party.world.operate(party.exchanges[0]?.id ?? '', 'retry', 'olga');
  const { workflowId } = party;
  const news = [
    told.asks('olga', 'retry'),
    told.is(workflowId, 'freed', 'olga'),
    told.answer('olga', 'retry', 'retried', `The step ${step} has answered.`),
    told.is(workflowId, 'ended', 'olga'),
  ];
  party.told.push(...news);
}

interface Leaving {
  /** The word of the step that is bad for one. */
  word: string;
  gold: string;
  /** What the convoy does before, and what it does after. */
  steps: readonly StepName[];
  ends: Stage;
}

const leavings: Leaving[] = [
  { word: 'hold', gold: '60', steps: forward, ends: settled },
  { word: 'transfer', gold: '60', steps: forward, ends: settled },
  { word: 'move', gold: '60', steps: forward, ends: settled },
  { word: 'close', gold: '60', steps: forward, ends: settled },
  {
    word: 'release',
    gold: '101',
    steps: ['inventoryHold', 'ledgerTransfer', 'inventoryRelease', 'closeTrades'],
    ends: refused,
  },
];

test.concurrent.each(leavings)(
  'one that leaves a convoy at its $word, where it was stuck, is shown by its own run, and the convoy by the rest',
  async ({ word, gold, steps, ends }) => {
    const step = bad[word]?.step as StepName;
    const undoes = word === 'release';
    const convoy = await start(4, step, { gold, steps });
    const [, , one] = convoy.exchanges as [Exchange, Exchange, Exchange];
    const cure = await refuseFor(convoy.world.saga, word, one);
    await standsAt(convoy, step, undoes ? 'parked' : 'stuck');
    convoy.told.push(freed(convoy));
    const leaver = leaverOf(convoy, one);
    const next = steps[steps.indexOf(step) + 1];
    convoy.fates.set({ [step]: 'works', ...(next !== undefined && { [next]: 'hangs' }) });

    // Its own run begins anew, and stands where the convoy could not take it along.
    const own = madeBy(leaver, steps, step);
    leaver.steps.push(`startAlone by ${convoy.workflowId}`, ...own);
    const stands: Stage = { state: undoes ? 'parked' : 'stuck', step, why: 'this one is bad' };
    await expectStage('stands alone', leaver, stands, told.stands(leaver.workflowId, stands));
    const others = staying(convoy, leaver);
    if (next === undefined) {
      await expectStage('has ended without it', others, ends, ended(convoy));
    } else {
      await expectStage('goes on without it', others, { state: 'running', step: next, asked: 3 });
      const again: Stage = { state: 'stuck', step: next, asked: 3 };
      convoy.fates.set({ [next]: 'fails' });
      await expectStage('is stuck without it', others, again, told.stands(convoy.workflowId, again));
      await expectStage('stands alone as before', leaver, stands);
      convoy.fates.set({ [next]: 'works' });
      const rest = steps.slice(steps.indexOf(next) + 1);
      others.steps.push(...madeBy(convoy, rest));
      await expectStage('has ended without it', others, ends, freed(convoy), ended(convoy));
    }
    await expectStage('stands alone still', leaver, stands);

    await cure();
    await retry(leaver, step);
    leaver.steps.push(...madeBy(leaver, steps.slice(steps.indexOf(step) + 1)));
    await expectStage('has ended alone', leaver, ends);
  },
  inTime,
);

test.concurrent(
  'one that leaves a convoy which was never stuck, and has told nothing, is shown with what the convoy has done',
  async () => {
    const world = await open();
    const exchanges = await acceptTrades(world.saga, 3, '60');
    const [first, one] = exchanges as [Exchange, Exchange, Exchange];
    const workflowId = convoyWorkflowId(first);
    const cure = await refuseFor(world.saga, 'transfer', one);
    await world.saga.starter.recordStart(exchanges, workflowId);
    await world.saga.starter.start(exchanges, workflowId);

    const convoy: Party = {
      world,
      workflowId,
      exchanges,
      size: 3,
      fates: world.fatesOf(exchanges),
      told: [],
      steps: madeBy({ workflowId } as Party, ['inventoryHold', 'ledgerTransfer']),
      memo: {},
    };
    const leaver = leaverOf(convoy, one);
    leaver.steps.push(`startAlone by ${workflowId}`, ...madeBy(leaver, forward, 'ledgerTransfer'));
    const stands: Stage = { state: 'stuck', step: 'ledgerTransfer', why: 'this one is bad' };
    await expectStage('stands alone', leaver, stands, told.stands(leaver.workflowId, stands));
    await cure();
    await retry(leaver, 'ledgerTransfer');
    leaver.steps.push(...madeBy(leaver, ['inventoryMove', 'closeTrades']));
    await expectStage('has ended alone', leaver, settled);
  },
  inTime,
);
