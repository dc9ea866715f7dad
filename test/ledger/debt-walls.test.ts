import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { Books } from '../../src/ledger/books.rules.js';
import { book, force, spend, writeOff } from './elements.js';
import {
  balanceOf,
  expectBooksInOrder,
  grant,
  leg,
  openLedger,
  rowsOf,
  set,
  type LedgerDatabase,
} from './ledger-database.js';

/* What the database sees where the rules would not, and what a lost answer may not change. */

let db: LedgerDatabase;

beforeAll(async () => {
  db = await openLedger();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => expectBooksInOrder(db).finally(() => db.close()));

it('the database refuses a debit below the minimum that no rule has forced', async () => {
  await grant(db, 'mistaken', 5n);
  const before = await rowsOf(db);
  const { book } = Books.prototype;
  // Rules that ask for no funds book what nobody has, and say that nobody has forced it.
  jest.spyOn(Books.prototype, 'book').mockImplementation(function (this: Books, legs) {
    const decision = book.call(this, legs, { funds: 'of nobody', limits: false });
    for (const change of this.changes()) change.forced = false;
    return decision;
  });
  const sent = spend('mistaken', 6n);
  await expect(db.ledger.transfer([sent])).rejects.toMatchObject({ constraint: 'available_is_enough' });
  expect(await rowsOf(db)).toEqual(before);
});

/** Has the answer of the next COMMIT be lost. */
function loseAnAnswer(): void {
  const { transaction } = db.dataSource;
  jest.spyOn(db.dataSource, 'transaction').mockImplementationOnce((async (
    level: 'READ COMMITTED',
    work: Parameters<typeof transaction>[1],
  ) => {
    await transaction.call(db.dataSource, level, work);
    throw new Error('Connection terminated unexpectedly');
  }) as unknown as typeof transaction);
}

it('a forced debit whose COMMIT was not answered is made once, and tells the legs that were booked', async () => {
  await grant(db, 'lost', 5n);
  loseAnAnswer();
  const [result] = await db.ledger.transferInFull([force('lost', 8n, writeOff('system:mint'))]);
  const legs = [leg('lost', 'system:store', 5n), leg('system:mint', 'system:store', 3n)];
  expect(result).toMatchObject({ outcome: 'posted', replayed: false, legs });
  loseAnAnswer();
  expect(await book(db, force('lost', 8n))).toEqual(['posted']);
  expect(await balanceOf(db, 'lost')).toBe(-8n);
});

it('a setting whose COMMIT was not answered is set and told once', async () => {
  const before = await rowsOf(db);
  loseAnAnswer();
  expect(await set(db, 'unheard', { state: 'frozen' })).toMatchObject({ state: 'frozen' });
  const { account_changes: changes = 0, outbox = 0, accounts = 0 } = before;
  expect(await rowsOf(db)).toEqual({
    ...before,
    accounts: accounts + 1,
    account_changes: changes + 1,
    outbox: outbox + 1,
  });
});
