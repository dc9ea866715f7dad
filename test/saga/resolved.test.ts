import { describe, expect, test } from '@jest/globals';
import { until } from '../e2e/processes.js';
import type { SagaWorld, StepName } from './saga-world.js';
import { oleg, StandingSagas } from './standing-sagas.js';
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

describe('an operator who resolves', () => {
  test.each<[StepName, boolean]>([
    ['inventoryHold', true],
    ['ledgerTransfer', true],
    ['ledgerTransfer', false],
  ])('while the pivot is open, at %s, is refused, and the items stay held', async (step, items) => {
    const { exchange, ended } = await sagas.stuckAt(step, '60', items);
    expect(await sagas.answerTo(exchange, 'resolve')).toBe('saga-not-resolvable');
    expect(await sagas.stateOf(`trade/${exchange.id}`)).toBe('stuck');
    expect((await world.row(exchange.id)).state).not.toBe('settled');
    sagas.cure();
    await sagas.steer(exchange, 'retry');
    await ended;
  });

  test('an exchange of items alone with an open hold is refused', async () => {
    const { exchange, sword, ended } = await sagas.stuckAt('inventoryMove', '0');
    expect(await sagas.answerTo(exchange, 'resolve')).toBe('saga-not-resolvable');
    expect(await world.ownerOf(sword)).toMatchObject({ state: 'held' });
    sagas.cure();
    await sagas.steer(exchange, 'retry');
    await ended;
  });

  test("after the pivot ends it as settled, the items are the buyer's, and a late move does nothing", async () => {
    const { exchange, buyer, sword, ended } = await sagas.stuckAt('inventoryMove');
    expect(await sagas.steer(exchange, 'resolve')).toEqual({ id: exchange.id, state: 'settled' });
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
    const { exchange, buyer, seller, sword } = await sagas.stuckAt('ledgerTransfer');
    // The transfer goes on failing: made before the saga is turned back, it would settle it.
    world.before = (step) =>
      step === 'inventoryRelease' || step === 'ledgerTransfer'
        ? Promise.reject(new Error('It cannot be made.'))
        : Promise.resolve();
    const compensated = sagas.steer(exchange, 'compensate');
    await until('it is parked', async () => (await sagas.view(exchange.id))?.['state'] === 'parked');
    expect(await sagas.view(exchange.id)).toMatchObject({ state: 'parked', step: 'inventoryRelease', owner: 'olga' });
    expect(await sagas.attributesOf(`trade/${exchange.id}`)).toMatchObject({
      SagaState: 'parked',
      SagaStep: 'inventoryRelease',
    });
    expect(await sagas.steer(exchange, 'resolve', oleg)).toMatchObject({ state: 'compensated' });
    expect(await compensated).toMatchObject({ state: 'compensated' });
    await sagas.handle(exchange).result();
    expect(await world.row(exchange.id)).toEqual({ state: 'compensated', reason_code: 'compensated-by-operator' });
    expect(await world.balance(buyer, 'gold')).toBe(100n);
    expect(await world.ownerOf(sword)).toEqual({ owner: `player:${seller}`, state: 'owned' });
    expect(await sagas.view(exchange.id)).toMatchObject({ state: 'ended', owner: 'oleg' });
  });

  test('a saga whose row alone cannot be closed has it closed once that can be, however often they do', async () => {
    const { exchange, ended } = await sagas.stuckAt('closeTrades');
    expect(await sagas.steer(exchange, 'resolve')).toMatchObject({ state: 'settled' });
    await until(
      'it stands again',
      async () => (await sagas.trail(exchange.id)).slice(-2).join() === 'olga is answered settled,stuck',
    );
    expect(await sagas.steer(exchange, 'resolve', oleg)).toMatchObject({ state: 'settled' });
    sagas.cure();
    expect(await sagas.steer(exchange, 'retry')).toEqual({ step: 'closeTrades' });
    await ended;
    expect(await world.row(exchange.id)).toEqual({ state: 'settled', reason_code: null });
  });
});
