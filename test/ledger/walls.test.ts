import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  element,
  expectBooksInOrder,
  grant,
  leg,
  openLedger,
  title,
  told,
  type LedgerDatabase,
} from './ledger-database.js';

let db: LedgerDatabase;

/** Leaves one row of every kind: a posted, a refused and a cancelled outcome, and an account that is closed. */
beforeAll(async () => {
  db = await openLedger();
  await grant(db, 'ann', 10n);
  await grant(db, 'gone', 1n);
  expect(told(await db.ledger.transfer([element([leg('ann', 'bob', 3n)]), element([leg('poor', 'bob', 3n)])]))).toEqual(
    ['posted', 'insufficient-funds'],
  );
  await db.ledger.cancel([
    { title, key: 'exchange/trd_1', cause: { code: 'compensated-by-operator', detail: 'test' } },
  ]);
  await db.session.query(`update ledger.accounts set state = 'closed' where owner = 'player:gone'`);
});
afterAll(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

describe('the database refuses', () => {
  const ann = `where owner = 'player:ann'`;
  const refused: [string, string][] = [
    ['to update an entry', 'update ledger.entries set amount = amount + 1'],
    ['to delete an entry', 'delete from ledger.entries'],
    ['to empty the entries', 'truncate ledger.entries'],
    ['to update a transfer', `update ledger.transfers set reason = 'other'`],
    ['to delete a transfer', 'delete from ledger.transfers'],
    ['to empty the transfers', 'truncate ledger.transfers'],
    ['to update an outcome', `update ledger.outcomes set cause_code = 'other' where state = 'refused'`],
    ['to delete an outcome', `delete from ledger.outcomes where state = 'cancelled'`],
    ['to empty the outcomes', 'truncate ledger.outcomes'],
    ['to delete an asset', `delete from ledger.assets where code = 'honour'`],
    ['to empty the assets', 'truncate ledger.assets cascade'],
    ['to change the kind of an asset', `update ledger.assets set kind = 'stackable'`],
    ['to change the scale of an asset', 'update ledger.assets set scale = 2'],
    ['to empty the accounts', 'truncate ledger.accounts'],
    ['to delete an account that was used', `delete from ledger.accounts ${ann}`],
    ['to give an account another owner', `update ledger.accounts set owner = 'player:eve' ${ann}`],
    ['to change a balance without a version', `update ledger.accounts set credits_posted = credits_posted + 1 ${ann}`],
    [
      'to take back what was booked',
      `update ledger.accounts set credits_posted = credits_posted - 1, version = version + 1 ${ann}`,
    ],
    ['to take back a version', `update ledger.accounts set version = version - 1 ${ann}`],
    ['to open what is closed', `update ledger.accounts set state = 'open' where state = 'closed'`],
    [
      'an account of nobody',
      `insert into ledger.accounts (title, owner, asset, min_available) values ('arena', 'ann', 'gold', 0)`,
    ],
  ];

  it.each(refused)('%s', async (_, sql) => {
    await expect(db.session.query(sql)).rejects.toMatchObject({
      code: '23001',
      message: expect.stringContaining('cannot be changed like this'),
    });
  });

  it('a balance below what the account must have', async () => {
    const sql = `update ledger.accounts set debits_posted = debits_posted + 8, version = version + 1 ${ann}`;
    await expect(db.session.query(sql)).rejects.toMatchObject({ code: '23514', constraint: 'available_is_enough' });
  });

  it('a second entry of one account at one version', async () => {
    const sql = `insert into ledger.entries select * from ledger.entries
      where account_id = (select id from ledger.accounts ${ann}) and version = 1`;
    await expect(db.session.query(sql)).rejects.toMatchObject({ code: '23505' });
  });

  it('a second outcome for one key', async () => {
    const sql = `insert into ledger.outcomes select * from ledger.outcomes where key = 'exchange/trd_1'`;
    await expect(db.session.query(sql)).rejects.toMatchObject({ code: '23505' });
  });
});
