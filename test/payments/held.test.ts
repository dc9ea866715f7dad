import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { OperationKind } from '../../src/payments/provider.types.js';
import { adapterWith } from './adapters.js';
import { openPayments, type PaymentsWorld } from './payments-world.js';

/* A stranger's session holds the row of a payment. */

let world: PaymentsWorld;
let stranger: pg.Client;
beforeAll(async () => {
  world = await openPayments();
  stranger = new pg.Client({ connectionString: world.url });
  await stranger.connect();
});
afterAll(async () => {
  await stranger.end();
  await world.close();
});

const asking = { alone: false, patient: true };
const captured = { answer: { outcome: 'captured' } };
const heldFor = { failed: expect.any(String), retryMs: expect.any(Number) };

async function hold(id: string): Promise<void> {
  await stranger.query('begin');
  await stranger.query('select from payments.payments where id = $1 for no key update', [id]);
}

test('a payment that is held fails alone, says when to try again, and goes on when it is free', async () => {
  const elements = Array.from({ length: 4 }, () => world.element());
  const [held] = elements;
  expect(await world.payments.authorize(elements, asking)).toEqual(
    Array(4).fill({ answer: expect.objectContaining({ outcome: 'authorized' }) }),
  );
  await hold(String(held?.id));
  const results = await world.payments.capture(elements, asking);
  expect(results).toEqual([heldFor, ...Array(3).fill(captured)]);
  await stranger.query('rollback');
  // Each attempt is for the payments that have failed, as a run of its own makes it.
  expect(await world.payments.capture(elements.slice(0, 1), asking)).toEqual([captured]);
  expect(await world.payments.capture(elements, asking)).toEqual(Array(4).fill(captured));
});

/** What the provider has done for a payment, call by call; a look is `none`. */
async function effectsOf(id: string): Promise<string[]> {
  const { calls } = await world.provider.effects({ reference: id });
  return calls.map(({ effect }) => effect);
}

test.each<[OperationKind, string[], string[]]>([
  // The provider knows the key of the create, so it makes no second intent.
  ['create', ['created'], ['created', 'replayed', 'authorized', 'captured']],
  ['confirm', ['created', 'authorized'], ['created', 'authorized', 'none', 'captured']],
  ['capture', ['created', 'authorized', 'captured'], ['created', 'authorized', 'captured', 'none']],
])(
  'a payment that is held when the answer to its %s is written down is done once, by one call more',
  async (kind, before, after) => {
    const [held, other] = [world.element(), world.element()];
    let isStruck = false;
    const process = world.another(
      adapterWith(world, (account) => ({
        async call(call, options) {
          const said = await account.call(call, options);
          if (call.kind !== kind || !call.key.startsWith(held.id) || isStruck) return said;
          isStruck = true;
          await hold(held.id);
          return said;
        },
      })),
    );
    expect(await process.pay([held, other], asking)).toEqual([heldFor, captured]);
    expect((await world.operations(held.id)).at(-1)).toBe(`${kind}:1 sent`);
    expect(await effectsOf(held.id)).toEqual(before);
    // For as long as it is held nothing more is asked of the provider.
    expect(await process.pay([held], asking)).toEqual([heldFor]);
    expect(await effectsOf(held.id)).toEqual(before);
    await stranger.query('rollback');
    expect(await process.pay([held], asking)).toEqual([captured]);
    expect(await effectsOf(held.id)).toEqual(after);
    expect(await world.intents(held.id)).toEqual(['succeeded 499 499 0']);
    expect(await world.payments.kept([held.id])).toEqual([{ outcome: 'captured' }]);
    expect(await effectsOf(other.id)).toEqual(['created', 'authorized', 'captured']);
  },
);
