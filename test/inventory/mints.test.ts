import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mint } from '../../contracts/nouns.js';
import { newId } from '../../src/ids.js';
import {
  annToBob,
  expectBooksInOrder,
  meeting,
  mintFor,
  openInventory,
  title,
  untilWaiting,
  type InventoryDatabase,
} from './inventory-database.js';

const cause = { code: 'insufficient-funds', detail: 'The account does not hold enough.' };

let db: InventoryDatabase;
beforeEach(async () => {
  db = await openInventory();
  await db.items.put({ title, code: 'crown', name: 'Crown', tradeable: true, limit: 3, retired: false });
});
afterEach(async () => {
  try {
    await expectBooksInOrder(db);
  } finally {
    await db.close();
  }
});

function mints(item: string, count: number, to = 'player:bob'): Mint[] {
  return Array.from({ length: count }, () => ({ instance: newId('ins'), item, to }));
}

async function crowns(): Promise<unknown> {
  const { rows } = await db.session.query<{ issued: number; reserved: number; serials: number[] }>(
    `select issued, reserved, (select coalesce(json_agg(serial order by serial), '[]') from inventory.instances
       where title = t.title and item = t.code) as serials
     from inventory.items t where title = $1 and code = 'crown'`,
    [title],
  );
  return rows[0];
}

const lockCrown = `select from inventory.items where title = '${title}' and code = 'crown' for update`;

describe('an exchange that mints', () => {
  it('reserves what is limited, mints it with its move, and a replay answers the same', async () => {
    const exchange = newId('trd');
    const hold = [{ exchange, title, moves: [], mints: mints('crown', 2) }];
    for (let attempt = 1; attempt <= 2; attempt++) {
      expect(await db.inventory.hold(hold)).toEqual([{ id: exchange, outcome: 'ok' }]);
      expect(await crowns()).toEqual({ issued: 0, reserved: 2, serials: [] });
    }
    for (let attempt = 1; attempt <= 2; attempt++) {
      expect(await db.inventory.move([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'moved' }]);
      expect(await crowns()).toEqual({ issued: 2, reserved: 0, serials: [1, 2] });
    }
    expect(await db.inventory.release([{ exchange, title, cause }])).toEqual([{ id: exchange, outcome: 'moved' }]);
  });

  it('gives back what it has reserved, and a late hold is not made', async () => {
    const [exchange, late] = [newId('trd'), newId('trd')];
    await db.inventory.hold([{ exchange, title, moves: [], mints: mints('crown', 3) }]);
    expect(await db.inventory.release([{ exchange, title, cause }])).toEqual([
      { id: exchange, outcome: 'released', cause },
    ]);
    expect(await db.inventory.release([{ exchange: late, title, cause }])).toEqual([
      { id: late, outcome: 'tombstone', cause },
    ]);
    expect(await db.inventory.hold([{ exchange: late, title, moves: [], mints: mints('crown', 1) }])).toEqual([
      { id: late, outcome: 'tombstone', cause },
    ]);
    expect(await crowns()).toEqual({ issued: 0, reserved: 0, serials: [] });
  });

  it('is refused with all that it moves where its item is sold out, and the refusal is kept', async () => {
    const [first, second, third] = [newId('trd'), newId('trd'), newId('trd')];
    const [sword = ''] = await mintFor(db, 'player:ann', 1);
    await db.inventory.hold([{ exchange: first, title, moves: [], mints: mints('crown', 3) }]);
    const hold = [{ exchange: second, title, moves: annToBob(sword), mints: mints('crown', 1) }];
    const [refused] = await db.inventory.hold(hold);
    expect(refused).toMatchObject({ outcome: 'refused', cause: { code: 'item-sold-out' } });
    await db.inventory.release([{ exchange: first, title, cause }]);
    expect(await db.inventory.hold(hold)).toEqual([refused]);
    expect(await db.inventory.hold([{ exchange: third, title, moves: annToBob(sword) }])).toMatchObject([
      { outcome: 'ok' },
    ]);
  });

  it('mints of an item without a limit beside what it moves, each with its movement by the exchange', async () => {
    const exchange = newId('trd');
    const [sword = ''] = await mintFor(db, 'player:ann', 1);
    const made = mints('sword', 2);
    await db.inventory.hold([{ exchange, title, moves: annToBob(sword), mints: made }]);
    await db.inventory.move([{ exchange, title }]);
    const { rows } = await db.session.query(
      `select 'ins_' || instance as id, kind, from_owner, to_owner from inventory.movements
       where cause = $1 order by created_at, version, instance`,
      [exchange],
    );
    const ids = made.map(({ instance }) => instance).sort();
    expect(rows).toEqual([
      { id: sword, kind: 'hold', from_owner: 'player:ann', to_owner: 'player:ann' },
      ...ids.map((id) => ({ id, kind: 'mint', from_owner: null, to_owner: 'player:bob' })),
      { id: sword, kind: 'move', from_owner: 'player:ann', to_owner: 'player:bob' },
    ]);
  });

  it('is minted though its item was retired after the hold', async () => {
    const exchange = newId('trd');
    await db.inventory.hold([{ exchange, title, moves: [], mints: mints('crown', 1) }]);
    await db.items.put({ title, code: 'crown', name: 'Crown', tradeable: true, limit: 3, retired: true });
    expect(
      await db.inventory.hold([{ exchange: newId('trd'), title, moves: [], mints: mints('crown', 1) }]),
    ).toMatchObject([{ outcome: 'refused', cause: { code: 'item-retired' } }]);
    expect(await db.inventory.move([{ exchange, title }])).toEqual([{ id: exchange, outcome: 'moved' }]);
    expect(await crowns()).toEqual({ issued: 1, reserved: 0, serials: [1] });
  });
});

