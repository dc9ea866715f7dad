import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { TransferIntake } from '../../src/ledger/transfer-intake.js';
import { balanceOf, element, grant, leg, openLedger, type LedgerDatabase } from './ledger-database.js';

let db: LedgerDatabase;

beforeAll(async () => {
  db = await openLedger();
});
afterAll(() => db.close());

test('requests that come together are booked by a few calls, and each is told what became of its own', async () => {
  await grant(db, 'crowd', 60n);
  const intake = new TransferIntake(db.ledger);
  const calls = jest.spyOn(db.dataSource, 'transaction');
  const results = await Promise.all(Array.from({ length: 100 }, () => intake.book(element([leg('crowd', 'crowd.to', 1n)]))));
  expect(calls.mock.calls.length).toBeLessThan(10);
  expect(results.filter(({ outcome }) => outcome === 'posted')).toHaveLength(60);
  expect(results.filter((result) => result.outcome === 'refused' && result.cause.code === 'insufficient-funds')).toHaveLength(40);
  expect([await balanceOf(db, 'crowd'), await balanceOf(db, 'crowd.to')]).toEqual([0n, 60n]);
});
