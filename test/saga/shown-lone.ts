import { expect } from '@jest/globals';
import type { OperatorActName } from '../../contracts/sagas.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { gives, type StepName } from './saga-world.js';
import { expectStage, told, waitsAgain, type Party, type Stage } from './shown-states.js';
import type { Fate, ShownWorld } from './shown-world.js';

/* Sagas that stand alone, taken to where they are looked at. */

/** The steps of a saga that goes forward, in their order. */
export const steps: StepName[] = ['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades'];

/** What a saga is about: gold, unless it is 0, for a sword, unless there are no items. */
export interface Goods {
  gold?: string;
  items?: boolean;
}

/** Starts a saga that has not been answered at a step. */
export async function startLone(
  world: ShownWorld,
  step: StepName,
  { gold = '60', items = true }: Goods = {},
): Promise<Party> {
  const { buyer, seller, sword } = await world.saga.pair();
  const exchange = exchangeOf(
    await world.saga.accept(gives(buyer, gold === '0' ? {} : { gold }), gives(seller, {}, items ? [sword] : [])),
  );
  const workflowId = `trade/${exchange.id}`;
  const made = steps.filter((one) => (one === 'ledgerTransfer' ? gold !== '0' : one === 'closeTrades' || items));
  const before = made.includes(step) ? made.slice(0, made.indexOf(step)) : made.slice(0, made.indexOf('inventoryMove'));
  const party = {
    world,
    workflowId,
    exchanges: [exchange],
    size: 1,
    fates: world.fatesOf([exchange]),
    told: [],
    steps: before.map((one) => `${one} by ${workflowId}`),
    memo: {},
  };
  party.fates.set({ [step]: 'hangs' });
  await world.saga.starter.recordStart([exchange], workflowId);
  await world.saga.starter.start([exchange], workflowId);
  await expectStage(`under way at ${step}`, party, { state: 'running', step });
  return party;
}

/** Starts a saga, and has a step of it fail until it stands there. */
export async function standsAt(
  world: ShownWorld,
  step: StepName,
  options: Goods,
  stage: Partial<Stage>,
): Promise<Party> {
  const party = await startLone(world, step, options);
  const stands: Stage = { state: 'stuck', step, ...stage };
  party.fates.set({ [step]: 'fails' });
  await expectStage(`stands at ${step}`, party, stands, told.stands(party.workflowId, stands));
  return party;
}

/** Has an operator do something. @returns the status, and the code of the answer */
export const operate = (party: Party, operator: string, act: OperatorActName): Promise<unknown> =>
  party.world
    .operate(party.exchanges[0]?.id ?? '', act, operator)
    .then(({ status, body }) => [
      status,
      (body as { answer?: { code: string }; code?: string }).answer?.code ?? (body as { code?: string }).code,
    ]);

/** Has an operator try a step again when it works, and what comes next fare as it is to. */
export async function retry(
  party: Party,
  operator: string,
  step: StepName,
  next: Partial<Record<StepName, Fate>> = {},
): Promise<void> {
  await waitsAgain(party);
  party.fates.set({ ...next, [step]: 'works' });
  expect(await operate(party, operator, 'retry')).toEqual([200, 'retried']);
}

export const retried = (operator: string, step: StepName): unknown =>
  told.answer(operator, 'retry', 'retried', `The step ${step} has answered.`);
export const ended = (party: Party, owner?: string): unknown => told.is(party.workflowId, 'ended', owner);
