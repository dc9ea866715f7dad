import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Books, balancesAfter, type Terms } from './books.rules.js';
import type { StoredAccount } from './ledger.types.js';

const most = 999_999_999_999_999_999n;
const forcedTerms: Terms = { funds: 'of system owners', limits: true };
let ids = 0;

function account(owner: string, rest: Partial<StoredAccount> = {}): StoredAccount {
  return {
    id: String(++ids),
    title: 'arena',
    owner,
    asset: 'gold',
    posted: 0n,
    debitsPending: 0n,
    creditsPending: 0n,
    debtLimit: 0n,
    owed: 0n,
    version: 0n,
    state: 'open',
    tradeable: true,
    ...rest,
  };
}
const player = (posted: bigint, rest: Partial<StoredAccount> = {}): StoredAccount =>
  account('player:ann', { posted, version: 1n, ...rest });
const mint = (posted = 0n): StoredAccount => account('system:mint', { posted, debtLimit: most });

/** `posted`, or the code of the refusal. */
function verdict(...legs: [StoredAccount, StoredAccount, bigint][]): string {
  const result = new Books().book(legs.map(([from, to, amount]) => ({ from, to, amount })));
  return 'refused' in result ? result.refused.code : 'posted';
}

describe('funds', () => {
  it('everything can be taken, and not one more', () => {
    expect([verdict([player(250n), player(0n), 250n]), verdict([player(250n), player(0n), 251n])]).toEqual([
      'posted',
      'insufficient-funds',
    ]);
  });

  it('what is held cannot be taken', () => {
    const ann = player(250n, { debitsPending: 100n });
    expect([verdict([ann, player(0n), 150n]), verdict([ann, player(0n), 151n])]).toEqual([
      'posted',
      'insufficient-funds',
    ]);
  });

  it('an account with a debt limit can go down to it', () => {
    const debtor = player(10n, { debtLimit: 40n });
    expect([verdict([debtor, player(0n), 50n]), verdict([debtor, player(0n), 51n])]).toEqual([
      'posted',
      'insufficient-funds',
    ]);
  });

  it('what comes in by another leg of the transfer counts, in whatever order the legs are', () => {
    const [ann, bob, cid] = [player(0n), account('player:bob', { posted: 5n }), account('player:cid')];
    expect(verdict([ann, cid, 5n], [bob, ann, 5n])).toBe('posted');
    expect(verdict([bob, ann, 5n], [ann, cid, 6n])).toBe('insufficient-funds');
  });

  it('what comes in by another leg is not spent past a debt, and whoever only receives is asked for nothing', () => {
    const [ann, bob] = [player(-10n), account('player:bob')];
    expect(verdict([mint(), ann, 10n], [ann, bob, 10n])).toBe('insufficient-funds');
    expect(verdict([mint(), ann, 11n], [ann, bob, 1n])).toBe('posted');
    expect(verdict([mint(), ann, 1n])).toBe('posted');
  });

  it('says what there is and what is needed', () => {
    const result = new Books().book([{ from: player(20n), to: player(0n), amount: 250n }]);
    expect(result).toMatchObject({ refused: { detail: 'player:ann has 20 of gold, and 250 are needed.' } });
  });
});

describe('limits', () => {
  const limited = (posted: bigint, rest: Partial<StoredAccount> = {}): StoredAccount =>
    player(posted, { maxBalance: 100n, ...rest });

  it('a player can come to hold the limit, and not one more', () => {
    expect([verdict([mint(), limited(40n), 60n]), verdict([mint(), limited(40n), 61n])]).toEqual([
      'posted',
      'balance-limit-exceeded',
    ]);
  });

  it('what is about to come in counts', () => {
    const ann = limited(40n, { creditsPending: 10n });
    expect([verdict([mint(), ann, 50n]), verdict([mint(), ann, 51n])]).toEqual(['posted', 'balance-limit-exceeded']);
  });

  it('whoever is above a limit that was lowered can still give, and can gain nothing', () => {
    const [rich, bob] = [limited(500n), account('player:bob')];
    expect(verdict([rich, bob, 1n])).toBe('posted');
    expect(verdict([mint(), rich, 1n])).toBe('balance-limit-exceeded');
    expect(verdict([rich, bob, 7n], [mint(), rich, 7n])).toBe('posted');
    expect(verdict([rich, bob, 7n], [mint(), rich, 8n])).toBe('balance-limit-exceeded');
  });

  it('are for players alone', () => {
    expect(verdict([mint(), account('system:fees', { maxBalance: 100n }), 101n])).toBe('posted');
  });
});

describe('what is paid', () => {
  it('is booked whatever the funds and limits say, and refused where a balance would not fit', () => {
    const paid = (to: StoredAccount, amount: bigint): string => {
      const result = new Books().book([{ from: mint(), to, amount }], {
        funds: 'of nobody',
        limits: false,
      });
      return 'refused' in result ? result.refused.code : 'posted';
    };
    expect(paid(player(40n, { maxBalance: 100n }), 61n)).toBe('posted');
    expect(paid(player(500n, { maxBalance: 100n }), 1n)).toBe('posted');
    expect([paid(player(1n), most - 1n), paid(player(1n), most)]).toEqual(['posted', 'balance-overflow']);
  });
});

