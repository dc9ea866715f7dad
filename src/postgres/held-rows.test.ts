import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { HeldRows, RowsHeld, besideHeld } from './held-rows.js';

const lockTimeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });

let now: number;
beforeEach(() => {
  now = 1_000_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** A list command on rows of which a test holds some, and how many calls have waited for one. */
class Table {
  readonly held = new Set<string>();
  /** Rows that are never seen free, and that whoever waits for them gets. */
  readonly hot = new Set<string>();
  waits = 0;
  readonly rows = new HeldRows<string>(
    (element) => element.split('+'),
    (rows, waits) => {
      const held = rows.filter((row) => this.held.has(row));
      if (!waits) return Promise.resolve(rows.filter((row) => this.held.has(row) || this.hot.has(row)));
      if (held.length === 0) return Promise.resolve([]);
      this.waits += 1;
      return Promise.reject(lockTimeout);
    },
  );

  run(elements: readonly string[], waits = true): Promise<string> {
    const command = async (): Promise<string> => {
      await Promise.resolve();
      if (!elements.some((element) => element.split('+').some((row) => this.held.has(row)))) return elements.join(' ');
      this.waits += 1;
      throw lockTimeout;
    };
    return this.rows.run(elements, command, waits);
  }

  /** Which elements are said to need held rows; undefined where the call is made. */
  async heldOf(elements: readonly string[], waits = true): Promise<string[] | undefined> {
    try {
      await this.run(elements, waits);
      return undefined;
    } catch (error) {
      if (!(error instanceof RowsHeld)) throw error;
      return elements.filter((_, place) => error.places.has(place));
    }
  }
}

describe('held rows', () => {
  test('a list that has waited in vain is told which of its elements need a held row', async () => {
    const table = new Table();
    table.held.add('b').add('z');
    expect(await table.heldOf(['a', 'b', 'c', 'd+b'])).toEqual(['b', 'd+b']);
  });

  test('a list waits for no row that is known to be held, beside elements that do not need it', async () => {
    const table = new Table();
    table.held.add('b');
    await table.heldOf(['a', 'b']);
    expect(await table.heldOf(['b', 'e', 'f+b'])).toEqual(['b', 'f+b']);
    expect(await table.heldOf(['b'], false)).toEqual(['b']);
    // Once with the list, and once for the row by itself.
    expect(table.waits).toBe(2);
    expect(await table.heldOf(['a', 'e'])).toBeUndefined();
  });

  test('one call at a time waits for a held row', async () => {
    const table = new Table();
    table.held.add('b').add('c');
    await table.heldOf(['b', 'c']);
    const all = await Promise.all([table.heldOf(['b']), table.heldOf(['b']), table.heldOf(['b', 'c'])]);
    expect(all).toEqual([['b'], ['b'], ['b']]);
    // Once with the list, once for each row by itself, and once in the turn of the row.
    expect(table.waits).toBe(4);
  });

  test('a row is free when a call that has waited for it is done', async () => {
    const table = new Table();
    table.held.add('b');
    await table.heldOf(['b']);
    table.held.clear();
    expect(await table.heldOf(['a', 'b'])).toEqual(['b']);
    expect(await table.heldOf(['b'])).toBeUndefined();
    expect(await table.heldOf(['a', 'b'])).toBeUndefined();
  });

  test('a row that nobody has asked for lately counts as free', async () => {
    const table = new Table();
    table.held.add('b');
    await table.heldOf(['b']);
    table.held.clear();
    now += 35_001;
    expect(await table.heldOf(['a', 'b'])).toBeUndefined();
  });

  test('a lock that is none of the rows fails the call as it was', async () => {
    const table = new Table();
    await expect(table.rows.run(['a', 'b'], () => Promise.reject(lockTimeout))).rejects.toBe(lockTimeout);
    expect(await table.heldOf(['a', 'b'])).toBeUndefined();
  });

  test('those who need one row are to try again one by one, and are told that it is held for long', async () => {
    const table = new Table();
    table.held.add('b');
    const told: RowsHeld[] = [];
    for (let asked = 0; asked < 3_000; asked++) {
      await table.run(['b'], false).catch((error: unknown) => error instanceof RowsHeld && told.push(error));
      if (asked === 1_500) now += 1_100;
    }
    expect([told[0]?.retryMs, told[1]?.retryMs, told.at(-1)?.retryMs]).toEqual([3_000, 3_250, 30_000]);
    expect([told[0]?.isLong, told.at(-1)?.isLong]).toEqual([false, true]);
  });

  test('a list whose row was free again when it was looked for is run once more', async () => {
    const table = new Table();
    let calls = 0;
    const command = (): Promise<string> => (++calls === 1 ? Promise.reject(lockTimeout) : Promise.resolve('done'));
    expect(await table.rows.run(['a', 'b'], command)).toBe('done');
  });

  test('a row that our own commands have queued for is not taken for held', async () => {
    const table = new Table();
    table.held.add('b');
    table.hot.add('mint');
    expect(await table.heldOf(['mint+a', 'mint+b', 'mint+c'])).toEqual(['mint+b']);
    expect(await table.heldOf(['mint+a', 'mint+c'])).toBeUndefined();
  });

  test('many rows that are held at once are not waited for one by one', async () => {
    const table = new Table();
    const all = Array.from({ length: 100 }, (_, number) => `row ${number}`);
    for (const name of all) table.held.add(name);
    expect(await table.heldOf(all)).toEqual(all);
    expect(table.waits).toBe(1);
  });

  test('a list is run beside its held elements, and these once by themselves', async () => {
    const table = new Table();
    table.held.add('b').add('d');
    const left: string[] = [];
    const run = (some: readonly string[]): Promise<string> => table.run(some);
    expect(await besideHeld(['a', 'b', 'c', 'd'], run, (one) => left.push(one))).toEqual(['a c']);
    expect(left).toEqual(['b', 'd']);
    expect(await besideHeld(['b', 'd'], run, (one) => left.push(one))).toEqual([]);
    expect(left).toEqual(['b', 'd', 'b', 'd']);
    table.held.delete('b');
    expect(await besideHeld(['b', 'a', 'd'], run, (one) => left.push(one))).toEqual(['a', 'b']);
    expect(left.slice(4)).toEqual(['d']);
  });
});
