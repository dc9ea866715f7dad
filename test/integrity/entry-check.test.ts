import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EntryCheck } from '../../src/ledger/entry-check.service.js';
import { element, grant, leg, openLedger, told, type LedgerDatabase } from '../ledger/ledger-database.js';

/* The check of all entries, slice by slice. */

let db: LedgerDatabase;
let check: EntryCheck;

beforeAll(async () => {
  db = await openLedger();
  check = new EntryCheck(db.dataSource);
  for (const player of ['ann', 'bob', 'cid']) await grant(db, player, 100n);
  for (let round = 0; round < 2; round++)
    await db.ledger.transfer([
      element([leg('ann', 'bob', 3n), leg('bob', 'cid', 2n)]),
      element([leg('cid', 'ann', 1n)]),
    ]);
});
afterAll(() => db.close());

/** Looks at everything once, in slices of so many. @returns how many slices that took */
async function checkAll(limit: number): Promise<number> {
  for (let slices = 1; ; slices++) if ((await check.next(limit)) === 'whole') return slices;
}

async function found(): Promise<string[]> {
  const { rows } = await db.session.query<{ place: string }>(
    `select account_id || ' ' || version as place from ledger.broken_entries order by account_id, version`,
  );
  return rows.map(({ place }) => place);
}

/** Changes what nobody can who has not switched the walls off. */
async function damage(sql: string): Promise<void> {
  await db.session.query('set session_replication_role = replica');
  await db.session.query(sql);
  await db.session.query('set session_replication_role = default');
}

async function places(): Promise<{ account: string; version: string; last: boolean }[]> {
  const { rows } = await db.session.query<{ account: string; version: string; last: boolean }>(
    `select e.account_id as account, e.version, e.version = a.version as last
     from ledger.entries e join ledger.accounts a on a.id = e.account_id order by e.account_id, e.version`,
  );
  return rows;
}

it('finds nothing in books that hold, whatever its slices are', async () => {
  const all = (await places()).length;
  for (const limit of [1, 2, 3, 7, all, all + 1, 10_000]) {
    expect([limit, await checkAll(limit)]).toEqual([limit, Math.floor(all / limit) + 1]);
    expect(await found()).toEqual([]);
  }
});

it.each([1, 4, 1_000])('in slices of %d finds each entry that is changed, and forgets it mended', async (limit) => {
  for (const { account, version, last } of await places()) {
    const where = `where account_id = ${account} and version = ${version}`;
    await damage(`update ledger.entries set amount = amount * 2 ${where}`);
    await checkAll(limit);
    expect(await found()).toEqual([`${account} ${version}`]);
    await damage(`update ledger.entries set amount = amount / 2, posted = posted + 1 ${where}`);
    await checkAll(limit);
    expect(await found()).toEqual([
      ...(last ? [`${account} 0`] : []),
      `${account} ${version}`,
      ...(last ? [] : [`${account} ${+version + 1}`]),
    ]);
    await damage(`update ledger.entries set posted = posted - 1 ${where}`);
    await checkAll(limit);
    expect(await found()).toEqual([]);
  }
});

it('says since when every entry was looked at: since the whole check began that has ended last', async () => {
  const since = async (): Promise<Date | null> => {
    const { rows } = await db.session.query<{ whole_since: Date | null }>('select whole_since from ledger.entry_check');
    return rows[0]?.whole_since ?? null;
  };
  await checkAll(1_000);
  const before = Date.now();
  expect(await check.next(5)).toBe('more');
  const began = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await checkAll(5);
  const whole = (await since())?.getTime() ?? 0;
  expect(whole).toBeGreaterThanOrEqual(before - 1);
  expect(whole).toBeLessThanOrEqual(began + 1);
});

it('is made again and again until the process ends', async () => {
  const [{ account, version } = { account: '', version: '' }] = await places();
  const where = `where account_id = ${account} and version = ${version}`;
  await damage(`update ledger.entries set amount = amount * 2 ${where}`);
  const stop = new AbortController();
  const kept = check.keep(stop.signal);
  while ((await found()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await found()).toEqual([`${account} ${version}`]);
  stop.abort();
  await kept;
  await damage(`update ledger.entries set amount = amount / 2 ${where}`);
  await checkAll(1_000);
});

describe('while others work', () => {
  it('leaves it to the process that is at it', async () => {
    await db.session.query('begin');
    await db.session.query('select from ledger.entry_check for update');
    expect(await check.next()).toBe('busy');
    await db.session.query('rollback');
    expect(await check.next()).toBe('whole');
  });

  it('finds nothing in what is being booked', async () => {
    let booking = true;
    const lane = async (): Promise<void> => {
      for (let n = 0; n < 60; n++) {
        const results = await db.ledger.transfer([
          element([leg('system:mint', 'ann', 2n), leg('ann', `new ${n % 7}`.replace(' ', '-'), 1n)]),
        ]);
        expect(told(results)).toEqual(['posted']);
      }
    };
    const looking = (async () => {
      let slices = 0;
      for (; booking; slices++) {
        await check.next(9);
        expect(await found()).toEqual([]);
      }
      return slices;
    })();
    await Promise.all([lane(), lane(), lane()]);
    booking = false;
    expect(await looking).toBeGreaterThan(5);
    await checkAll(9);
    expect(await found()).toEqual([]);
  });
});