describe('18 digits', () => {
  it('a balance can be the largest there is, and not one more', () => {
    expect([verdict([mint(), player(0n), most]), verdict([mint(-1n), player(1n), most])]).toEqual([
      'posted',
      'balance-overflow',
    ]);
  });

  it('the mint can owe as much, and not one more', () => {
    expect([verdict([mint(-most + 5n), player(0n), 5n]), verdict([mint(-most + 5n), player(0n), 6n])]).toEqual([
      'posted',
      'balance-overflow',
    ]);
  });

  it('what is about to come in or to go out must fit too, and so must what was posted beside what is held', () => {
    const coming = player(0n, { creditsPending: 5n });
    expect([verdict([mint(), coming, most - 5n]), verdict([mint(), coming, most - 4n])]).toEqual([
      'posted',
      'balance-overflow',
    ]);
    expect(verdict([mint(), player(0n, { debitsPending: 5n }), most + 1n])).toBe('balance-overflow');
    const going = account('system:mint', { posted: -most + 10n, debitsPending: 5n, debtLimit: most });
    expect([verdict([going, player(0n), 5n]), verdict([going, player(0n), 6n])]).toEqual([
      'posted',
      'balance-overflow',
    ]);
  });

  it('legs that each fit are refused where their sum does not', () => {
    const [source, ann] = [mint(), player(0n)];
    expect(verdict([source, ann, most], [source, ann, most])).toBe('balance-overflow');
  });

  it('each balance between two legs must fit as well, because it is told', () => {
    const [source, ann, fees] = [mint(), player(5n), account('system:fees')];
    expect(verdict([ann, fees, 5n], [source, ann, most])).toBe('posted');
    expect(verdict([source, ann, most], [ann, fees, 5n])).toBe('balance-overflow');
  });
});

describe('what is owed', () => {
  it('comes to the same by whatever order of income, and is paid before there is anything to spend', () => {
    const amounts = fc.array(fc.bigInt(1n, 50n), { minLength: 1, maxLength: 8 });
    const orders = amounts.chain((incomes) =>
      fc.tuple(fc.constant(incomes), fc.shuffledSubarray(incomes, { minLength: incomes.length })),
    );
    fc.assert(
      fc.property(fc.bigInt(0n, 40n), amounts, orders, (had, forced, [incomes, others]) => {
        const ends = [incomes, others].map((order) => {
          const [books, ann, store, source] = [
            new Books(),
            player(had, { id: 'ann' }),
            account('system:store'),
            mint(),
          ];
          for (const amount of forced)
            expect(books.book([{ from: ann, to: store, amount }], forcedTerms)).not.toHaveProperty('refused');
          const debts = [];
          for (const amount of order) {
            const result = books.book([{ from: source, to: ann, amount }]);
            if ('booked' in result) debts.push(...result.debts);
          }
          const [now] = books.changes();
          const posted = had + (now?.credits ?? 0n) - (now?.debits ?? 0n);
          const spent = books.book([{ from: ann, to: store, amount: 1n }]);
          expect('booked' in spent).toBe(posted > 0n);
          return { posted, owed: now?.owed, paid: debts.reduce((sum, { amount }) => sum + amount, 0n) };
        });
        expect(ends[1]).toEqual(ends[0]);
        const sum = (all: readonly bigint[]): bigint => all.reduce((a, b) => a + b, 0n);
        const owed = sum(forced) > had ? sum(forced) - had : 0n;
        const paid = owed < sum(incomes) ? owed : sum(incomes);
        expect(ends[0]).toEqual({ posted: had - sum(forced) + sum(incomes), owed, paid });
      }),
    );
  });
});

describe('a call', () => {
  it('sees what its earlier transfers moved, and nothing of those that were refused', () => {
    const books = new Books();
    const [ann, bob] = [player(10n), account('player:bob', { id: 'bob' })];
    expect(books.book([{ from: ann, to: bob, amount: 11n }])).toMatchObject({
      refused: { code: 'insufficient-funds' },
    });
    expect(books.changes()).toEqual([]);
    expect(books.book([{ from: ann, to: bob, amount: 10n }])).toMatchObject({
      booked: [{ posted: 0n }, { posted: 10n }],
    });
    expect(books.book([{ from: ann, to: bob, amount: 1n }])).toMatchObject({ refused: { code: 'insufficient-funds' } });
    expect(books.book([{ from: bob, to: ann, amount: 4n }])).toMatchObject({
      booked: [{ posted: 6n }, { posted: 4n }],
    });
    expect(books.changes()).toEqual([
      { account: ann, version: 3n, debits: 10n, credits: 4n, owed: 0n, forced: false, state: 'open' },
      { account: bob, version: 2n, debits: 4n, credits: 10n, owed: 0n, forced: false, state: 'open' },
    ]);
  });

  it('books two entries for each leg, with what the account held right after it', () => {
    const [ann, bob, fees] = [player(100n, { debitsPending: 30n }), account('player:bob'), account('system:fees')];
    const result = new Books().book([
      { from: ann, to: bob, amount: 50n },
      { from: ann, to: fees, amount: 5n },
    ]);
    const entries = [
      { account: ann, version: 2n, leg: 0, amount: -50n, posted: 50n, available: 20n },
      { account: bob, version: 1n, leg: 0, amount: 50n, posted: 50n, available: 50n },
      { account: ann, version: 3n, leg: 1, amount: -5n, posted: 45n, available: 15n },
      { account: fees, version: 1n, leg: 1, amount: 5n, posted: 5n, available: 5n },
    ];
    expect(result).toEqual({ booked: entries, debts: [], frozen: [] });
    expect(balancesAfter(entries)).toEqual([
      { owner: 'player:ann', asset: 'gold', posted: 45n, available: 15n },
      { owner: 'player:bob', asset: 'gold', posted: 50n, available: 50n },
      { owner: 'system:fees', asset: 'gold', posted: 5n, available: 5n },
    ]);
  });
});
