import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import type { LedgerService } from '../../src/ledger/ledger.service.js';
import type { KeptOutcome, TransferAnswer, TransferElement } from '../../src/ledger/ledger.types.js';
import { meeting } from '../harness/meeting.js';
import { accountGate, keyGate, lockGate } from './gates.js';
import {
  balanceOf,
  element,
  expectBooksInOrder,
  grant,
  leg,
  newKey,
  openLedger,
  told,
  type LedgerDatabase,
} from './ledger-database.js';

/*
 * Bugs that other ledgers had, each forced: a session of the test's own stands in the way until everybody waits where
 * the bug would bite. That PostgreSQL never had to end a deadlock is seen when the database is closed.
 */

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

const call =
  (...elements: TransferElement[]) =>
  () =>
    db.ledger.transfer(elements);
const elsewhere =
  (...elements: TransferElement[]) =>
  () =>
    another.transfer(elements);

/** How many of these were booked by the call itself, and the ids that were told in all. */
function effects(results: readonly TransferAnswer[]): { booked: number; ids: number } {
  const posted = results.flatMap((result) => (result.outcome === 'posted' ? result : []));
  return {
    booked: posted.filter(({ replayed }) => !replayed).length,
    ids: new Set(posted.map(({ transferId }) => transferId)).size,
  };
}

describe('fresh accounts', () => {
  it('cannot be spent twice: whoever waits for an account to be made sees what was booked on it', async () => {
    const calls = Array.from({ length: 6 }, () =>
      call(element([leg('system:mint', 'fresh', 10n)]), element([leg('fresh', 'fresh.to', 15n)])),
    );
    const results = await meeting(db.session, accountGate('fresh'), calls);
    // 60 come in, and 15 go out four times at most.
    const spent = results.filter(([, spend]) => spend?.outcome === 'posted').length;
    expect(spent).toBeGreaterThanOrEqual(1);
    expect([await balanceOf(db, 'fresh'), await balanceOf(db, 'fresh.to')]).toEqual([
      60n - 15n * BigInt(spent),
      15n * BigInt(spent),
    ]);
  });

  it('are made in one order, whatever order they are named in', async () => {
    const names = ['made.a', 'made.m', 'made.z'];
    // The mint would be one more account to be made, by whoever comes first, and the others would wait for it alone.
    await grant(db, 'made', 1n);
    const gifts = (players: string[]): TransferElement[] =>
      players.map((player) => element([leg('system:mint', player, 1n)]));
    const results = await meeting(db.session, accountGate('made.m'), [
      call(...gifts(names)),
      call(...gifts(names.toReversed())),
    ]);
    expect(results.map(told)).toEqual([Array(3).fill('posted'), Array(3).fill('posted')]);
    expect(await Promise.all(names.map((name) => balanceOf(db, name)))).toEqual([2n, 2n, 2n]);
  });

  it('that go again with a refused transfer are made by whoever waits for them', async () => {
    const [refused, posted] = await meeting<TransferAnswer[]>(db.session, accountGate('gone'), [
      call(element([leg('gone', 'gone.to', 2n)])),
      call(element([leg('system:mint', 'gone', 1n)])),
    ]);
    expect([told(refused ?? []), told(posted ?? [])]).toEqual([['insufficient-funds'], ['posted']]);
  });
});

