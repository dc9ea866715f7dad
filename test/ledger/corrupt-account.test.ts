import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { asStepAnswers } from '../../activities/step-answers.js';
import { expand } from '../../contracts/answers.js';
import type { TransferElement } from '../../src/ledger/ledger.types.js';
import { element, grant, leg, openLedger, type LedgerDatabase } from './ledger-database.js';

/* An account that is behind its entries, as a restored part of a database leaves it: nothing can be booked on it. */

let db: LedgerDatabase;
beforeAll(async () => {
  db = await openLedger();
  await grant(db, 'corrupt', 5n);
  await db.session.query('set session_replication_role = replica');
  const { rowCount } = await db.session.query(
    `update ledger.accounts set version = version - 1 where owner = 'player:corrupt'`,
  );
  expect(rowCount).toBe(1);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => db.close());

const give = (to: string): TransferElement => element([leg('system:mint', to, 1n)]);

/** How many transactions a call takes. */
async function triesOf(call: () => Promise<unknown>): Promise<number> {
  const transaction = jest.spyOn(db.dataSource, 'transaction');
  const before = transaction.mock.calls.length;
  await call();
  return transaction.mock.calls.length - before;
}

test('a transfer on it is tried twice, however many are with it, and its neighbours are booked', async () => {
  const entries = expect.objectContaining({ message: expect.stringContaining('entries_pkey') });
  expect(await triesOf(() => expect(db.ledger.transfer([give('corrupt')])).rejects.toEqual(entries))).toBe(2);
  const elements = ['ann', 'ben', 'corrupt', 'dan', 'eve', 'fay', 'gus', 'hal'].map((to) => ({
    ...give(to),
    id: `trd_${to}`,
  }));
  const book = async (): Promise<void> => {
    const answers = await asStepAnswers(elements, async (some) => {
      const booked = await db.ledger.transfer(some);
      return booked.map(({ outcome }, place) => ({ id: some[place]?.id ?? '', outcome }));
    });
    expect(expand(elements, answers).map((one) => ('outcome' in one ? one.outcome : undefined))).toEqual(
      elements.map(({ id }) => (id === 'trd_corrupt' ? 'failed' : 'posted')),
    );
  };
  // Twice for each list that it is in (of 8, 4, 2 and 1), and once for each other half.
  expect(await triesOf(book)).toBe(11);
});
