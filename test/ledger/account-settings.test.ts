import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AccountSettingsService } from '../../src/ledger/account-settings.service.js';
import type { AccountState } from '../../src/ledger/ledger.types.js';
import { meeting } from '../harness/meeting.js';
import { book, changesOf, gift, spend } from './elements.js';
import { lockGate } from './gates.js';
import {
  balanceOf,
  element,
  expectBooksInOrder,
  grant,
  leg,
  openLedger,
  rowsOf,
  set,
  type LedgerDatabase,
} from './ledger-database.js';

/* What operators set of the accounts of players. */

let db: LedgerDatabase;

beforeAll(async () => {
  db = await openLedger();
});
afterAll(() => expectBooksInOrder(db).finally(() => db.close()));

describe('the state of an account', () => {
  it('frozen lets nothing leave, and what is given arrives; opened, it lets it leave again', async () => {
    await grant(db, 'cold', 10n);
    await set(db, 'cold', { state: 'frozen' });
    expect(await book(db, spend('cold', 1n), gift('cold', 5n))).toEqual(['account-frozen', 'posted']);
    await set(db, 'cold', { state: 'open' });
    expect(await book(db, spend('cold', 15n))).toEqual(['posted']);
    expect(await changesOf(db, 'cold')).toEqual(['state open frozen olga', 'state frozen open olga']);
  });

  it('closed lets in what a reversal gives back, and nothing new', async () => {
    await grant(db, 'left', 10n);
    const [spent] = await db.ledger.transferInFull([spend('left', 10n)]);
    await set(db, 'left', { state: 'closed' });
    const reverses = spent?.outcome === 'posted' ? spent.transferId : '';
    const back = element([leg('system:store', 'left', 10n)], { kind: 'reversal', reverses });
    expect(await book(db, gift('left', 1n), back, spend('left', 10n))).toEqual([
      'account-closed',
      'posted',
      'account-closed',
    ]);
    expect(await balanceOf(db, 'left')).toBe(10n);
  });

  it.each([
    ['holds', 5n],
    ['owes', -5n],
  ])('is not closed where the account %s something, and nothing changes', async (what, balance) => {
    const player = `not-closed-${what}`;
    await set(db, player, { debtLimit: 9n });
    await book(db, balance > 0n ? gift(player, balance) : spend(player, -balance));
    const before = await rowsOf(db);
    await expect(set(db, player, { state: 'closed' })).rejects.toMatchObject({ code: 'account-not-empty' });
    expect(await rowsOf(db)).toEqual(before);
    await book(db, balance > 0n ? spend(player, balance) : gift(player, -balance));
    expect(await set(db, player, { state: 'closed' })).toMatchObject({ state: 'closed', posted: 0n, debtLimit: 9n });
  });

  it('that is so already makes no account, no change and no fact', async () => {
    const before = await rowsOf(db);
    expect(await set(db, 'nobody', { state: 'open' })).toMatchObject({ state: 'open', debtLimit: 0n, version: 0n });
    expect(await set(db, 'nobody', { debtLimit: 0n })).toMatchObject({ state: 'open', posted: 0n });
    expect(await rowsOf(db)).toEqual(before);
    await set(db, 'nobody', { state: 'frozen' });
    const after = await rowsOf(db);
    await set(db, 'nobody', { state: 'frozen' });
    expect(await rowsOf(db)).toEqual(after);
  });

  it('of an asset that is not defined is not found', async () => {
    const before = await rowsOf(db);
    for (const asset of ['silver', 'EUR', 'ZZZ'])
      await expect(set(db, 'ann', { state: 'frozen' }, asset)).rejects.toMatchObject({ code: 'not-found' });
    expect(await rowsOf(db)).toEqual(before);
    expect(await db.dataSource.query(`select code from ledger.assets where code = 'EUR'`)).toEqual([]);
  });

  it('set while 64 spend holds for each that comes after it, and for none before', async () => {
    await grant(db, 'busy', 64n);
    const spends = Array.from({ length: 64 }, () => () => book(db, spend('busy', 1n)));
    const freeze = async (): Promise<string[]> => [(await set(db, 'busy', { state: 'frozen' })).state];
    const answers = (
      await Promise.all([...spends.slice(0, 32), freeze, ...spends.slice(32)].map((one) => one()))
    ).flat();
    const posted = answers.filter((word) => word === 'posted').length;
    const refused = answers.filter((word) => word === 'account-frozen').length;
    expect(posted + refused).toBe(64);
    expect(await balanceOf(db, 'busy')).toBe(64n - BigInt(posted));
    const { rows } = await db.session.query<{ version: string; at: string }>(
      `select a.version, (c.created_at >= all (select t.created_at from ledger.transfers t join ledger.entries e
         on e.sequence = t.sequence where e.account_id = a.id and t.reason <> 'test'))::text as at
       from ledger.accounts a join ledger.account_changes c on c.account_id = a.id where a.owner = 'player:busy'`,
    );
    expect(rows).toEqual([{ version: String(posted + 1), at: 'true' }]);
  });

  it('set by many at once to the same is one change', async () => {
    await grant(db, 'many', 1n);
    // Each is of a process of its own: those of one process take turns.
    const settings = (): AccountSettingsService => new AccountSettingsService(db.dataSource);
    const calls = Array.from({ length: 6 }, () => () => set({ settings: settings() }, 'many', { state: 'frozen' }));
    const answers = await meeting(db.session, lockGate('many'), calls);
    expect(answers.map(({ state }) => state)).toEqual(Array<AccountState>(6).fill('frozen'));
    expect(await changesOf(db, 'many')).toEqual(['state open frozen olga']);
  });

  it('set for an account that nobody has, by 64 at once, makes one', async () => {
    const limits = Array.from({ length: 64 }, (_, n) => BigInt(n + 1));
    await Promise.all(limits.map((debtLimit) => set(db, 'fresh', { debtLimit })));
    const changes = await changesOf(db, 'fresh');
    expect(changes).toHaveLength(64);
    // Each goes on from what the one before has set.
    const steps = changes.map((change) => change.split(' '));
    expect(steps.slice(1).map(([, from]) => from)).toEqual(steps.slice(0, -1).map(([, , to]) => to));
  });
});

