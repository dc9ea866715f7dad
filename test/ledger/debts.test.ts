import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DebtReads } from '../../src/ledger/debt.reads.js';
import type { TransferElement, TransferKind, TransferResult } from '../../src/ledger/ledger.types.js';
import { newId } from '../../src/ids.js';
import { book, force, gift, owedBy, spend, writeOff } from './elements.js';
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

/* What is taken from players whether they have it or not, what they owe then, and how it is paid. */

let db: LedgerDatabase;

beforeAll(async () => {
  db = await openLedger();
});
afterAll(() => expectBooksInOrder(db).finally(() => db.close()));

describe('a forced debit by debt', () => {
  it('takes what a player does not have, and their balance shows it', async () => {
    await grant(db, 'short', 10n);
    expect(await book(db, spend('short', 25n), force('short', 25n))).toEqual(['insufficient-funds', 'posted']);
    expect(await balanceOf(db, 'short')).toBe(-15n);
    expect(await owedBy(db, 'short')).toEqual({ debts: ['15 0'], payments: [] });
  });

  it.each(['frozen', 'closed'] as const)('takes from an account that is %s', async (state) => {
    await set(db, state, { state });
    expect(await book(db, spend(state, 5n), force(state, 5n))).toEqual([`account-${state}`, 'posted']);
    expect(await balanceOf(db, state)).toBe(-5n);
  });

  it('gives nothing new to a player whose account is closed', async () => {
    await set(db, 'gone', { state: 'closed' });
    const sent = element([leg('taken', 'gone', 5n)], { debit: { policy: 'debt' } });
    expect(await book(db, sent)).toEqual(['account-closed']);
  });

  it('leaves no room for more debt, also after some of it is paid', async () => {
    expect(await book(db, force('no-room', 20n), spend('no-room', 1n))).toEqual(['posted', 'insufficient-funds']);
    expect(await book(db, gift('no-room', 12n), spend('no-room', 1n))).toEqual(['posted', 'insufficient-funds']);
    expect(await book(db, gift('no-room', 9n), spend('no-room', 2n), spend('no-room', 1n))).toEqual([
      'posted',
      'insufficient-funds',
      'posted',
    ]);
  });

  it('is not evaded by income that is spent in the same transfer', async () => {
    const [comes, goes] = [leg('system:mint', 'passing', 10n), leg('passing', 'friend', 10n)];
    const less = leg('passing', 'friend', 1n);
    expect(
      await book(
        db,
        force('passing', 10n),
        element([comes, goes]),
        element([goes, comes]),
        element([leg('system:mint', 'passing', 5n), less]),
      ),
    ).toEqual(['posted', 'insufficient-funds', 'insufficient-funds', 'insufficient-funds']);
    expect(await book(db, element([comes, leg('system:mint', 'passing', 1n), less]))).toEqual(['posted']);
    expect(await balanceOf(db, 'passing')).toBe(0n);
  });

  it('asks system owners for their funds all the same', async () => {
    const sent = element([leg('system:fees', 'rich', 5n, 'gems')], { debit: { policy: 'debt' } });
    expect(await book(db, sent)).toEqual(['insufficient-funds']);
  });

  it('by 64 at once, beside as much income, loses nothing', async () => {
    const calls = Array.from({ length: 64 }, (_, n) => (n % 2 === 0 ? force('crowd', 3n) : gift('crowd', 2n)));
    const answers = await Promise.all(calls.map((one) => book(db, one)));
    expect(answers.flat()).toEqual(Array(64).fill('posted'));
    expect(await balanceOf(db, 'crowd')).toBe(-32n);
  });
});

