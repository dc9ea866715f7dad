import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ledgerActivities } from '../../activities/ledger.activities.js';
import type { Debit } from '../../contracts/nouns.js';
import { DebtReads } from '../../src/ledger/debt.reads.js';
import type { TransferElement, TransferKind } from '../../src/ledger/ledger.types.js';
import { book, changesOf, gift, owedBy, spend, writeOff } from './elements.js';
import {
  balanceOf,
  element,
  expectBooksInOrder,
  grant,
  leg,
  newKey,
  openLedger,
  rowsOf,
  set,
  title,
  type LedgerDatabase,
} from './ledger-database.js';

/* What a saga takes back from players who may not have it, and accounts that are frozen for it. */

let db: LedgerDatabase;

beforeAll(async () => {
  db = await openLedger();
});
afterAll(() => expectBooksInOrder(db).finally(() => db.close()));

const debt: Debit = { policy: 'debt' };
const freeze: Debit = { policy: 'freeze' };
const clearing = 'system:clearing:stripe';
const sagas = ['exchange', 'paid'] as const;

/** What a saga of this kind books. */
function taken(kind: TransferKind, legs: TransferElement['legs'], debit: Debit = debt): TransferElement {
  return element(legs, { kind, debit, key: newKey().replace('transfers', 'exchange'), reference: 'rfd_1' });
}

describe.each(sagas)('a forced debit of kind %s', (kind) => {
  it('takes what a player does not have as a debt, whatever the state of their account', async () => {
    for (const state of ['open', 'frozen', 'closed'] as const) {
      const player = `${kind}-${state}`;
      await set(db, player, { state });
      expect(await book(db, taken(kind, [leg(player, 'system:mint', 5n)]))).toEqual(['posted']);
      expect(await owedBy(db, player)).toEqual({ debts: ['5 0'], payments: [] });
    }
  });

  it('gives back to a player above their limit and on an account that is closed', async () => {
    const player = `${kind}-returned`;
    await grant(db, player, 1000n, 'dust');
    await set(db, player, { state: 'closed' });
    await grant(db, `${kind}-payer`, 50n);
    await grant(db, `${kind}-payer`, 900n, 'dust');
    const stored = spend(`${kind}-payer`, 50n);
    const dust = element([leg(`${kind}-payer`, 'system:store', 900n, 'dust')]);
    expect(await book(db, stored, dust)).toEqual(['posted', 'posted']);
    const legs = [leg('system:store', player, 50n), leg('system:store', player, 900n, 'dust')];
    expect(await book(db, taken(kind, legs))).toEqual(['posted']);
    expect([await balanceOf(db, player), await balanceOf(db, player, 'dust')]).toEqual([50n, 1900n]);
  });

  it('takes back what cannot be traded', async () => {
    const legs = [leg(`${kind}-a`, `${kind}-b`, 5n, 'honour')];
    expect(await book(db, taken(kind, legs))).toEqual(['posted']);
  });

  it('takes what is available and writes off the rest, of up to 100 legs, and makes no debt', async () => {
    const [player, other] = [`${kind}-some`, `${kind}-none`];
    await grant(db, player, 10n);
    const legs = [leg(player, 'system:store', 25n), leg(other, 'system:store', 4n)];
    const [result] = await db.ledger.transferInFull([taken(kind, legs, writeOff('system:mint'))]);
    expect(result).toMatchObject({
      outcome: 'posted',
      legs: [
        leg(player, 'system:store', 10n),
        leg('system:mint', 'system:store', 15n),
        leg('system:mint', 'system:store', 4n),
      ],
    });
    expect(await owedBy(db, player)).toEqual({ debts: [], payments: [] });
    const many = Array.from({ length: 100 }, (_, n) => leg(`${kind}-of-many-${n}`, 'system:store', 1n));
    expect(await book(db, taken(kind, many, writeOff('system:mint')))).toEqual(['posted']);
  });

  it('makes a debt of real money, which is listed among the debts and paid by what comes in', async () => {
    const player = `${kind}-in-euros`;
    const back = leg(clearing, 'system:mint', 499n, 'EUR');
    expect(await book(db, taken(kind, [back, leg(player, 'system:mint', 200n, 'EUR')]))).toEqual(['posted']);
    const [owed] = await new DebtReads(db.dataSource).debts(title, player, {}, 10, undefined);
    expect(owed?.body).toMatchObject({ asset: 'EUR', reference: 'rfd_1', amount: 200n, paid: 0n });
    const paid = element([leg('system:mint', player, 150n, 'EUR')], { kind: 'paid' });
    expect(await book(db, paid)).toEqual(['posted']);
    expect(await owedBy(db, player, 'EUR')).toEqual({ debts: ['200 150'], payments: ['150'] });
  });

  it('freezes all accounts of whoever comes short, says why, and freezes nobody else', async () => {
    const [short, rich, gone] = [`${kind}-short`, `${kind}-rich`, `${kind}-gone`];
    await grant(db, rich, 30n);
    await grant(db, short, 9n, 'gems');
    await set(db, gone, { state: 'closed' });
    expect(await book(db, taken('paid', [leg('system:mint', short, 5n, 'EUR')]))).toEqual(['posted']);
    const legs = [
      leg(short, 'system:mint', 30n),
      leg(short, 'system:mint', 9n, 'gems'),
      leg(rich, 'system:mint', 30n),
      leg(gone, 'system:mint', 30n),
    ];
    const before = await rowsOf(db);
    expect(await book(db, taken(kind, legs, freeze), gift(short, 40n), spend(short, 1n))).toEqual([
      'posted',
      'posted',
      'account-frozen',
    ]);
    expect(await rowsOf(db)).toMatchObject({ account_changes: (before['account_changes'] ?? 0) + 3 });
    expect(await changesOf(db, short)).toEqual(Array(3).fill('state open frozen veltrix'));
    expect([await changesOf(db, rich), await changesOf(db, gone)]).toEqual([[], ['state open closed olga']]);
    const gems = (from: string, to: string): TransferElement => element([leg(from, to, 1n, 'gems')]);
    expect(await book(db, spend(short, 1n), gems('system:mint', short), gems(short, 'system:mint'))).toEqual([
      'account-frozen',
      'posted',
      'account-frozen',
    ]);
    const { rows } = await db.session.query(
      `select data from ledger.facts where type = 'account.changed' and subject = $1`,
      [`player:${short}`],
    );
    const reason: unknown = expect.stringMatching(/^trf_\S+ of rfd_1 has taken more than there was\.$/);
    const told = { setting: 'state', from: 'open', to: 'frozen', operator: 'veltrix', reason };
    expect(rows).toHaveLength(3);
    for (const asset of ['gold', 'gems', 'EUR']) expect(rows).toContainEqual({ data: { ...told, asset } });
    // What is frozen already is not frozen again.
    expect(await book(db, taken(kind, [leg(short, 'system:mint', 100n)], freeze))).toEqual(['posted']);
    expect(await changesOf(db, short)).toHaveLength(3);
  });
});