describe('a debt limit', () => {
  it('is how far below zero an account may go by whatever it gives, and no further', async () => {
    await set(db, 'debtor', { debtLimit: 20n });
    await grant(db, 'debtor', 5n);
    expect(await book(db, spend('debtor', 26n), spend('debtor', 25n), spend('debtor', 1n))).toEqual([
      'insufficient-funds',
      'posted',
      'insufficient-funds',
    ]);
    expect(await balanceOf(db, 'debtor')).toBe(-20n);
  });

  it('that is lowered leaves what is owed, and what comes in does not make room for new debt', async () => {
    await set(db, 'lowered', { debtLimit: 20n });
    expect(await book(db, spend('lowered', 20n))).toEqual(['posted']);
    expect(await set(db, 'lowered', { debtLimit: 5n })).toMatchObject({ posted: -20n, debtLimit: 5n });
    expect(await book(db, spend('lowered', 1n), gift('lowered', 8n), spend('lowered', 1n))).toEqual([
      'insufficient-funds',
      'posted',
      'insufficient-funds',
    ]);
    expect(await book(db, gift('lowered', 10n))).toEqual(['posted']);
    expect(await book(db, spend('lowered', 4n), spend('lowered', 3n))).toEqual(['insufficient-funds', 'posted']);
    expect(await balanceOf(db, 'lowered')).toBe(-5n);
  });

  it('can be as much as a balance can', async () => {
    const most = 999_999_999_999_999_999n;
    expect(await set(db, 'boundless', { debtLimit: most }, 'gems')).toMatchObject({ debtLimit: most });
    const all = element([leg('boundless', 'system:store', most, 'gems')]);
    expect(await book(db, all, element([leg('boundless', 'system:fees', 1n, 'gems')]))).toEqual([
      'posted',
      'balance-overflow',
    ]);
  });
});
