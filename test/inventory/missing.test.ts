import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Move } from '../../contracts/nouns.js';
import { newId } from '../../src/ids.js';
import {
  annToBob,
  expectBooksInOrder,
  meeting,
  mintFor,
  openInventory,
  title,
  type InventoryDatabase,
} from './inventory-database.js';

const cause = { code: 'refund-failed', detail: 'The provider refused it.' };

let db: InventoryDatabase;
beforeAll(async () => {
  db = await openInventory();
});
afterAll(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

/** Moves of these instances from ann back to the store, in the place of each of which 5 gold are owed. */
function back(...instances: string[]): Move[] {
  return instances.map((instance) => ({
    instance,
    from: 'player:ann',
    to: 'system:store',
    instead: { from: 'player:ann', to: 'system:store', asset: 'gold', amount: '5' },
  }));
}

/** An instance of ann's. */
async function hers(item?: string): Promise<string> {
  const [instance = ''] = await mintFor(db, 'player:ann', 1, item);
  return instance;
}

/** An instance that ann does not have to give, for each reason that there is. */
async function notHers(): Promise<Record<string, string>> {
  const [bob = ''] = await mintFor(db, 'player:bob', 1);
  const [burned, held] = [await hers(), await hers()];
  await db.inventory.burn([{ title, key: burned, fingerprint: 'f', instance: burned, reason: 'broken' }]);
  await db.inventory.hold([{ exchange: newId('trd'), title, moves: annToBob(held) }]);
  return { bob, burned, held, unknown: newId('ins') };
}

async function whereIs(instance: string): Promise<string | undefined> {
  const { rows } = await db.session.query<{ at: string }>(
    `select owner || ' ' || state || ' ' || version as at from inventory.instances where id = $1`,
    [instance.slice(4)],
  );
  return rows[0]?.at;
}

describe('a move in whose place something can be booked', () => {
  it('is missing where the giver does not have the instance, and is told in the order of the moves', async () => {
    const [exchange, instance, lost] = [newId('rfd'), await hers(), await notHers()];
    const { bob = '', burned = '', held = '', unknown = '' } = lost;
    const hold = [{ exchange, title, moves: back(unknown, held, instance, burned, bob) }];
    const before = await Promise.all(Object.values(lost).map(whereIs));
    const answer = [{ id: exchange, outcome: 'ok', missing: [unknown, held, burned, bob] }];
    for (let attempt = 1; attempt <= 2; attempt++) expect(await db.inventory.hold(hold)).toEqual(answer);
    expect(await whereIs(instance)).toBe('player:ann held 2');
    expect(await db.inventory.move([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'moved' }]);
    expect(await whereIs(instance)).toBe('system:store owned 3');
    expect(await Promise.all(Object.values(lost).map(whereIs))).toEqual(before);
    expect(await db.inventory.hold(hold)).toEqual(answer);
  });

  it('stays missing though the giver has it by then, and stays held though it was missing later', async () => {
    const [exchange, instance] = [newId('rfd'), await hers()];
    const [bobs = ''] = await mintFor(db, 'player:bob', 1);
    const hold = [{ exchange, title, moves: back(bobs, instance) }];
    const answer = [{ id: exchange, outcome: 'ok', missing: [bobs] }];
    expect(await db.inventory.hold(hold)).toEqual(answer);
    const gift = { exchange: newId('trd'), title, moves: [{ instance: bobs, from: 'player:bob', to: 'player:ann' }] };
    await db.inventory.hold([gift]);
    await db.inventory.move([gift]);
    expect(await whereIs(bobs)).toBe('player:ann owned 3');
    expect(await db.inventory.hold(hold)).toEqual(answer);
    await db.inventory.move([{ exchange, title }]);
    expect(await whereIs(bobs)).toBe('player:ann owned 3');
  });

  it('is held though its item cannot be traded', async () => {
    const [exchange, relic] = [newId('rfd'), await hers('relic')];
    expect(await db.inventory.hold([{ exchange, title, moves: back(relic) }])).toEqual([
      { id: exchange, outcome: 'ok' },
    ]);
    await db.inventory.move([{ exchange, title }]);
    expect(await whereIs(relic)).toBe('system:store owned 3');
  });

  it('is held once where two of a list want the instance', async () => {
    const [first, second, instance] = [newId('rfd'), newId('rfd'), await hers()];
    const moves = back(instance);
    expect(
      await db.inventory.hold([
        { exchange: first, title, moves },
        { exchange: second, title, moves },
      ]),
    ).toEqual([
      { id: first, outcome: 'ok' },
      { id: second, outcome: 'ok', missing: [instance] },
    ]);
  });

  it('of an instance of another title is missing, and the instance stays where it is', async () => {
    const [exchange, instance] = [newId('rfd'), await hers()];
    expect(await db.inventory.hold([{ exchange, title: 'other', moves: back(instance) }])).toEqual([
      { id: exchange, outcome: 'ok', missing: [instance] },
    ]);
    expect(await whereIs(instance)).toBe('player:ann owned 1');
  });

  it.each([
    ['that names one instance twice', (id: string) => back(id, id)],
    ['to whom nothing can belong', (id: string) => back(id).map((one) => ({ ...one, to: 'system:mint' }))],
    ['that names no instance', () => back('no\u0000id')],
  ])('%s is refused, and nothing is held', async (_, movesOf) => {
    const [exchange, instance] = [newId('rfd'), await hers()];
    expect(await db.inventory.hold([{ exchange, title, moves: movesOf(instance) }])).toMatchObject([
      { id: exchange, outcome: 'refused', cause: { code: 'validation-failed' } },
    ]);
    expect(await whereIs(instance)).toBe('player:ann owned 1');
  });

  it('beside one without is refused with it, and nothing is held or missing', async () => {
    const [exchange, instance, lost] = [newId('rfd'), await hers(), await notHers()];
    const moves = [...back(instance, lost.bob ?? ''), ...annToBob(lost.burned ?? '')];
    expect(await db.inventory.hold([{ exchange, title, moves }])).toMatchObject([
      { id: exchange, outcome: 'refused', cause: { code: 'item-burned' } },
    ]);
    expect(await whereIs(instance)).toBe('player:ann owned 1');
  });
});

describe('a hold all of whose instances are missing', () => {
  it.each([
    ['release', { outcome: 'released', cause }],
    ['move', { outcome: 'moved' }],
  ] as const)('ends once by %s, and tells for ever what was missing', async (command, end) => {
    const [exchange, instance] = [newId('rfd'), newId('ins')];
    const hold = [{ exchange, title, moves: back(instance) }];
    const answer = [{ id: exchange, outcome: 'ok', missing: [instance] }];
    expect(await db.inventory.hold(hold)).toEqual(answer);
    expect(await db.inventory.kept([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'open' }]);
    for (let attempt = 1; attempt <= 2; attempt++)
      expect(await db.inventory[command]([{ exchange, title, cause }])).toEqual([{ id: exchange, ...end }]);
    expect(await db.inventory.hold(hold)).toEqual(answer);
  });

  it.each([true, false])('is ended by hand, booked: %s, and holds nothing then either', async (booked) => {
    const [exchange, lost] = [newId('rfd'), await notHers()];
    const moves = back(...Object.values(lost));
    await db.inventory.hold([{ exchange, title, moves }]);
    const before = await Promise.all(Object.values(lost).map(whereIs));
    expect(await db.inventory.endByHand([{ exchange, title, booked }])).toEqual([
      { id: exchange, outcome: 'ended-by-hand' },
    ]);
    expect(await Promise.all(Object.values(lost).map(whereIs))).toEqual(before);
  });

  it('comes to one end where a move and a release of it meet', async () => {
    const [exchange, instance] = [newId('rfd'), newId('ins')];
    await db.inventory.hold([{ exchange, title, moves: back(instance) }]);
    const gate = `select from inventory.holds where exchange = '${exchange}' for update`;
    const outcomes = await meeting(db, gate, [
      () => db.inventory.move([{ exchange, title }]),
      () => db.inventory.release([{ exchange, title, cause }]),
    ]);
    expect(outcomes).toEqual([[{ id: exchange, outcome: 'moved' }], [{ id: exchange, outcome: 'moved' }]]);
  });

  it('is held once where two runs hold it at once', async () => {
    const [exchange, instance] = [newId('rfd'), newId('ins')];
    const hold = [{ exchange, title, moves: back(instance) }];
    const answer = [{ id: exchange, outcome: 'ok', missing: [instance] }];
    expect(await Promise.all([db.inventory.hold(hold), db.inventory.hold(hold)])).toEqual([answer, answer]);
  });
});