describe('accounts', () => {
  it('are spent once by many who all saw the same balance, and each decides on what it finds afterwards', async () => {
    await grant(db, 'once', 100n);
    // An account that is to be made would have them wait for each other before they see anything.
    await grant(db, 'once.to', 1n);
    const attempts = jest.spyOn(db.dataSource, 'transaction');
    const calls = Array.from({ length: 6 }, () => call(element([leg('once', 'once.to', 60n)])));
    const results = await meeting(db.session, lockGate('once'), calls);
    expect(results.map(told).flat().sort()).toEqual([...Array<string>(5).fill('insufficient-funds'), 'posted']);
    // What was read before the lock came would be found out as it is written, and be tried once more.
    expect(attempts).toHaveBeenCalledTimes(6);
  });

  it('that many give to lose nothing', async () => {
    const givers = Array.from({ length: 8 }, (_, n) => `giver.${n}`);
    for (const giver of [...givers, 'given']) await grant(db, giver, 10n);
    await meeting(
      db.session,
      lockGate('given'),
      givers.map((giver) => call(element([leg(giver, 'given', 10n)]))),
    );
    expect(await balanceOf(db, 'given')).toBe(90n);
  });

  it('are locked in one order, whichever way value goes between them', async () => {
    const names = ['order.a', 'order.m', 'order.z'];
    for (const name of names) await grant(db, name, 100n);
    // Rows that have moved within the table are no longer found in the order of their ids.
    await db.session.query(`update ledger.accounts set state = state where owner = 'player:order.a'`);
    const chain = (players: string[]): TransferElement =>
      element(players.slice(1).map((player, n) => leg(players[n] ?? '', player, 1n)));
    const results = await meeting(db.session, lockGate('order.m'), [
      call(chain(names)),
      call(chain(names.toReversed())),
      call(chain(names)),
    ]);
    expect(results.map(told).flat()).toEqual(['posted', 'posted', 'posted']);
  });
});

describe('one key at once', () => {
  it('in two processes, with disjoint accounts and another body, is one transfer and one other answer', async () => {
    const key = newKey();
    const sent = (player: string): TransferElement =>
      element([leg('system:mint', player, 5n, 'gems')], { key, fingerprint: Buffer.from(player) });
    // The mint would be one account of both, and make them meet sooner.
    await grant(db, 'key.x', 5n, 'gems');
    await grant(db, 'key.y', 5n, 'gems');
    const give = (player: string, to: string): TransferElement => ({
      ...sent(player),
      legs: [leg(player, to, 5n, 'gems')],
    });
    const results = await meeting(db.session, keyGate(key), [
      call(give('key.x', 'key.x2')),
      elsewhere(give('key.y', 'key.y2')),
    ]);
    expect(results.map(told).flat().sort()).toEqual(['key-reused', 'posted']);
    expect((await balanceOf(db, 'key.x', 'gems')) + (await balanceOf(db, 'key.y', 'gems'))).toBe(5n);
  });

  it('with the same body, from fifty who ask, is one transfer that all are told', async () => {
    const sent = element([leg('system:mint', 'fifty', 5n)], { fingerprint: Buffer.from('body') });
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? db.ledger : another).transfer([sent])),
    );
    expect(results.map(told).flat()).toEqual(Array(50).fill('posted'));
    expect(effects(results.flat())).toEqual({ booked: 1, ids: 1 });
    expect(await balanceOf(db, 'fifty')).toBe(5n);
  });

  it('and another, in two lists that name them in two orders, wait for each other one way only', async () => {
    const keys = ['a', 'm', 'z'].map((letter) => `transfers/order ${letter}`);
    const gifts = (player: string, names: string[]): TransferElement[] =>
      names.map((key) => element([leg(player, `${player}.to`, 1n)], { key, fingerprint: Buffer.from(player) }));
    for (const player of ['keys.x', 'keys.y']) await grant(db, player, 3n);
    const results = await meeting(db.session, keyGate(keys[1] ?? ''), [
      call(...gifts('keys.x', keys)),
      elsewhere(...gifts('keys.y', keys.toReversed())),
    ]);
    expect(results.map(told)).toEqual([Array(3).fill('posted'), Array(3).fill('key-reused')]);
    expect([await balanceOf(db, 'keys.x'), await balanceOf(db, 'keys.y')]).toEqual([0n, 3n]);
  });

  it('taken by others again and again is asked for until it is known', async () => {
    const keys = Array.from({ length: 6 }, () => newKey());
    for (const player of ['again.x', 'again.y']) await grant(db, player, 20n);
    let next = 0;
    const transaction = db.dataSource.transaction.bind(db.dataSource) as <T>(
      work: (tx: EntityManager) => Promise<T>,
    ) => Promise<T>;
    // Whenever the call is about to write, another takes one more of its keys.
    jest.spyOn(db.dataSource, 'transaction').mockImplementation((async (
      work: (tx: EntityManager) => Promise<unknown>,
    ) => {
      return transaction(async (tx) => {
        const query = tx.query.bind(tx);
        jest.spyOn(tx, 'query').mockImplementation((async (sql: string, parameters: unknown[]) => {
          const key = sql.includes('insert into ledger.outcomes') ? keys[next++] : undefined;
          if (key !== undefined)
            await another.transfer([
              element([leg('again.y', 'again.w', 1n)], { key, fingerprint: Buffer.from('theirs') }),
            ]);
          return query(sql, parameters);
        }) as typeof tx.query);
        return work(tx);
      });
    }) as unknown as typeof db.dataSource.transaction);
    const results = await db.ledger.transfer(
      keys.map((key) => element([leg('again.x', 'again.z', 1n)], { key, fingerprint: Buffer.from('ours') })),
    );
    expect(told(results)).toEqual(Array(6).fill('key-reused'));
    expect(await balanceOf(db, 'again.x')).toBe(20n);
  });
});

