import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { DealIntake } from '../../src/exchanges/deal-intake.js';
import { createDealList, createDealTables, dropDealTables } from '../../src/exchanges/deal-tables.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import type { AskedDeal, DealKind, StoredDeal } from '../../src/exchanges/deals.types.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { loadConfig } from '../../src/process/config.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { patient } from '../harness/meeting.js';

/* A kind of deal that exists here only: all that it costs is its description. */

interface Gift {
  receiver: string;
  amount: bigint;
  words: { text: string };
}

const tables = {
  schema: 'gifts',
  table: 'gifts',
  kind: 'gift',
  done: 'settled' as const,
  columns: ['receiver text collate "C" not null', 'words jsonb not null', 'amount bigint not null'],
};

const giftKind: DealKind<Gift> = {
  kind: 'gift',
  prefix: 'gif',
  path: '/v1/gifts',
  schema: 'gifts',
  table: 'gifts',
  done: 'settled',
  columns: [
    { name: 'receiver', type: 'text', of: ({ receiver }) => receiver },
    { name: 'words', type: 'jsonb', of: ({ words }) => words },
    { name: 'amount', type: 'bigint', of: ({ amount }) => amount },
  ],
  players: ['receiver'],
  told: ['receiver', 'words'],
  termsOf: ({ receiver, words, amount }) => ({
    receiver: receiver as string,
    words: words as Gift['words'],
    amount: BigInt(amount as string),
  }),
  exchangeOf: ({ id, title, receiver, amount }) => ({
    id,
    title,
    kind: 'gift',
    legs: [{ from: 'system:store', to: `player:${receiver}`, asset: 'gold', amount: String(amount) }],
    moves: [],
  }),
};

let database: TestDatabase;
let source: DataSource;
let service: DealsService<Gift>;
let gifts: StoredDeals<Gift>;
let intake: DealIntake<Gift>;
beforeAll(async () => {
  database = await createDatabase();
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  source = await makeDataSource(config, 'main', 'test', patient).initialize();
  await source.query('create schema gifts');
  for (const statement of [...createDealTables(tables), createDealList(tables, 'receiver')])
    await source.query(statement);
  service = new DealsService(giftKind, source, new DealMetrics(new Registry()));
  gifts = new StoredDeals(giftKind, source);
  const noSeats = {
    seats: (exchanges: readonly unknown[]) => exchanges.map(() => undefined),
  } as unknown as ConvoyDispatcher;
  intake = new DealIntake(giftKind, service, noSeats);
});
afterAll(async () => {
  for (const statement of dropDealTables(tables)) await source.query(statement);
  await source.destroy();
  await database.drop();
});

const asked = (receiver: string, amount: bigint): AskedDeal<Gift> => ({
  title: 'arena',
  key: randomUUID(),
  fingerprint: Buffer.from('f'),
  receiver,
  amount,
  words: { text: `"for" \\ ${receiver}` },
});

async function accept(some: readonly AskedDeal<Gift>[]): Promise<StoredDeal<Gift>[]> {
  const taken = await Promise.all(some.map((one) => intake.take(one)));
  return taken.map(({ outcome }) => {
    if (!('deal' in outcome)) throw new Error('The gift was not accepted.');
    return outcome.deal;
  });
}

test('deals of another kind are accepted with their own columns, found, listed, started and closed', async () => {
  const [ann, bob] = (await accept([asked('ann', 5n), asked('bob', 7n)])) as [StoredDeal<Gift>, StoredDeal<Gift>];
  expect(ann.id).toMatch(/^gif_/);
  expect(await gifts.read('arena', ann.id)).toMatchObject({
    id: ann.id,
    receiver: 'ann',
    amount: 5n,
    words: { text: '"for" \\ ann' },
    state: 'accepted',
  });
  const [found] = await gifts.find('arena', [bob.id, bob.id.replace('gif', 'trd')]);
  expect(found).toMatchObject({ exchange: giftKind.exchangeOf(bob), state: 'accepted' });
  expect((await gifts.openDeals('arena', 'ann', 10, undefined)).map(({ exchange }) => exchange.id)).toEqual([ann.id]);
  expect((await gifts.withoutRun(-1, 10)).found.map(({ id }) => id).sort()).toEqual([ann.id, bob.id].sort());
  await gifts.recordStart([ann.id], `gift/${ann.id}`);
  expect((await gifts.stillOpen(-1, 10)).found).toEqual([
    { exchange: giftKind.exchangeOf(ann), workflowId: `gift/${ann.id}` },
  ]);
  await service.close([{ id: ann.id, state: 'settled' }]);
  expect(await gifts.openAmong([ann.id, bob.id], source)).toEqual(new Set([bob.id]));
  await expect(source.query(`update gifts.gifts set state = 'accepted' where closed_at is not null`)).rejects.toThrow(
    /^gift .* is closed and never changes$/,
  );
  const facts = await source.query<{ type: string; data: unknown }[]>(
    'select type, data from gifts.facts where subject = $1 order by id, place',
    [ann.id],
  );
  expect(facts).toEqual([
    { type: 'gift.accepted', data: { receiver: 'ann', words: ann.words } },
    { type: 'gift.settled', data: {} },
  ]);
});

test('a key answers its own deal, and is told apart from one that was used for another', async () => {
  const first = asked('cyd', 1n);
  const [made] = await accept([first]);
  const [again, other] = await Promise.all([
    intake.take(first),
    intake.take({ ...first, fingerprint: Buffer.from('g') }),
  ]);
  expect(again.outcome).toMatchObject({ outcome: 'replayed', deal: { id: made?.id } });
  expect(other.outcome).toEqual({ outcome: 'key-reused' });
});
