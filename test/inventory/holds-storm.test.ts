import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Move } from '../../contracts/nouns.js';
import { newId } from '../../src/ids.js';
import { expectBooksInOrder, mintFor, openInventory, title, type InventoryDatabase } from './inventory-database.js';

const owners = ['player:ann', 'player:bob'];

let db: InventoryDatabase;
beforeAll(async () => {
  db = await openInventory();
});
afterAll(() => db.close());

/** A call of one command with a list; numbers name exchanges and instances, so that lists overlap. */
const call = fc.record({
  command: fc.constantFrom('hold', 'hold', 'release', 'move'),
  exchanges: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 }),
});
const plan = fc.record({
  wants: fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 0, maxLength: 2 }), {
    minLength: 6,
    maxLength: 6,
  }),
  mints: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 6, maxLength: 6 }),
  calls: fc.array(call, { minLength: 4, maxLength: 14 }),
});

const instead = { from: 'player:ann', to: 'system:store', asset: 'gold', amount: '5' };

let runs = 0;
it('whatever calls run at once, every exchange comes to one end and tells everybody the same', async () => {
  const seen = new Set<string>();
  let missed = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ wants, mints, calls }) => {
      const instances = await mintFor(db, 'player:ann', 4);
      // So many that some are refused and some are not.
      const item = `crown-${++runs}`;
      await db.items.put({ title, code: item, name: 'Crown', tradeable: true, limit: 4, retired: false });
      const exchanges = wants.map((wanted, place) => ({
        exchange: newId('trd'),
        title,
        moves: [
          ...wanted.map((n): Move => ({
            instance: instances[n] ?? '',
            from: 'player:ann',
            to: 'player:bob',
            ...(place % 3 === 1 && { instead }),
          })),
          // One of which nothing may be there to hold.
          ...(place === 1 ? [{ instance: newId('ins'), from: 'player:ann', to: 'player:bob', instead }] : []),
        ],
        // One without moves mints, and so does every other.
        ...(((wanted.length === 0 && place !== 1) || place % 2 === 0) && {
          mints: Array.from({ length: mints[place] ?? 0 }, () => ({ instance: newId('ins'), item, to: 'player:bob' })),
        }),
      }));
      const told = new Map(
        exchanges.map(({ exchange }) => [exchange, { hold: new Set<string>(), end: new Set<string>() }]),
      );
      await Promise.all(
        calls.map(async ({ command, exchanges: numbers }, n) => {
          const list = numbers.flatMap((number) => exchanges[number] ?? []);
          const cause = { code: 'compensated-by-operator', detail: `Call ${n}.` };
          const outcomes = await (command === 'hold'
            ? db.inventory.hold(list)
            : command === 'move'
              ? db.inventory.move(list)
              : db.inventory.release(list.map((one) => ({ ...one, cause }))));
          for (const outcome of outcomes)
            told.get(outcome.id)?.[command === 'hold' ? 'hold' : 'end'].add(JSON.stringify(outcome));
        }),
      );
      for (const [exchange, { hold, end }] of told) {
        expect([hold.size <= 1, end.size <= 1]).toEqual([true, true]);
        await expectOneEnd(exchange, [...hold][0], [...end][0]);
        missed += [...hold].filter((answer) => answer.includes('"missing"')).length;
        for (const answer of [...hold, ...end]) seen.add(String((JSON.parse(answer) as { outcome: string }).outcome));
      }
      await expectBooksInOrder(db);
    }),
    { numRuns: 25 },
  );
  expect([...seen].sort()).toEqual(['moved', 'ok', 'refused', 'released', 'tombstone']);
  expect(missed).toBeGreaterThan(0);
});

/** What was told must be what is kept, and an exchange whose end was told holds nothing. */
async function expectOneEnd(exchange: string, hold: string | undefined, end: string | undefined): Promise<void> {
  const { rows } = await db.session.query<{ state: string; held: number }>(
    `select state, (select count(*)::int from inventory.instances where hold_exchange = h.exchange) as held
     from inventory.holds h where exchange = $1`,
    [exchange],
  );
  const kept = rows[0];
  if (end !== undefined) expect(kept).toEqual({ state: (JSON.parse(end) as { outcome: string }).outcome, held: 0 });
  if (hold?.includes('"ok"')) expect(['held', 'released', 'moved']).toContain(kept?.state);
  else if (hold !== undefined) expect(kept?.state).toBe((JSON.parse(hold) as { outcome: string }).outcome);
  const { rows: foreign } = await db.session.query('select owner from inventory.instances where owner <> all($1)', [
    owners,
  ]);
  expect(foreign).toEqual([]);
}