describe('a cancellation and a transfer at once', () => {
  const cause = { code: 'compensated-by-operator', detail: 'Too slow.' };
  const exchange = (player: string, key: string): TransferElement =>
    element([leg(player, 'cancel.to', 3n)], { kind: 'exchange', key });

  it('whose transfer waits for its accounts: the cancellation comes first', async () => {
    await grant(db, 'cancel.a', 3n);
    const late = exchange('cancel.a', 'exchange/late');
    const [transferred, cancelled] = await meeting<(TransferAnswer | KeptOutcome)[]>(db.session, lockGate('cancel.a'), [
      call(late),
      async () => {
        const answer = await db.ledger.cancel([{ ...late, cause }]);
        // It has nothing to wait for, so something else does in its place.
        await db.dataSource.query(lockGate('cancel.a'));
        return answer;
      },
    ]);
    expect([transferred, cancelled]).toEqual([
      [{ outcome: 'cancelled', replayed: true, cause }],
      [{ outcome: 'cancelled', cause }],
    ]);
    expect(await balanceOf(db, 'cancel.a')).toBe(3n);
  });

  it('whose transfer is being written: the cancellation waits, and answers that it is posted', async () => {
    await grant(db, 'cancel.b', 6n);
    const [first, second] = [exchange('cancel.b', 'exchange/k1'), exchange('cancel.b', 'exchange/k2')];
    const [transferred, cancelled] = await meeting<(TransferAnswer | KeptOutcome)[]>(db.session, keyGate(second.key), [
      call(first, second),
      () => db.ledger.cancel([{ ...first, cause }]),
    ]);
    expect(told(transferred ?? [])).toEqual(['posted', 'posted']);
    expect(cancelled?.map((one) => ({ ...one, replayed: false }))).toEqual([transferred?.[0]]);
  });

  it('whose keys are named in two orders wait for each other one way only', async () => {
    await grant(db, 'cancel.c', 9n);
    const keys = ['exchange/oa', 'exchange/om', 'exchange/oz'];
    const elements = keys.map((key) => exchange('cancel.c', key));
    const results = await meeting<(TransferAnswer | KeptOutcome)[]>(db.session, keyGate('exchange/om'), [
      call(...elements),
      () => db.ledger.cancel(elements.toReversed().map((one) => ({ ...one, cause }))),
    ]);
    expect(results.map(told).flat()).toEqual(Array(6).fill('posted'));
  });
});

it('200 opposite transfers between two players, one at a time and in lists, all go through', async () => {
  for (const player of ['there', 'back']) await grant(db, player, 1_000n);
  const way = (n: number): TransferElement =>
    n % 2 === 0 ? element([leg('there', 'back', 3n)]) : element([leg('back', 'there', 2n)]);
  const results = await Promise.all([
    ...Array.from({ length: 100 }, (_, n) => (n % 4 < 2 ? db.ledger : another).transfer([way(n)])),
    ...Array.from({ length: 10 }, (_, n) =>
      (n % 2 === 0 ? db.ledger : another).transfer(Array.from({ length: 10 }, (_, m) => way(m + n))),
    ),
  ]);
  expect(results.flat().filter((result) => result.outcome === 'posted')).toHaveLength(200);
  expect([await balanceOf(db, 'there'), await balanceOf(db, 'back')]).toEqual([900n, 1100n]);
});