describe('a forced debit of what is available', () => {
  it('takes what is there and writes off the rest, and says so also when it is asked again', async () => {
    await grant(db, 'some', 10n);
    const sent = force('some', 25n, writeOff('system:mint'));
    const [first] = await db.ledger.transferInFull([sent]);
    const legs = [leg('some', 'system:store', 10n), leg('system:mint', 'system:store', 15n)];
    expect(first).toMatchObject({ outcome: 'posted', replayed: false, legs });
    expect(await db.ledger.transferInFull([sent])).toEqual([{ ...first, replayed: true }]);
    expect(await balanceOf(db, 'some')).toBe(0n);
    expect(await owedBy(db, 'some')).toEqual({ debts: [], payments: [] });
  });

  it('takes nothing from who has nothing or owes, and all from who has enough', async () => {
    await grant(db, 'enough', 30n);
    await book(db, force('below', 5n));
    const all = ['nothing', 'below', 'enough'].map((player) => force(player, 25n, writeOff('system:mint')));
    const results = await db.ledger.transferInFull(all);
    const legsOf = (result: TransferResult): unknown[] =>
      result.outcome === 'posted' ? result.legs.map(({ from, amount }) => `${from} ${amount}`) : [];
    expect(results.map(legsOf)).toEqual([['system:mint 25'], ['system:mint 25'], ['player:enough 25']]);
  });

  it('counts what a leg before it has moved', async () => {
    await grant(db, 'twice', 10n);
    const legs = [leg('twice', 'system:store', 8n), leg('system:mint', 'twice', 3n), leg('twice', 'system:fees', 9n)];
    const [result] = await db.ledger.transferInFull([element(legs, { debit: writeOff('system:mint') })]);
    const booked = [...legs.slice(0, 2), leg('twice', 'system:fees', 5n), leg('system:mint', 'system:fees', 4n)];
    expect(result).toMatchObject({ outcome: 'posted', legs: booked });
  });

  it('is refused whole where who bears the loss does not have it', async () => {
    await grant(db, 'half', 10n, 'gems');
    const before = await rowsOf(db);
    const legs = [leg('half', 'system:store', 25n, 'gems')];
    expect(await book(db, element(legs, { debit: writeOff('system:fees') }))).toEqual(['insufficient-funds']);
    expect(await rowsOf(db)).toEqual({ ...before, outcomes: (before['outcomes'] ?? 0) + 1 });
  });

  it('writes nothing off against who receives it, and has room for the legs that it makes', async () => {
    const many = Array.from({ length: 51 }, (_, n) => leg(`p${n}`, 'system:store', 1n));
    expect(
      await book(
        db,
        element([leg('a', 'system:store', 1n)], { debit: writeOff('system:store') }),
        element(many, { debit: writeOff('system:mint') }),
        element([leg('a', 'system:store', 1n)], { debit: writeOff('player:b') }),
        element([leg('a', 'system:store', 1n)], {
          debit: writeOff('system:mint'),
          kind: 'reversal',
          reverses: newId('trf'),
        }),
      ),
    ).toEqual(Array(4).fill('validation-failed'));
  });

  it('by 64 at once takes what was there, once', async () => {
    await grant(db, 'raided', 100n);
    const calls = Array.from({ length: 64 }, () => book(db, force('raided', 7n, writeOff('system:mint'))));
    expect((await Promise.all(calls)).flat()).toEqual(Array(64).fill('posted'));
    expect(await balanceOf(db, 'raided')).toBe(0n);
    const { rows } = await db.session.query<{ taken: string }>(
      `select -sum(e.amount) as taken from ledger.entries e join ledger.accounts a on a.id = e.account_id
       where a.owner = 'player:raided' and e.amount < 0`,
    );
    expect(rows).toEqual([{ taken: '100' }]);
  });
});

/** Gives a player something by a transfer of a kind. */
async function income(player: string, amount: bigint, kind: TransferKind): Promise<TransferElement> {
  const sent = element([leg('system:mint', player, amount)], { kind, key: newKey() });
  if (kind !== 'reversal') return sent;
  const [original] = await db.ledger.transfer([force(player, amount)]);
  const reverses = original?.outcome === 'posted' ? original.transferId : '';
  return { ...sent, legs: [leg('system:store', player, amount)], reverses };
}

describe('what is owed', () => {
  it.each(['transfer', 'exchange', 'paid', 'reversal'] as const)('is paid by income of kind %s', async (kind) => {
    const player = `paid-by-${kind}`;
    await book(db, force(player, 10n));
    expect(await book(db, await income(player, 4n, kind))).toEqual(['posted']);
    const [oldest] = (await owedBy(db, player)).debts;
    expect(oldest).toBe('10 4');
  });

  it("is paid oldest first, a payment by what it is to each debt, and the rest is the player's own", async () => {
    await book(db, force('aged', 10n), force('aged', 5n), gift('aged', 12n), force('aged', 4n), gift('aged', 20n));
    expect(await owedBy(db, 'aged')).toEqual({ debts: ['10 10', '5 5', '4 4'], payments: ['10', '2', '3', '4'] });
    expect(await balanceOf(db, 'aged')).toBe(13n);
  });

  it('is also what a player has spent within their limit, and shows which transfer has made it', async () => {
    await set(db, 'trusted', { debtLimit: 10n });
    const sent = { ...spend('trusted', 6n), reason: 'a hat', reference: 'hat 1' };
    await book(db, sent);
    const [debt] = await new DebtReads(db.dataSource).debts(title, 'trusted', {}, 10, undefined);
    expect(debt?.body).toMatchObject({ asset: 'gold', reason: 'a hat', reference: 'hat 1', amount: 6n, paid: 0n });
  });
});
