import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  element,
  expectBooksInOrder,
  grant,
  leg,
  openLedger,
  set,
  title,
  told,
  type LedgerDatabase,
} from './ledger-database.js';

let db: LedgerDatabase;

/** Leaves one row of every kind: a posted, a refused and a cancelled outcome, and accounts that an operator has set. */
beforeAll(async () => {
  db = await openLedger();
  await grant(db, 'ann', 10n);
  expect(told(await db.ledger.transfer([element([leg('ann', 'bob', 3n)]), element([leg('poor', 'bob', 3n)])]))).toEqual(
    ['posted', 'insufficient-funds'],
  );
  await db.ledger.cancel([
    { title, key: 'exchange/trd_1', cause: { code: 'compensated-by-operator', detail: 'test' } },
  ]);
  await set(db, 'gone', { state: 'closed' });
  const forced = element([leg('forced', 'bob', 9n)], { debit: { policy: 'debt' } });
  expect(told(await db.ledger.transfer([forced]))).toEqual(['posted']);
  await grant(db, 'forced', 4n);
  await set(db, 'debtor', { debtLimit: 20n });
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
    ['to close what is not empty', `update ledger.accounts set state = 'closed' ${ann}`],
    ['to delete an account that is closed', `delete from ledger.accounts where state = 'closed'`],
    ['to delete an account that may owe', `delete from ledger.accounts where owner = 'player:debtor'`],
    ['to take back what was owed', `update ledger.accounts set owed = owed - 1 where owner = 'player:forced'`],
    ...['debts', 'debt_payments'].flatMap((table): [string, string][] => [
      [`to update ${table}`, `update ledger.${table} set amount = amount - 1`],
      [`to delete ${table}`, `delete from ledger.${table}`],
      [`to empty ${table}`, `truncate ledger.${table}`],
    ]),
    ['to take back what the mint has given', 'update ledger.mint_totals set amount = amount - 1 where amount > 1'],
    ['to give what the mint has given another reason', `update ledger.mint_totals set reason = 'other'`],
    ['to delete what the mint has given', 'delete from ledger.mint_totals'],
    ['to empty what the mints have given', 'truncate ledger.mint_totals'],
    ['to update what was set', `update ledger.account_changes set operator = 'eve'`],
    ['to delete what was set', 'delete from ledger.account_changes'],
    ['to empty what was set', 'truncate ledger.account_changes'],
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

  it.each([
    ['that an account may owe more than it is allowed to', 'min_available = min_available - 1', 'minimum_follows'],
    ['that an account may owe less than it is allowed to', 'min_available = min_available + 1', 'minimum_follows'],
    ['another debt limit without its minimum', 'debt_limit = debt_limit + 1', 'minimum_follows'],
    ['a debt limit below zero', 'debt_limit = -1, min_available = 1', 'accounts_debt_limit_check'],
    ['a state that is none', `state = 'sealed'`, 'accounts_state_check'],
  ])('%s', async (_, what, constraint) => {
    const sql = `update ledger.accounts set ${what} where owner = 'player:debtor'`;
    await expect(db.session.query(sql)).rejects.toMatchObject({ code: '23514', constraint });
  });

  it.each(['debts', 'debt_payments'])('a second piece of %s that begins where one has begun', async (table) => {
    const sql = `insert into ledger.${table} select account_id, sequence + 1, transfer_id, 1, 0 from ledger.${table}`;
    await expect(db.session.query(sql)).rejects.toMatchObject({ code: '23505' });
  });

  it('a player below zero who never came to owe it', async () => {
    const sql = `update ledger.accounts set debits_posted = debits_posted + 5, version = version + 1,
      min_available = -10 where owner = 'player:forced'`;
    await expect(db.session.query(sql)).rejects.toMatchObject({
      code: '23514',
      constraint: 'owed_is_known',
    });
  });

  it('a change of a setting that changes nothing', async () => {
    const sql = `insert into ledger.account_changes (account_id, setting, old_value, new_value, operator, reason)
      values (1, 'state', 'open', 'open', 'eve', 'x')`;
    await expect(db.session.query(sql)).rejects.toMatchObject({ code: '23514' });
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