describe('at once', () => {
  it('many that want the last of a limited item get no more than there are', async () => {
    const wanted = Array.from({ length: 8 }, () => newId('trd'));
    const outcomes = await Promise.all(
      wanted.map((exchange) => db.inventory.hold([{ exchange, title, moves: [], mints: mints('crown', 1) }])),
    );
    expect(outcomes.flat().filter(({ outcome }) => outcome === 'ok')).toHaveLength(3);
    expect(await crowns()).toEqual({ issued: 0, reserved: 3, serials: [] });
    await db.inventory.move(wanted.map((exchange) => ({ exchange, title })));
    expect(await crowns()).toEqual({ issued: 3, reserved: 0, serials: [1, 2, 3] });
  });

  it('a move and a release of an exchange that only mints meet, and it comes to one end', async () => {
    const exchange = newId('trd');
    await db.inventory.hold([{ exchange, title, moves: [], mints: mints('sword', 1) }]);
    const row = `select from inventory.holds where exchange = '${exchange}' for update`;
    const outcomes = await meeting(db, row, [
      () => db.inventory.move([{ exchange, title }]),
      () => db.inventory.release([{ exchange, title, cause }]),
    ]);
    expect(outcomes).toEqual([[{ id: exchange, outcome: 'moved' }], [{ id: exchange, outcome: 'moved' }]]);
  });

  it('a mint by a title and a hold that want the last one meet, and one of them is refused', async () => {
    await mintFor(db, 'player:ann', 2, 'crown');
    const id = newId('ins');
    const request = { title, key: 'last', fingerprint: 'f', id, item: 'crown', owner: 'player:ann', reason: 'quest' };
    const outcomes = await meeting<{ outcome: string }[]>(db, lockCrown, [
      () => db.inventory.mint([request]),
      () => db.inventory.hold([{ exchange: newId('trd'), title, moves: [], mints: mints('crown', 1) }]),
    ]);
    expect(outcomes.flat().map(({ outcome }) => outcome)).toEqual(['done', 'refused']);
    expect(await crowns()).toEqual({ issued: 3, reserved: 0, serials: [1, 2, 3] });
  });
});

it('a hold is decided as if a limited item were not there that is defined while it waits', async () => {
  const [sword = ''] = await mintFor(db, 'player:ann', 1);
  await db.session.query('begin');
  await db.session.query('select from inventory.instances for update');
  const held = db.inventory.hold([
    { exchange: newId('trd'), title, moves: annToBob(sword), mints: mints('late', 1) },
    { exchange: newId('trd'), title, moves: [], mints: mints('crown', 1) },
  ]);
  await untilWaiting(db, 1);
  await db.items.put({ title, code: 'late', name: 'Late', tradeable: true, limit: 1, retired: false });
  await db.session.query('rollback');
  // Its count is not locked, so that another might take the same.
  expect(await held).toMatchObject([{ outcome: 'refused', cause: { code: 'unknown-item' } }, { outcome: 'ok' }]);
  expect(
    await db.inventory.hold([{ exchange: newId('trd'), title, moves: annToBob(sword), mints: mints('late', 1) }]),
  ).toMatchObject([{ outcome: 'ok' }]);
});

it('a limit is lowered to what is taken and no further, and is never added, raised or taken away', async () => {
  await mintFor(db, 'player:ann', 1, 'crown');
  await db.inventory.hold([{ exchange: newId('trd'), title, moves: [], mints: mints('crown', 1) }]);
  const crown = { title, code: 'crown', name: 'Crown', tradeable: true, retired: false };
  for (const put of [1, 4, null].map((limit) => ({ ...crown, limit })))
    await expect(db.items.put(put)).rejects.toMatchObject({ code: 'item-limit-fixed' });
  expect(await db.items.put({ ...crown, limit: 2 })).toMatchObject({
    outcome: 'updated',
    item: { limit: 2, version: 2 },
  });
  await expect(
    db.items.put({ title, code: 'sword', name: 'Sword', tradeable: true, limit: 5, retired: false }),
  ).rejects.toMatchObject({
    code: 'item-limit-fixed',
  });
  expect(
    await db.inventory.hold([{ exchange: newId('trd'), title, moves: [], mints: mints('crown', 1) }]),
  ).toMatchObject([{ outcome: 'refused', cause: { code: 'item-sold-out' } }]);
});
