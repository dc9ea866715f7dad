import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TransferElement, TransferResult } from '../../src/ledger/ledger.types.js';
import {
  balanceOf,
  defineAssets,
  element,
  expectBooksInOrder,
  grant,
  leg,
  newKey,
  openLedger,
  rowsOf,
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

describe('a transfer', () => {
  it('of several legs, players and assets is booked whole, and answers what every account then holds', async () => {
    await grant(db, 'one.a', 100n);
    await grant(db, 'one.b', 7n, 'gems');
    const sent = element(
      [leg('one.a', 'one.b', 40n), leg('one.b', 'one.a', 7n, 'gems'), leg('one.a', 'system:fees', 1n)],
      { reference: 'swap 1' },
    );
    const [result] = await transfer(sent);
    expect(result).toEqual({
      outcome: 'posted',
      replayed: false,
      transferId: expect.stringMatching(/^trf_/),
      sequence: expect.any(BigInt),
      createdAt: expect.any(Date),
      legs: sent.legs,
      balances: [
        { owner: 'player:one.a', asset: 'gold', posted: 59n, available: 59n },
        { owner: 'player:one.b', asset: 'gold', posted: 40n, available: 40n },
        { owner: 'player:one.b', asset: 'gems', posted: 0n, available: 0n },
        { owner: 'player:one.a', asset: 'gems', posted: 7n, available: 7n },
        { owner: 'system:fees', asset: 'gold', posted: 1n, available: 1n },
      ],
    });
  });

  it('is told to the feed as it was asked for', async () => {
    const [result] = await transfer(
      element([leg('system:mint', 'told', 12n)], { reason: 'a gift', reference: 'ref 1' }),
    );
    const subject = result?.outcome === 'posted' ? result.transferId : '';
    const { rows } = await db.session.query(`select title, type, data from ledger.facts where subject = $1`, [subject]);
    expect(rows).toEqual([
      {
        title,
        type: 'transfer.posted',
        data: {
          sequence: expect.any(Number),
          kind: 'transfer',
          reason: 'a gift',
          reference: 'ref 1',
          legs: [{ from: 'system:mint', to: 'player:told', asset: 'gold', amount: '12' }],
        },
      },
    ]);
  });

  it('of a list sees what those before it moved, and nothing of those that were refused', async () => {
    await grant(db, 'list.a', 10n);
    const results = await transfer(
      element([leg('list.a', 'list.b', 11n)]),
      element([leg('list.a', 'list.b', 10n)]),
      element([leg('list.a', 'list.b', 1n)]),
      element([leg('list.b', 'list.c', 10n)]),
    );
    expect(told(results)).toEqual(['insufficient-funds', 'posted', 'insufficient-funds', 'posted']);
    expect(await Promise.all(['list.a', 'list.b', 'list.c'].map((player) => balanceOf(db, player)))).toEqual([
      0n,
      0n,
      10n,
    ]);
  });

  it('is for one title: neither keys nor balances are those of another', async () => {
    await defineAssets(db.assets, 'other');
    const key = newKey();
    const gift = (of: string, amount: bigint): TransferElement =>
      element([leg('system:mint', 'titled', amount)], { title: of, key });
    expect(told(await transfer(gift(title, 5n), gift('other', 9n)))).toEqual(['posted', 'posted']);
    expect(
      told(
        await transfer(
          element([leg('titled', 'system:store', 6n)]),
          element([leg('titled', 'system:store', 6n)], { title: 'other' }),
        ),
      ),
    ).toEqual(['insufficient-funds', 'posted']);
  });

  it('of nothing is nothing', async () => {
    expect([await db.ledger.transfer([]), await db.ledger.cancel([])]).toEqual([[], []]);
  });
});

describe('a key', () => {
  const body = Buffer.from('body');

  it('answers the same for ever: the first result, with the balances of that moment', async () => {
    const sent = element([leg('system:mint', 'key.a', 30n), leg('key.a', 'key.b', 20n)], { fingerprint: body });
    const [first] = await transfer(sent);
    await transfer(element([leg('key.a', 'key.b', 3n)]));
    const before = await rowsOf(db);
    expect(await transfer(sent, sent)).toEqual([
      { ...first, replayed: true },
      { ...first, replayed: true },
    ]);
    expect(await rowsOf(db)).toEqual(before);
  });

  it('answers the id alone to who asks for no balances, and reads no entries for it', async () => {
    const sent = element([leg('system:mint', 'brief', 30n)], { fingerprint: body });
    const [first] = await transfer(sent);
    const transferId = first?.outcome === 'posted' ? first.transferId : '';
    await db.session.query('begin');
    await db.session.query('lock table ledger.entries in access exclusive mode');
    expect(await db.ledger.transfer([sent])).toEqual([{ outcome: 'posted', replayed: true, transferId }]);
    await db.session.query('rollback');
  });

  it('with another body is said to be used, and nothing changes', async () => {
    const sent = element([leg('system:mint', 'reused', 30n)], { fingerprint: body });
    await transfer(sent);
    const before = await rowsOf(db);
    expect(
      await transfer({ ...sent, legs: [leg('system:mint', 'reused', 31n)], fingerprint: Buffer.from('other') }),
    ).toEqual([{ outcome: 'key-reused' }]);
    expect(await rowsOf(db)).toEqual(before);
    expect(await balanceOf(db, 'reused')).toBe(30n);
  });

  it('twice in one list has one effect', async () => {
    const sent = element([leg('system:mint', 'twice', 8n)], { fingerprint: body });
    const [first, again, other] = await transfer(sent, sent, { ...sent, fingerprint: Buffer.from('other') });
    expect(again).toEqual({ ...first, replayed: true });
    expect([first, other]).toMatchObject([{ outcome: 'posted', replayed: false }, { outcome: 'key-reused' }]);
    expect(await balanceOf(db, 'twice')).toBe(8n);
  });

  it('that was refused stays refused when the funds have come', async () => {
    const sent = element([leg('poor', 'rich', 5n)], { fingerprint: body });
    const [refused] = await transfer(sent);
    expect(refused).toEqual({
      outcome: 'refused',
      replayed: false,
      cause: { code: 'insufficient-funds', detail: 'player:poor has 0 of gold, and 5 are needed.' },
    });
    await grant(db, 'poor', 5n);
    expect(await transfer(sent)).toEqual([{ ...refused, replayed: true }]);
    expect(told(await transfer({ ...sent, fingerprint: Buffer.from('other') }))).toEqual(['key-reused']);
    expect(told(await transfer({ ...sent, key: newKey() }))).toEqual(['posted']);
  });

  it.each(['exchange', 'transfer'] as const)(
    'of an %s whose asset is not defined is kept for the exchange alone',
    async (kind) => {
      const asset = `later-${kind}`;
      const sent = element([leg('system:mint', 'kept', 5n, asset)], { kind });
      const before = await rowsOf(db);
      expect(told(await transfer(sent, sent))).toEqual(['unknown-asset', 'unknown-asset']);
      expect(await rowsOf(db)).toEqual({
        ...before,
        outcomes: (before['outcomes'] ?? 0) + (kind === 'exchange' ? 1 : 0),
      });
      await db.assets.put({ title, code: asset, name: 'Later', kind: 'stackable', scale: 0, tradeable: true });
      expect(told(await transfer(sent))).toEqual([kind === 'exchange' ? 'unknown-asset' : 'posted']);
    },
  );
});

describe('a reversal', () => {
  const reversal = (of: TransferResult | undefined, from: string, to: string, amount: bigint): TransferElement =>
    element([leg(from, to, amount)], {
      key: newKey(),
      kind: 'reversal',
      reverses: of?.outcome === 'posted' ? of.transferId : '',
    });

  it('is made once, whoever asks: by another key, in the same list or later', async () => {
    const [booked] = await transfer(element([leg('system:mint', 'back', 9n)]));
    const [first, second] = [reversal(booked, 'back', 'system:mint', 9n), reversal(booked, 'back', 'system:mint', 9n)];
    expect(told(await transfer(first, second))).toEqual(['posted', 'already-reversed']);
    expect(told(await transfer(reversal(booked, 'back', 'system:mint', 9n), first))).toEqual([
      'already-reversed',
      'posted',
    ]);
    expect(await balanceOf(db, 'back')).toBe(0n);
  });

  it('can be refused for want of funds, and be made with another key when they have come', async () => {
    const [booked] = await transfer(element([leg('system:mint', 'spent', 9n)]));
    await transfer(element([leg('spent', 'system:store', 1n)]));
    expect(told(await transfer(reversal(booked, 'spent', 'system:mint', 9n)))).toEqual(['insufficient-funds']);
    await grant(db, 'spent', 1n);
    expect(told(await transfer(reversal(booked, 'spent', 'system:mint', 9n)))).toEqual(['posted']);
  });
});

describe('a cancellation', () => {
  const cause = { code: 'compensated-by-operator', detail: 'Too slow.' };
  const exchange = (player: string): TransferElement =>
    element([leg('system:mint', player, 3n)], { kind: 'exchange', key: newKey().replace('transfers', 'exchange') });

  it('makes that a late transfer is not made, and the first cause is the one that stays', async () => {
    const late = exchange('late');
    expect(await db.ledger.cancel([{ ...late, cause }])).toEqual([{ outcome: 'cancelled', cause }]);
    expect(await db.ledger.cancel([{ ...late, cause: { code: 'other', detail: 'Other.' } }])).toEqual([
      { outcome: 'cancelled', cause },
    ]);
    expect(await transfer(late, late)).toEqual([
      { outcome: 'cancelled', replayed: true, cause },
      { outcome: 'cancelled', replayed: true, cause },
    ]);
    expect(await balanceOf(db, 'late')).toBe(0n);
  });

  it('that comes too late answers what is kept', async () => {
    const [posted, refused] = [exchange('early'), { ...exchange('early'), legs: [leg('nobody', 'early', 1n)] }];
    const results = await db.ledger.transfer([posted, refused]);
    const kept = await db.ledger.cancel([
      { ...posted, cause },
      { ...refused, cause },
    ]);
    expect(kept.map((one) => ({ ...one, replayed: false }))).toEqual(results);
  });

  it('of a key twice in one list keeps the first', async () => {
    const twice = exchange('cancelled twice');
    const [first, second] = await db.ledger.cancel([
      { ...twice, cause },
      { ...twice, cause: { code: 'other', detail: 'Other.' } },
    ]);
    expect([first, second]).toEqual([
      { outcome: 'cancelled', cause },
      { outcome: 'cancelled', cause },
    ]);
  });
});

it('an element that no Veltrix makes fails the call before anything is done', async () => {
  const before = await rowsOf(db);
  await expect(
    transfer(element([leg('system:mint', 'a', 1n)]), element([leg('system:mint', 'a', 1n)], { key: 'a\0' })),
  ).rejects.toThrow('does not make');
  expect(await rowsOf(db)).toEqual(before);
});
