import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { LedgerService } from '../../src/ledger/ledger.service.js';
import type { TransferAnswer, TransferElement, TransferLeg } from '../../src/ledger/ledger.types.js';
import { meeting } from '../harness/meeting.js';
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
  told,
  type LedgerDatabase,
} from './ledger-database.js';

/* What a saga books of a purchase whose money is captured. */

let db: LedgerDatabase;
let another: LedgerService;

beforeAll(async () => {
  db = await openLedger();
  another = await db.another();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await expectBooksInOrder(db);
  await db.close();
});

const clearing = 'system:clearing:stripe';
const money = (currency: string, amount = 499n): TransferLeg => leg('system:mint', clearing, amount, currency);
const paid = (legs: readonly TransferLeg[], rest: Partial<TransferElement> = {}): TransferElement =>
  element(legs, { kind: 'paid', key: newKey().replace('transfers', 'exchange'), ...rest });

/** What the table and the feed say of a currency: its rows, and its facts. */
async function currency(code: string, of = title): Promise<{ assets: unknown[]; facts: unknown[] }> {
  const [assets, facts] = await Promise.all([
    db.dataSource.query<unknown[]>(
      `select name, kind, scale, max_balance, tradeable, version from ledger.assets where title = $1 and code = $2`,
      [of, code],
    ),
    db.dataSource.query<unknown[]>(
      `select type, data from ledger.facts where title = $1 and subject = $2 order by id, place`,
      [of, code],
    ),
  ]);
  return { assets, facts };
}

function made(code: string, scale: number): object {
  const said = { name: code, kind: 'currency', scale, tradeable: false };
  return {
    assets: [{ ...said, max_balance: null, version: '1' }],
    facts: [{ type: 'asset.created', data: { ...said, version: 1 } }],
  };
}

/** Counts the statements of a call. */
async function statements(call: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const transaction = db.dataSource.transaction.bind(db.dataSource) as (work: unknown) => Promise<unknown>;
  jest.spyOn(db.dataSource, 'transaction').mockImplementation((async (work: (tx: object) => Promise<unknown>) =>
    transaction(async (tx: { query: (...sent: unknown[]) => Promise<unknown> }) => {
      const query = tx.query.bind(tx);
      tx.query = (...sent) => {
        count += 1;
        return query(...sent);
      };
      return work(tx);
    })) as unknown as typeof db.dataSource.transaction);
  await call();
  jest.restoreAllMocks();
  return count;
}

describe('what is paid', () => {
  it('brings money in from the mint to the clearing of its provider, and the content to the player', async () => {
    const sent = paid([money('EUR'), leg('system:mint', 'buyer', 500n)], { reference: 'pur_1' });
    const [first, again] = await db.ledger.transferInFull([sent, sent]);
    expect(first).toMatchObject({
      outcome: 'posted',
      replayed: false,
      balances: [
        { owner: 'system:mint', asset: 'EUR', posted: -499n },
        { owner: clearing, asset: 'EUR', posted: 499n },
        { owner: 'system:mint', asset: 'gold' },
        { owner: 'player:buyer', asset: 'gold', posted: 500n },
      ],
    });
    expect(again).toEqual({ ...first, replayed: true });
    expect(await db.ledger.transferInFull([sent])).toEqual([{ ...first, replayed: true }]);
    expect([await balanceOf(db, clearing, 'EUR'), await balanceOf(db, 'buyer')]).toEqual([499n, 500n]);
  });

  it.each(['frozen', 'closed'] as const)('is booked also on accounts that are %s', async (state) => {
    const [player, code] = [`paid-${state}`, state === 'frozen' ? 'SEK' : 'NOK'];
    await set(db, player, { state });
    expect(told(await db.ledger.transfer([paid([money(code)])]))).toEqual(['posted']);
    const given = [clearing, code];
    await db.session.query(`update ledger.accounts set state = 'frozen' where owner = $1 and asset = $2`, given);
    const fee = leg(clearing, 'system:fees', 1n, code);
    const legs = [money(code), leg('system:mint', player, 20n), fee];
    const results = await db.ledger.transfer([element([leg(player, 'system:store', 20n)]), paid(legs)]);
    expect(told(results)).toEqual([`account-${state}`, 'posted']);
    expect([await balanceOf(db, player), await balanceOf(db, clearing, code)]).toEqual([20n, 997n]);
  });

  it('is booked also above what a player can hold, and who is above it still gains nothing else', async () => {
    await grant(db, 'full', 1000n, 'dust');
    const gift = element([leg('system:mint', 'full', 1n, 'dust')]);
    const results = await db.ledger.transfer([paid([money('EUR'), leg('system:mint', 'full', 700n, 'dust')]), gift]);
    expect(told(results)).toEqual(['posted', 'balance-limit-exceeded']);
    expect(await balanceOf(db, 'full', 'dust')).toBe(1700n);
  });

  it('is booked also of what cannot be traded', async () => {
    const sent = paid([money('EUR'), leg('system:mint', 'honourable', 3n, 'honour')]);
    expect(told(await db.ledger.transfer([sent]))).toEqual(['posted']);
  });

  it('takes from the clearing of a provider also what it does not have', async () => {
    const before = await balanceOf(db, clearing, 'EUR');
    const fee = { ...leg(clearing, 'system:fees', 1n, 'EUR'), amount: before + 30n };
    expect(told(await db.ledger.transfer([paid([fee])]))).toEqual(['posted']);
    expect(await balanceOf(db, clearing, 'EUR')).toBe(-30n);
  });

  it('comes to nothing after a cancellation, which answers for it for ever', async () => {
    const cause = { code: 'compensated-by-operator', detail: 'Too slow.' };
    const late = paid([money('EUR', 1_000_000n), leg('system:mint', 'cancelled', 3n)]);
    await db.ledger.cancel([{ ...late, cause }]);
    const before = await rowsOf(db);
    const cancelled = { outcome: 'cancelled', replayed: true, cause };
    expect(await db.ledger.transfer([late, late])).toEqual([cancelled, cancelled]);
    expect(await rowsOf(db)).toEqual(before);
  });

  it('answers a cancellation that comes too late that it is posted', async () => {
    const sent = paid([money('EUR'), leg('system:mint', 'in-time', 3n)]);
    const [posted] = await db.ledger.transfer([sent]);
    const [kept] = await db.ledger.cancel([{ ...sent, cause: { code: 'other', detail: 'Other.' } }]);
    expect({ ...kept, replayed: false }).toEqual(posted);
  });

  it('is refused for good where it is malformed, its asset was never defined or a balance would not fit', async () => {
    const most = 999_999_999_999_999_999n;
    const sent = [
      paid([leg('buyer', clearing, 1n, 'EUR')]),
      paid([money('EUR'), leg('system:mint', 'buyer', 1n, 'silver')]),
      paid([money('EUR', most), leg('system:mint', 'buyer', 1n)]),
    ];
    const causes = ['validation-failed', 'unknown-asset', 'balance-overflow'];
    expect(told(await db.ledger.transfer(sent))).toEqual(causes);
    expect(told(await db.ledger.transfer(sent.map((one) => ({ ...one, legs: [money('EUR')] }))))).toEqual(causes);
  });
});