describe('a forced exchange', () => {
  it('asks the store and other system owners for their funds', async () => {
    const legs = [leg('system:fees', 'asker', 5n, 'gems')];
    expect(await book(db, taken('exchange', legs))).toEqual(['insufficient-funds']);
    const ofStore = [leg('system:store', 'asker', 5n, 'gems')];
    expect(await book(db, taken('exchange', ofStore, writeOff('system:fees')))).toEqual(['insufficient-funds']);
  });

  it('asks nobody for funds to whom the loss is written off', async () => {
    const loss = [leg('loser', 'system:store', 5n, 'gems'), leg('system:fees', 'system:store', 2n, 'gems')];
    const before = (await balanceOf(db, 'system:fees', 'gems')) ?? 0n;
    expect(await book(db, taken('exchange', loss, writeOff('system:fees')))).toEqual(['posted']);
    expect(await balanceOf(db, 'system:fees', 'gems')).toBe(before - 7n);
  });

  it('without its policy is refused as every exchange is', async () => {
    const { debit: _, ...plain } = taken('exchange', [leg('plain', 'system:mint', 5n)]);
    const { debit: __, ...money } = taken('exchange', [leg('plain', 'system:mint', 5n, 'EUR')]);
    expect(await book(db, plain, money)).toEqual(['insufficient-funds', 'validation-failed']);
  });
});

it('what is paid is taken also from system owners who do not have it', async () => {
  const before = (await balanceOf(db, 'system:fees', 'gems')) ?? 0n;
  expect(await book(db, taken('paid', [leg('system:fees', 'system:mint', 7n, 'gems')]))).toEqual(['posted']);
  expect(await balanceOf(db, 'system:fees', 'gems')).toBe(before - 7n);
});

it('a transfer freezes by its policy too, and without a reference says which transfer it was', async () => {
  expect(await book(db, element([leg('plainly', 'system:store', 5n)], { debit: freeze }))).toEqual(['posted']);
  expect(await changesOf(db, 'plainly')).toEqual(['state open frozen veltrix']);
});

it('64 forced debits at once freeze an account once', async () => {
  const calls = Array.from({ length: 64 }, () =>
    book(db, taken('exchange', [leg('crowd', 'system:mint', 3n)], freeze)),
  );
  expect((await Promise.all(calls)).flat()).toEqual(Array(64).fill('posted'));
  expect(await changesOf(db, 'crowd')).toEqual(['state open frozen veltrix']);
  expect(await balanceOf(db, 'crowd')).toBe(-192n);
});

it.each([
  ['a policy that nobody knows', { policy: 'mercy' }],
  ['a loss that a player bears', { policy: 'available', writeOff: 'player:b' }],
  ['a loss that nobody bears', { policy: 'available' }],
])('%s is refused by itself', async (_, debit) => {
  for (const kind of sagas)
    expect(await book(db, taken(kind, [leg('a', 'system:store', 1n)], debit as Debit))).toEqual(['validation-failed']);
});

it('a saga writes nothing off of what goes from player to player', async () => {
  const legs = [leg('a', 'b', 1n)];
  expect(await book(db, taken('exchange', legs, writeOff('system:mint')))).toEqual(['validation-failed']);
});

it('the step of a saga takes by the policy of its exchange', async () => {
  const { ledgerTransfer } = ledgerActivities(db.ledger).steps;
  const legs = [{ from: 'player:stepped', to: 'system:mint', asset: 'EUR', amount: '12' }];
  const rfd = (n: number): string => `rfd_0198c0de-7a11-7000-8000-00000000000${n}`;
  const stop = new AbortController().signal;
  const sent = [
    { id: rfd(1), title, legs, debit: freeze },
    { id: rfd(2), title, legs, debit: freeze, paid: true as const },
    { id: rfd(3), title, legs },
  ];
  expect(await ledgerTransfer(sent, stop)).toMatchObject({
    count: 3,
    common: { outcome: 'posted' },
    exceptions: [{ id: rfd(3), outcome: 'refused' }],
  });
  expect(await owedBy(db, 'stepped', 'EUR')).toEqual({ debts: ['12 0', '12 0'], payments: [] });
  expect(await changesOf(db, 'stepped')).toEqual(['state open frozen veltrix']);
});
