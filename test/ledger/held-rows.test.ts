import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { AssetsService } from '../../src/ledger/assets.service.js';
import type { TransferElement } from '../../src/ledger/ledger.types.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import { makeDataSource, type PoolOptions } from '../../src/postgres/data-sources.js';
import { RowsHeld } from '../../src/postgres/held-rows.js';
import { loadConfig } from '../../src/process/config.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { patient } from '../harness/meeting.js';
import { defineAssets, element, leg, title } from './ledger-database.js';

/* A stranger's session holds a row that bookings need beside their accounts. */

let database: TestDatabase;
/** Sessions that wait for a lock for ever, and those that wait as long as in production. */
let sources: Record<'patient' | 'usual', DataSource>;
let stranger: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  const open = (options?: PoolOptions): Promise<DataSource> =>
    makeDataSource(config, 'ledger', 'test', options).initialize();
  sources = { patient: await open(patient), usual: await open() };
  stranger = new pg.Client({ connectionString: database.url });
  await stranger.connect();
  await defineAssets(new AssetsService(sources.usual), title);
  await outcomesOf([gift('ann'), gift('ann', 'gems'), gift('ann', 'gold', 'a present')]);
});
afterAll(async () => {
  await stranger.end();
  await Promise.all(Object.values(sources).map((source) => source.destroy()));
  await database.drop();
});

const gift = (player: string, asset = 'gold', reason = 'test'): TransferElement =>
  element([leg('system:mint', player, 1n, asset)], { reason });

/** Runs `meanwhile` while a stranger holds a row. */
async function holding<T>(row: string, meanwhile: () => Promise<T>): Promise<T> {
  await stranger.query('begin');
  try {
    expect((await stranger.query(`select from ${row} for update`)).rowCount).toBe(1);
    return await meanwhile();
  } finally {
    await stranger.query('rollback');
  }
}

/** Books elements. @returns the places of those that need held rows */
async function heldOf(elements: readonly TransferElement[], source = sources.usual): Promise<number[]> {
  const error: unknown = await new LedgerService(source).transfer(elements).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RowsHeld)) throw new Error(`${String(error)} does not say what is held.`);
  return [...error.places];
}

/** Books elements as a process does that has met no held row. */
const outcomesOf = async (elements: readonly TransferElement[]): Promise<string[]> =>
  (await new LedgerService(sources.usual).transfer(elements)).map(({ outcome }) => outcome);

describe('an asset that is held', () => {
  const gold = `ledger.assets where code = 'gold'`;

  test('keeps those who have no account in it yet, who do not wait for it, and nobody else', async () => {
    const asked = [gift('ann'), gift('bob'), gift('bob', 'gems'), gift('cat')];
    await holding(gold, async () => {
      expect(await heldOf(asked, sources.patient)).toEqual([1, 3]);
      expect(await outcomesOf([0, 2].flatMap((place) => asked[place] ?? []))).toEqual(['posted', 'posted']);
      expect(await heldOf([gift('dan')], sources.patient)).toEqual([0]);
    });
    expect(await outcomesOf(asked)).toEqual(Array(4).fill('posted'));
  }, 60_000);

  test('refuses nobody who names an asset that there is not', async () => {
    await holding(gold, async () => expect(await outcomesOf([gift('bob', 'silver')])).toEqual(['refused']));
  });
});

describe('a total of a mint that is held', () => {
  test('keeps what is booked for its reason, and nothing else', async () => {
    const asked = [gift('ann'), gift('ann', 'gold', 'a present'), gift('ann', 'gems'), gift('ann', 'gold', 'new')];
    const total = `ledger.mint_totals t where reason = 'test' and account_id = (
      select id from ledger.accounts where owner = 'system:mint' and asset = 'gold')`;
    await holding(total, async () => {
      expect(await heldOf(asked)).toEqual([0]);
      expect(await outcomesOf(asked.slice(1))).toEqual(Array(3).fill('posted'));
    });
    expect(await outcomesOf(asked)).toEqual(Array(4).fill('posted'));
  });

  test('keeps the reasons beyond the first hundred of a day, where it is theirs', async () => {
    await outcomesOf(Array.from({ length: 101 }, (_, place) => gift('ann', 'dust', `r${place}`)));
    await outcomesOf([gift('ann', 'dust', 'late')]);
    const asked = [gift('ann', 'dust', 'r7'), gift('ann', 'dust', 'later')];
    await holding(`ledger.mint_totals where reason = ''`, async () => {
      expect(await heldOf(asked)).toEqual([1]);
    });
    expect(await outcomesOf(asked)).toEqual(['posted', 'posted']);
  });
});
