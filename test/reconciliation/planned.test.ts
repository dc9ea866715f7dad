import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../src/ids.js';
import { breakOf, RunsWorld, ScriptedCheck } from './runs-world.js';

/* What a run hands on to those who repair. */

let world: RunsWorld;
const check = new ScriptedCheck('payments');
beforeAll(async () => {
  world = await RunsWorld.open([check]);
});
afterAll(() => world.close());

test('a provider is asked about every intent that it tells for the purchase, whatever the payment says', async () => {
  const [purchase, trade] = [newId('pur'), newId('trd')];
  await world.alter(
    `insert into reconciliation.provider_lists (title, provider, list, run, state, began_at)
       values ('demo', 'stripe', 'payment_intents', 'rec_1', 'whole', now());
     insert into reconciliation.provider_objects (title, provider, kind, id, version, body, purchase, about, made_at,
         first_seen)
       select title, 'stripe', kind, id, repeat('0', 64), '{}', '${purchase}', null, now(), 'rec_1' from (values
         ('demo', 'payment_intent', 'pi_own'), ('demo', 'payment_intent', 'pi_second'),
         ('demo', 'refund', 're_own'), ('other', 'payment_intent', 'pi_other')) o (title, kind, id)`,
  );
  check.parts = [[breakOf(purchase, { type: 2 }), breakOf(trade, { type: 12 })]];
  const { id } = await world.run();
  const planned = await world.service.planned(id, 0, 10);
  expect(planned).toHaveLength(2);
  const of = (id: string): unknown => planned.find(({ subject }) => subject === id);
  expect(of(purchase)).toMatchObject({ action: 'look', intents: ['pi_own', 'pi_second'] });
  expect(of(trade)).toMatchObject({ action: 'redrive', intents: [] });
});