describe('a currency', () => {
  it.each([
    ['USD', 2],
    ['JPY', 0],
    ['KWD', 3],
  ] as const)('is made with its decimals when it is paid in first, and told once: %s', async (code, scale) => {
    const before = await rowsOf(db);
    expect(told(await db.ledger.transfer([paid([money(code)]), paid([money(code)])]))).toEqual(['posted', 'posted']);
    expect(await currency(code)).toEqual(made(code, scale));
    // The facts of a call are one row.
    expect((await rowsOf(db))['outbox']).toBe((before['outbox'] ?? 0) + 1);
    expect(told(await another.transfer([paid([money(code)])]))).toEqual(['posted']);
    expect(await currency(code)).toEqual(made(code, scale));
  });

  it('that is there costs no statement', async () => {
    await grant(db, 'counted', 1n);
    const gift = leg('system:mint', 'counted', 1n);
    expect(told(await db.ledger.transfer([paid([money('CHF')])]))).toEqual(['posted']);
    const plain = await statements(() => db.ledger.transfer([element([gift])]));
    expect(plain).toBeGreaterThan(0);
    expect(await statements(() => db.ledger.transfer([paid([money('CHF'), gift])]))).toBe(plain);
  });

  it('is of its title alone', async () => {
    expect(told(await db.ledger.transfer([paid([money('PLN')], { title: 'other' })]))).toEqual(['posted']);
    expect(await currency('PLN', 'other')).toEqual(made('PLN', 2));
    expect(await currency('PLN')).toEqual({ assets: [], facts: [] });
  });

  it('that two make at once is made once, and both are booked', async () => {
    const gate = `insert into ledger.assets (title, code, name, kind, scale, tradeable)
      values ('${title}', 'DKK', 'DKK', 'currency', 2, false)`;
    const results = await meeting<TransferAnswer[]>(db.session, gate, [
      () => db.ledger.transfer([paid([money('DKK')])]),
      () => another.transfer([paid([money('DKK')])]),
    ]);
    expect(results.map(told)).toEqual([['posted'], ['posted']]);
    expect(await currency('DKK')).toEqual(made('DKK', 2));
    expect(await balanceOf(db, clearing, 'DKK')).toBe(998n);
  });

  it('and others, in two lists that name them in two orders, wait for each other one way only', async () => {
    const codes = ['AUD', 'CAD', 'CZK'];
    const gate = `insert into ledger.assets (title, code, name, kind, scale, tradeable)
      values ('${title}', 'CAD', 'CAD', 'currency', 2, false)`;
    const all = (order: string[]): TransferElement[] => order.map((code) => paid([money(code)]));
    const results = await meeting<TransferAnswer[]>(db.session, gate, [
      () => db.ledger.transfer(all(codes)),
      () => another.transfer(all(codes.toReversed())),
    ]);
    expect(results.map(told).flat()).toEqual(Array(6).fill('posted'));
    for (const code of codes) expect(await currency(code)).toEqual(made(code, 2));
  });

  it.each(['transfer', 'exchange'] as const)('is nothing that a transfer of kind %s can name', async (kind) => {
    const before = await rowsOf(db);
    const sent = [
      element([leg('system:mint', 'rich', 1n, 'GBP')], { kind }),
      element([leg('system:mint', 'rich', 1n, 'EUR')], { kind }),
      element([leg('system:mint', clearing, 1n)], { kind }),
    ];
    expect(told(await db.ledger.transfer(sent))).toEqual(Array(3).fill('validation-failed'));
    expect(await currency('GBP')).toEqual({ assets: [], facts: [] });
    const outcomes = (before['outcomes'] ?? 0) + (kind === 'exchange' ? 3 : 0);
    expect(await rowsOf(db)).toEqual({ ...before, outcomes });
  });
});
