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

let db: InventoryDatabase;
let burned = '';
let held = '';

/**
 * Leaves one row of every kind: an open hold, a moved, a released, a refused and a tombstone, and a burned instance.
 */
beforeAll(async () => {
  db = await openInventory();
  const [a = '', b = '', c = '', d = ''] = await mintFor(db, 'player:ann', 4);
  [held, burned] = [a, d];
  const [open, moved, released, refused, never] = Array.from({ length: 5 }, () => ({
    exchange: newId('trd'),
    title,
    cause,
  }));
  if (!open || !moved || !released || !refused || !never) return;
  await db.inventory.hold([
    { ...open, moves: annToBob(a) },
    { ...moved, moves: annToBob(b) },
    { ...released, moves: annToBob(c) },
    { ...refused, moves: annToBob(a) },
  ]);
  await db.inventory.move([moved]);
  await db.inventory.release([released, never]);
  await db.inventory.burn([{ title, key: 'k', fingerprint: 'f', instance: burned, reason: 'broken' }]);
});
afterAll(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

describe('the database refuses', () => {
  const refused: [string, string][] = [
    ['to update a movement', `update inventory.movements set to_owner = 'player:eve'`],
    ['to delete a movement', 'delete from inventory.movements'],
    ['to empty the movements', 'truncate inventory.movements'],
    ['to update an outcome', `update inventory.outcomes set fingerprint = 'g'`],
    ['to delete an outcome', 'delete from inventory.outcomes'],
    ['to empty the outcomes', 'truncate inventory.outcomes'],
    ['to delete an instance', 'delete from inventory.instances'],
    ['to empty the instances', 'truncate inventory.instances'],
    ['to delete an item', 'delete from inventory.items'],
    ['to empty the items', 'truncate inventory.items cascade'],
    ['to delete a hold', 'delete from inventory.holds'],
    ['to empty the holds', 'truncate inventory.holds'],
    ['to take back a tally of mints', 'update inventory.tallies set minted = minted - 1'],
    ['to take back a tally of burns', 'update inventory.tallies set burned = burned - 1 where burned > 0'],
    ['to move a tally', 'update inventory.tallies set shard = shard + 1'],
    ['to delete a tally', 'delete from inventory.tallies'],
    ['to empty the tallies', 'truncate inventory.tallies'],
    [
      'to change an owner without a version',
      `update inventory.instances set owner = 'player:eve' where state = 'owned'`,
    ],
    [
      'to skip a version',
      `update inventory.instances set owner = 'player:eve', version = version + 2 where state = 'owned'`,
    ],
    [
      'to bring back a burned instance',
      `update inventory.instances set state = 'owned', burned_at = null, version = version + 1 where state = 'burned'`,
    ],
    [
      'to make another thing of an instance',
      `update inventory.instances set item = 'relic', version = version + 1 where state = 'owned'`,
    ],
    [
      'to give an instance another title',
      `update inventory.instances set title = 'other', version = version + 1 where state = 'owned'`,
    ],
    [
      'to change the properties of an instance',
      `update inventory.instances set properties = '{"a":1}', version = version + 1 where state = 'owned'`,
    ],
    ['to change what a hold holds', `update inventory.holds set moves = '[]', state = 'moved' where state = 'held'`],
    [
      'to change what was missing',
      `update inventory.holds set missing = '["ins_1"]', state = 'moved' where state = 'held'`,
    ],
    ['to change a hold and leave it open', `update inventory.holds set updated_at = now() where state = 'held'`],
    [
      'to refuse what was held',
      `update inventory.holds set state = 'refused', cause_code = 'c', cause_detail = 'd' where state = 'held'`,
    ],
    ...['moved', 'released', 'refused', 'tombstone'].flatMap((state): [string, string][] => [
      [
        `to open what is ${state}`,
        `update inventory.holds set state = 'held', cause_code = null, cause_detail = null where state = '${state}'`,
      ],
      [
        `to end what is ${state} in another way`,
        `update inventory.holds set state = 'ended-by-hand', cause_code = null, cause_detail = null
         where state = '${state}'`,
      ],
    ]),
  ];

  it.each(refused)('%s', async (_, sql) => {
    await expect(db.session.query(sql)).rejects.toMatchObject({
      code: '23001',
      message: expect.stringContaining('cannot be changed like this'),
    });
  });

  const checked: [string, string][] = [
    [
      'a held instance without its exchange',
      `update inventory.instances set state = 'held', version = version + 1 where state = 'owned'`,
    ],
    [
      'an owned instance with an exchange',
      `update inventory.instances set state = 'owned', version = version + 1 where state = 'held'`,
    ],
    [
      'an owner that cannot own instances',
      `update inventory.instances set owner = 'system:mint', version = version + 1 where state = 'owned'`,
    ],
    [
      'an owner with a line break',
      `update inventory.instances set owner = E'player:eve\\n', version = version + 1 where state = 'owned'`,
    ],
    [
      'an open hold of nothing',
      `insert into inventory.holds (exchange, title, state, moves) values ('trd_of-nothing', 'arena', 'held', '[]')`,
    ],
    [
      'a hold that says of nothing that it is missing',
      `insert into inventory.holds (exchange, title, state, moves, missing)
       values ('trd_of-nothing', 'arena', 'held', '[]', '[]')`,
    ],
    ['a release without a cause', `update inventory.holds set state = 'released' where state = 'held'`],
    [
      'a movement to nobody that is not a burn',
      `insert into inventory.movements (instance, version, kind, from_owner, cause)
       values (gen_random_uuid(), 1, 'move', 'player:ann', 'x')`,
    ],
  ];

  it.each(checked)('%s', async (_, sql) => {
    await expect(db.session.query(sql)).rejects.toMatchObject({ code: '23514' });
  });

  it('two movements of one instance at one version', async () => {
    const sql = `insert into inventory.movements (instance, version, kind, to_owner, cause)
      values ($1, 1, 'mint', 'player:eve', 'x')`;
    await expect(db.session.query(sql, [held.slice(4)])).rejects.toMatchObject({ code: '23505' });
  });

  it('an instance of an item that is not defined', async () => {
    const sql = `insert into inventory.instances (id, title, item, owner, state, properties, version)
      values (gen_random_uuid(), 'arena', 'none', 'player:ann', 'owned', '{}', 1)`;
    await expect(db.session.query(sql)).rejects.toMatchObject({ code: '23503' });
  });
});

it('an open hold can be ended by hand, once, together with its instances', async () => {
  await db.session.query('begin');
  const { rowCount } = await db.session.query(
    `update inventory.holds set state = 'ended-by-hand' where state = 'held'`,
  );
  expect(rowCount).toBe(1);
  await expect(
    db.session.query(`update inventory.holds set state = 'moved' where state = 'ended-by-hand'`),
  ).rejects.toMatchObject({ code: '23001' });
  await db.session.query('rollback');
});
