import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TransferElement, TransferResult } from '../../src/ledger/ledger.types.js';
import {
  balanceOf,
  element,
  expectBooksInOrder,
  grant,
  leg,
  openLedger,
  rowsOf,
  set,
  title,
  told,
  type LedgerDatabase,
} from './ledger-database.js';

let db: LedgerDatabase;

beforeAll(async () => {
  db = await openLedger();
});
afterAll(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

const transfer = (...elements: TransferElement[]): Promise<TransferResult[]> => db.ledger.transferInFull(elements);

describe('what is refused', () => {
  it('leaves no account behind, also where some of its accounts were there', async () => {
    await grant(db, 'trace', 1n);
    const before = await rowsOf(db);
    const sent = [
      element([leg('trace', 'trace.new', 1n), leg('trace', 'trace.newer', 1n, 'gems')]),
      element([leg('trace', 'trace.new', 1n), leg('trace', 'trace.new', 1n, 'silver')]),
    ];
    expect(told(await transfer(...sent))).toEqual(['insufficient-funds', 'unknown-asset']);
    expect(await rowsOf(db)).toEqual({ ...before, outcomes: (before['outcomes'] ?? 0) + 1 });
  });

  it('for one leg moves nothing by its other legs, and its neighbours go on', async () => {
    await grant(db, 'half', 10n);
    const results = await transfer(
      element([leg('half', 'half.to', 1n), leg('half', 'half.to', 1n, 'silver')]),
      element([leg('half', 'half.to', 2n)]),
      element([leg('half', 'half.to', 1n), leg('half.to', 'half', 500n, 'dust')]),
    );
    expect(told(results)).toEqual(['unknown-asset', 'posted', 'insufficient-funds']);
    expect([await balanceOf(db, 'half'), await balanceOf(db, 'half.to')]).toEqual([8n, 2n]);
  });

  it('before any SQL, because the database would choke on it, does not disturb its neighbours', async () => {
    const legs = [{ ...leg('a', 'b', 1n), amount: 10n ** 30n }];
    const poisoned = [
      element(legs),
      element([leg('a', 'b', -1n)]),
      element([leg('a\0', 'b', 1n)]),
      element([leg('a', 'a', 1n)], { kind: 'exchange' }),
      element([leg('system:mint', 'b', 1n)], { reason: 'a\0' }),
    ];
    const results = await transfer(...poisoned, element([leg('system:mint', 'unpoisoned', 4n)]));
    expect(told(results)).toEqual([...poisoned.map(() => 'validation-failed'), 'posted']);
    expect(
      told(
        await transfer(
          { ...poisoned[3], legs: [leg('system:mint', 'b', 1n)] } as TransferElement,
          { ...poisoned[1], legs: [leg('system:mint', 'b', 1n)] } as TransferElement,
        ),
      ),
    ).toEqual(['validation-failed', 'posted']);
  });

  it('because an exchange hands on what cannot be traded, is none for store, mint and transfer', async () => {
    const minted = element([leg('system:mint', 'honoured', 3n, 'honour')], { kind: 'exchange' });
    const bought = element([leg('honoured', 'system:store', 1n, 'honour')], { kind: 'exchange' });
    const legs = [leg('honoured', 'envied', 1n, 'honour')];
    expect(told(await transfer(minted, bought, element(legs, { kind: 'exchange' }), element(legs)))).toEqual([
      'posted',
      'posted',
      'asset-not-tradeable',
      'posted',
    ]);
  });

  it.each(['frozen', 'closed'] as const)('of an account that is %s', async (state) => {
    const player = `is-${state}`;
    await set(db, player, { state });
    const results = await transfer(
      element([leg(player, 'else', 1n)]),
      element([leg(player, 'else', 1n)], { kind: 'exchange' }),
      element([leg('system:mint', player, 1n)]),
      element([leg('system:mint', player, 1n)], { kind: 'exchange' }),
      element([leg('system:mint', player, 1n, 'gems')]),
    );
    const arrives = state === 'frozen' ? 'posted' : 'account-closed';
    expect(told(results)).toEqual([`account-${state}`, `account-${state}`, arrives, arrives, 'posted']);
  });

  it('by a limit that was lowered, is what the player would gain and not what they give', async () => {
    await db.assets.put({ title, code: 'shells', name: 'Shells', kind: 'stackable', scale: 0, tradeable: true });
    await grant(db, 'collector', 50n, 'shells');
    await db.assets.put({
      title,
      code: 'shells',
      name: 'Shells',
      kind: 'stackable',
      scale: 0,
      tradeable: true,
      maxBalance: 40n,
    });
    const results = await transfer(
      element([leg('system:mint', 'collector', 1n, 'shells')]),
      element([leg('collector', 'system:store', 11n, 'shells')]),
      element([leg('system:mint', 'collector', 1n, 'shells')]),
    );
    expect(told(results)).toEqual(['balance-limit-exceeded', 'posted', 'posted']);
  });

  it('as an overflow is what no column could hold', async () => {
    const most = 999_999_999_999_999_999n;
    await db.assets.put({ title, code: 'sand', name: 'Sand', kind: 'stackable', scale: 0, tradeable: true });
    const results = await transfer(
      element([leg('system:mint', 'dune', most, 'sand'), leg('system:mint', 'dune', most, 'sand')]),
      element([leg('system:mint', 'dune', most, 'sand')]),
      element([leg('system:mint', 'beach', 1n, 'sand')]),
    );
    expect(told(results)).toEqual(['balance-overflow', 'posted', 'balance-overflow']);
    expect(await balanceOf(db, 'system:mint', 'sand')).toBe(-most);
  });
});
