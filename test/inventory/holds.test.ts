import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../src/ids.js';
import {
  annToBob,
  expectBooksInOrder,
  mintFor,
  openInventory,
  title,
  type InventoryDatabase,
} from './inventory-database.js';

const cause = { code: 'insufficient-funds', detail: 'The account does not hold enough.' };
const otherCause = { code: 'compensated-by-operator', detail: 'An operator turned it back.' };

let db: InventoryDatabase;
beforeAll(async () => {
  db = await openInventory();
});
afterAll(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

async function one(owner = 'player:ann', item?: string): Promise<string> {
  const [instance = ''] = await mintFor(db, owner, 1, item);
  return instance;
}

/** The rest of an instance's story after its mint, such as `hold ann>ann`. */
async function story(instance: string): Promise<string[]> {
  const { rows } = await db.session.query<{ told: string }>(
    `select kind || ' ' || substr(from_owner, 8) || '>' || substr(to_owner, 8) as told
     from inventory.movements where instance = $1 and version > 1 order by version`,
    [instance.slice(4)],
  );
  return rows.map((row) => row.told);
}

describe('an exchange of items', () => {
  it('is held, moved, and every replay answers the same and does nothing', async () => {
    const [exchange, instance] = [newId('trd'), await one()];
    const hold = [{ exchange, title, moves: annToBob(instance) }];
    for (let attempt = 1; attempt <= 2; attempt++)
      expect(await db.inventory.hold(hold)).toEqual([{ id: exchange, outcome: 'ok' }]);
    for (let attempt = 1; attempt <= 2; attempt++)
      expect(await db.inventory.move([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'moved' }]);
    expect(await db.inventory.release([{ exchange, title, cause }])).toEqual([{ id: exchange, outcome: 'moved' }]);
    expect(await db.inventory.hold(hold)).toEqual([{ id: exchange, outcome: 'ok' }]);
    expect(await story(instance)).toEqual(['hold ann>ann', 'move ann>bob']);
  });

  it('that is released answers the first cause for ever, and its items are free', async () => {
    const [exchange, next, instance] = [newId('trd'), newId('trd'), await one()];
    await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
    const released = [{ id: exchange, outcome: 'released', cause }];
    expect(await db.inventory.release([{ exchange, title, cause }])).toEqual(released);
    expect(await db.inventory.release([{ exchange, title, cause: otherCause }])).toEqual(released);
    expect(await db.inventory.move([{ exchange, title }])).toEqual(released);
    expect(await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }])).toEqual([
      { id: exchange, outcome: 'ok' },
    ]);
    expect(await db.inventory.hold([{ exchange: next, title, moves: annToBob(instance) }])).toEqual([
      { id: next, outcome: 'ok' },
    ]);
    expect(await story(instance)).toEqual(['hold ann>ann', 'release ann>ann', 'hold ann>ann']);
  });

  it.each(['release', 'move'] as const)(
    'that %s finds nothing of keeps a tombstone, and a late hold is not made',
    async (command) => {
      const [exchange, instance] = [newId('trd'), await one()];
      const kept = command === 'release' ? cause : { code: 'exchange-not-held', detail: expect.any(String) };
      const tombstone = [{ id: exchange, outcome: 'tombstone', cause: kept }];
      expect(await db.inventory[command]([{ exchange, title, cause }])).toEqual(tombstone);
      expect(await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }])).toEqual(tombstone);
      expect(await db.inventory.release([{ exchange, title, cause: otherCause }])).toEqual(tombstone);
      expect(await db.inventory.move([{ exchange, title }])).toEqual(tombstone);
      expect(await story(instance)).toEqual([]);
    },
  );

  it('that was refused is refused for ever, though it could be held now, and release answers the refusal', async () => {
    const [exchange, holder, instance] = [newId('trd'), newId('trd'), await one()];
    await db.inventory.hold([{ exchange: holder, title, moves: annToBob(instance) }]);
    const refused = [
      { id: exchange, outcome: 'refused', cause: { code: 'item-held', detail: expect.stringContaining(instance) } },
    ];
    expect(await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }])).toEqual(refused);
    await db.inventory.release([{ exchange: holder, title, cause }]);
    expect(await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }])).toEqual(refused);
    expect(await db.inventory.release([{ exchange, title, cause }])).toEqual(refused);
    expect(await db.inventory.move([{ exchange, title }])).toEqual(refused);
  });

  it.each([
    [true, 'player:bob', 'move ann>bob'],
    [false, 'player:ann', 'release ann>ann'],
  ])(
    'that is ended by hand, booked: %s, goes to whom that says, and nothing of it acts any more',
    async (booked, owner, told) => {
      const [exchange, instance] = [newId('trd'), await one()];
      await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
      expect(await db.inventory.kept([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'open' }]);
      const ended = [{ id: exchange, outcome: 'ended-by-hand' }];
      for (let attempt = 1; attempt <= 2; attempt++)
        expect(await db.inventory.endByHand([{ exchange, title, booked }])).toEqual(ended);
      expect(await db.inventory.endByHand([{ exchange, title, booked: !booked }])).toEqual(ended);
      expect(await db.inventory.kept([{ exchange, title }])).toEqual(ended);
      expect(await db.inventory.move([{ exchange, title }])).toEqual(ended);
      expect(await db.inventory.release([{ exchange, title, cause }])).toEqual(ended);
      expect(await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }])).toEqual([
        { id: exchange, outcome: 'ok' },
      ]);
      expect(await story(instance)).toEqual(['hold ann>ann', told]);
      const { rows } = await db.session.query('select owner, state from inventory.instances where id = $1', [
        instance.slice(4),
      ]);
      expect(rows).toEqual([{ owner, state: 'owned' }]);
    },
  );

  it('of which nothing was held before its end by hand never holds anything', async () => {
    const [exchange, instance] = [newId('trd'), await one()];
    expect(await db.inventory.kept([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'open' }]);
    expect(await db.inventory.endByHand([{ exchange, title, booked: false }])).toEqual([
      { id: exchange, outcome: 'ended-by-hand' },
    ]);
    expect(await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }])).toEqual([
      { id: exchange, outcome: 'ok' },
    ]);
    expect(await story(instance)).toEqual([]);
  });

  it.each(['release', 'move'] as const)('that has ended by %s is not ended by hand again', async (command) => {
    const [exchange, instance] = [newId('trd'), await one()];
    await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
    const kept = await db.inventory[command]([{ exchange, title, cause }]);
    expect(await db.inventory.endByHand([{ exchange, title, booked: true }])).toEqual(kept);
    expect(await db.inventory.kept([{ exchange, title }])).toEqual(kept);
  });

  it('is refused whole, with its reason, for every kind of wrong item', async () => {
    const good = await one();
    const burned = await one();
    await db.inventory.burn([{ title, key: burned, fingerprint: 'f', instance: burned, reason: 'broken' }]);
    const wrong: [string, string][] = [
      [newId('ins'), 'item-not-found'],
      ['ins_nonsense', 'item-not-found'],
      ['no\u0000id', 'item-not-found'],
      [burned, 'item-burned'],
      [await one('player:cyd'), 'item-not-owned'],
      [await one('player:ann', 'relic'), 'item-not-tradeable'],
    ];
    const requests = wrong.map(([instance]) => ({ exchange: newId('trd'), title, moves: annToBob(good, instance) }));
    const outcomes = await db.inventory.hold([
      ...requests,
      { exchange: newId('trd'), title: 'other', moves: annToBob(good) },
    ]);
    expect(outcomes.map((outcome) => ('cause' in outcome ? outcome.cause.code : outcome.outcome))).toEqual([
      ...wrong.map(([, code]) => code),
      'item-not-found',
    ]);
    expect(await db.inventory.hold(requests)).toEqual(outcomes.slice(0, wrong.length));
    expect(await story(good)).toEqual([]);
  });

  it('is moved even if its item ceased to be tradeable after the hold', async () => {
    await db.items.put({ title, code: 'fad', name: 'Fad', tradeable: true, limit: null, retired: false });
    const [exchange, instance] = [newId('trd'), await one('player:ann', 'fad')];
    await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }]);
    await db.items.put({ title, code: 'fad', name: 'Fad', tradeable: false, limit: null, retired: false });
    expect(await db.inventory.move([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'moved' }]);
  });

  it('can be one of a list with replays, refusals, and competitors; each gets its own answer in order', async () => {
    const [first = '', second = ''] = await mintFor(db, 'player:ann', 2);
    const [a, b, c, d] = [newId('trd'), newId('trd'), newId('trd'), newId('trd')];
    const requests = [
      { exchange: b, title, moves: annToBob(first) },
      { exchange: a, title, moves: annToBob(second, first) },
      { exchange: b, title, moves: annToBob(first) },
      { exchange: c, title, moves: annToBob(second) },
    ];
    const held = await db.inventory.hold(requests);
    expect(held.map((outcome) => `${outcome.id} ${outcome.outcome}`)).toEqual([
      `${b} ok`,
      `${a} refused`,
      `${b} ok`,
      `${c} ok`,
    ]);
    const moved = await db.inventory.move([c, a, b, d, b].map((exchange) => ({ exchange, title })));
    expect(moved.map((outcome) => outcome.outcome)).toEqual(['moved', 'refused', 'moved', 'tombstone', 'moved']);
    expect(await story(first)).toEqual(['hold ann>ann', 'move ann>bob']);
    expect(await story(second)).toEqual(['hold ann>ann', 'move ann>bob']);
  });

  it('has an id of any kind of deal, which is kept and told whole', async () => {
    const [exchange, instance] = [newId('trd').replace('trd', 'pur'), await one()];
    expect(await db.inventory.hold([{ exchange, title, moves: annToBob(instance) }])).toEqual([
      { id: exchange, outcome: 'ok' },
    ]);
    const { rows: held } = await db.session.query('select hold_exchange from inventory.instances where id = $1', [
      instance.slice(4),
    ]);
    expect(held).toEqual([{ hold_exchange: exchange }]);
    expect(await db.inventory.move([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'moved' }]);
    const { rows: told } = await db.session.query(
      `select kind from inventory.movements where cause = $1 order by version`,
      [exchange],
    );
    expect(told).toEqual([{ kind: 'hold' }, { kind: 'move' }]);
  });
});
