import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { PutItemRequest } from '../../src/inventory/items.service.js';
import { openInventory, title, type InventoryDatabase } from './inventory-database.js';

let db: InventoryDatabase;
beforeAll(async () => {
  db = await openInventory();
});
afterAll(() => db.close());

function shield(code: string, over: Partial<PutItemRequest> = {}): PutItemRequest {
  return { title, code, name: 'Shield', tradeable: true, limit: null, retired: false, ...over };
}

async function facts(code: string): Promise<unknown[]> {
  const { rows } = await db.session.query(
    'select type, data from inventory.facts where subject = $1 and title = $2 order by id, place',
    [code, title],
  );
  return rows;
}

it('an item is created once, then changed in steps, with a fact for each', async () => {
  expect(await db.items.put(shield('a'))).toMatchObject({
    outcome: 'created',
    item: { code: 'a', name: 'Shield', tradeable: true, version: 1 },
  });
  expect(await db.items.put(shield('a'))).toMatchObject({ outcome: 'unchanged', item: { version: 1 } });
  expect(await db.items.put(shield('a', { tradeable: false }))).toMatchObject({
    outcome: 'updated',
    item: { tradeable: false, version: 2 },
  });
  expect(await db.items.put(shield('a', { title: 'other' }))).toMatchObject({
    outcome: 'created',
    item: { version: 1 },
  });
  expect(await facts('a')).toEqual([
    { type: 'item.created', data: { name: 'Shield', tradeable: true, retired: false, version: 1 } },
    { type: 'item.updated', data: { name: 'Shield', tradeable: false, retired: false, version: 2 } },
  ]);
});

it('a stale or unfounded expectation is told, and changes nothing', async () => {
  await db.items.put(shield('b'));
  await db.items.put(shield('b', { name: 'Buckler', expectedVersion: 1 }));
  await expect(db.items.put(shield('b', { name: 'Targe', expectedVersion: 1 }))).rejects.toMatchObject({
    code: 'precondition-failed',
  });
  await expect(db.items.put(shield('none', { expectedVersion: 1 }))).rejects.toMatchObject({
    code: 'precondition-failed',
  });
  expect(await db.items.put(shield('b', { name: 'Buckler' }))).toMatchObject({
    outcome: 'unchanged',
    item: { version: 2 },
  });
  expect(await facts('none')).toEqual([]);
});

it('many at once make one item, and of many that expect one version one changes it', async () => {
  const created = await Promise.all(Array.from({ length: 8 }, () => db.items.put(shield('c'))));
  expect(created.filter((outcome) => outcome.outcome === 'created')).toHaveLength(1);
  const names = Array.from({ length: 8 }, (_, n) => `Shield ${n}`);
  const changed = await Promise.allSettled(
    names.map((name) => db.items.put(shield('c', { name, expectedVersion: 1 }))),
  );
  expect(changed.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  expect(await facts('c')).toHaveLength(2);
});
