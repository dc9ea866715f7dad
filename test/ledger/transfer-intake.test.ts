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
  const results = await Promise.all(
    Array.from({ length: 100 }, () => intake.book(element([leg('crowd', 'crowd.to', 1n)]))),
  );
  expect(calls.mock.calls.length).toBeLessThan(10);
  expect(results.filter(({ outcome }) => outcome === 'posted')).toHaveLength(60);
  expect(
    results.filter((result) => result.outcome === 'refused' && result.cause.code === 'insufficient-funds'),
  ).toHaveLength(40);
  expect([await balanceOf(db, 'crowd'), await balanceOf(db, 'crowd.to')]).toEqual([0n, 60n]);
});

test('twenty bad requests among forty fail by themselves, and the others are booked', async () => {
  await grant(db, 'mixed', 100n);
  await db.session.query(
    `create function public.refuse_one() returns trigger language plpgsql as $$
     begin raise exception 'this one is bad'; end $$`,
  );
  await db.session.query(
    `create trigger refuse_one before insert on ledger.transfers
     for each row when (new.reason = 'bad') execute function public.refuse_one()`,
  );
  const intake = new TransferIntake(db.ledger);
  const ends = await Promise.allSettled(
    Array.from({ length: 40 }, (_, place) =>
      intake.book(element([leg('mixed', 'mixed.to', 1n)], place < 20 ? { reason: 'bad' } : {})),
    ),
  );
  expect(ends.slice(0, 20).map((end) => end.status === 'rejected' && (end.reason as Error).message)).toEqual(
    Array(20).fill('this one is bad'),
  );
  expect(ends.slice(20)).toMatchObject(Array(20).fill({ status: 'fulfilled', value: { outcome: 'posted' } }));
  expect([await balanceOf(db, 'mixed'), await balanceOf(db, 'mixed.to')]).toEqual([80n, 20n]);
});
