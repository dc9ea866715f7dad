import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../src/ids.js';
import { expectBooksInOrder, mintFor, openInventory, title, type InventoryDatabase } from './inventory-database.js';

/* A stranger's session holds rows that count what was minted and burned. The sessions wait for a lock for ever. */

let db: InventoryDatabase;
beforeAll(async () => {
  db = await openInventory();
});
afterAll(async () => {
  try {
    await expectBooksInOrder(db);
  } finally {
    await db.close();
  }
});

test('tallies that are held keep nobody from minting and burning', async () => {
  const [first = ''] = await mintFor(db, 'player:ann', 1);
  await db.session.query('begin');
  await db.session.query(`select from inventory.tallies where title = '${title}' for update`);
  const [second = ''] = await mintFor(db, 'player:ann', 1);
  await db.session.query(`savepoint one`);
  await db.session.query(`select from inventory.tallies where title = '${title}' for update`);
  await mintFor(db, 'player:ann', 1);
  const burned = await db.inventory.burn(
    [first, second].map((instance) => ({ title, key: newId('ins'), fingerprint: 'f', instance, reason: 'test' })),
  );
  expect(burned.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
  await db.session.query('rollback');
  await mintFor(db, 'player:ann', 1);
  const { rows } = await db.session.query(
    `select sum(minted)::int as minted, sum(burned)::int as burned from inventory.tallies where title = '${title}'`,
  );
  expect(rows).toEqual([{ minted: 4, burned: 2 }]);
}, 60_000);
