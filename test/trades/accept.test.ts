import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { loadConfig } from '../../src/process/config.js';
import type { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { DealIntake } from '../../src/exchanges/deal-intake.js';
import { newId } from '../../src/ids.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import type { NewTrade, Parties, TradeTerms } from '../../src/trades/trades.types.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { patient } from '../harness/meeting.js';

/* What one INSERT answers to several requests, which the batcher sends together. */

let database: TestDatabase;
let source: DataSource;
let trades: DealsService<TradeTerms>;
beforeAll(async () => {
  database = await createDatabase();
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  source = await makeDataSource(config, 'main', 'test', patient).initialize();
  trades = new DealsService(tradeKind, source, new DealMetrics(new Registry()));
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

function asked(over: Partial<NewTrade> = {}): NewTrade {
  const parties: Parties = [
    { player: 'ann', gives: { amounts: [{ asset: 'gold', amount: '5' }], items: [] } },
    { player: 'bob', gives: { amounts: [], items: [] } },
  ];
  return {
    id: newId('trd'),
    workflowId: null,
    title: 'arena',
    key: randomUUID(),
    fingerprint: Buffer.from('f'),
    parties,
    reference: null,
    ...over,
  };
}

const rowsOf = async ({ key }: NewTrade): Promise<{ id: string; title: string }[]> =>
  source.query(`select 'trd_' || id as id, title from trades.trades where key = $1 order by title`, [key]);

test('a key that comes twice in one list is one trade, and another request with that key is told apart', async () => {
  const first = asked();
  const again = { ...first, id: newId('trd') };
  const outcomes = await trades.accept([first, again, { ...again, id: newId('trd'), fingerprint: Buffer.from('g') }]);
  expect(outcomes).toMatchObject([
    { outcome: 'accepted', deal: { id: first.id } },
    { outcome: 'replayed', deal: { id: first.id } },
    { outcome: 'key-reused' },
  ]);
  expect(await rowsOf(first)).toEqual([{ id: first.id, title: 'arena' }]);
});

test('a key that two titles use in one list is two trades', async () => {
  const first = asked();
  const other = { ...first, id: newId('trd'), title: 'bazaar' };
  expect(await trades.accept([first, other])).toMatchObject([
    { outcome: 'accepted', deal: { id: first.id } },
    { outcome: 'accepted', deal: { id: other.id } },
  ]);
  expect(await rowsOf(first)).toEqual([
    { id: first.id, title: 'arena' },
    { id: other.id, title: 'bazaar' },
  ]);
});

test('a trade whose COMMIT is lost is found by its key and is new all the same, and keeps its seat', async () => {
  let lost = 0;
  const query = async (...sent: Parameters<DataSource['query']>): Promise<unknown> => {
    const result: unknown = await source.query(...sent);
    if (lost++ === 0) throw new Error('Connection terminated unexpectedly');
    return result;
  };
  const flaky = { manager: { query } } as unknown as DataSource;
  const trade = asked();
  expect(await new DealsService(tradeKind, flaky, new DealMetrics(new Registry())).accept([trade])).toMatchObject([
    { outcome: 'accepted', deal: { id: trade.id } },
  ]);
  // The INSERT, the INSERT again, and the row of the key.
  expect(lost).toBe(3);
});

test('twenty bad requests among forty fail by themselves, and the others are accepted', async () => {
  const noSeats = {
    seats: (exchanges: readonly unknown[]) => exchanges.map(() => undefined),
  } as unknown as ConvoyDispatcher;
  await source.query(
    `create function public.refuse_one() returns trigger language plpgsql as $$
     begin raise exception 'this one is bad'; end $$`,
  );
  await source.query(
    `create trigger refuse_one before insert on trades.trades
     for each row when (new.reference = 'bad') execute function public.refuse_one()`,
  );
  const intake = new DealIntake(tradeKind, trades, noSeats);
  const ends = await Promise.allSettled(
    Array.from({ length: 40 }, (_, place) => intake.take(asked({ reference: place < 20 ? 'bad' : null }))),
  );
  expect(ends.slice(0, 20).map((end) => end.status === 'rejected' && (end.reason as Error).message)).toEqual(
    Array(20).fill('this one is bad'),
  );
  expect(ends.slice(20)).toMatchObject(
    Array(20).fill({ status: 'fulfilled', value: { outcome: { outcome: 'accepted' } } }),
  );
});
