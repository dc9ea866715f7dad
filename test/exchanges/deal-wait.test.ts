import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { DealWait } from '../../src/exchanges/deal-wait.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { newId } from '../../src/ids.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { loadConfig } from '../../src/process/config.js';
import type { Draining } from '../../src/process/draining.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import type { Parties, Trade, TradeTerms } from '../../src/trades/trades.types.js';
import { createDatabase, type TestDatabase } from '../harness/database.js';
import { patient } from '../harness/meeting.js';

/*
 * What a request that waits does while its deal is open and its run has ended. Rows are real; pauses are written down
 * and are over at once.
 */

let database: TestDatabase;
let source: DataSource;
let service: DealsService<TradeTerms>;
let stored: StoredDeals<TradeTerms>;
beforeAll(async () => {
  database = await createDatabase();
  const config = loadConfig({ VELTRIX_ADMIN_KEY: 'not-used-by-this-test', DATABASE_URL: database.url });
  source = await makeDataSource(config, 'main', 'test', patient).initialize();
  service = new DealsService(tradeKind, source, new DealMetrics(new Registry()));
  stored = new StoredDeals(tradeKind, source);
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

async function accept(workflowId: string | null): Promise<Trade> {
  const parties: Parties = [
    { player: 'ann', gives: { amounts: [{ asset: 'gold', amount: '5' }], items: [] } },
    { player: 'bob', gives: { amounts: [], items: [] } },
  ];
  const [outcome] = await service.accept([
    {
      id: newId('trd'),
      workflowId,
      title: 'arena',
      key: randomUUID(),
      fingerprint: Buffer.from('f'),
      parties,
      reference: null,
    },
  ]);
  if (outcome === undefined || !('deal' in outcome)) throw new Error('The trade was not accepted.');
  return outcome.deal;
}

const close = ({ id }: Trade) => service.close([{ id, state: 'settled' }]);

/** Waits for a trade, and answers what was done for it, in order. */
async function waitFor(trade: Trade, meanwhile: (event: string, times: number) => unknown): Promise<string[]> {
  const events: string[] = [];
  const happens = async (event: string): Promise<void> => {
    events.push(event);
    await meanwhile(event, events.filter((one) => one === event).length);
  };
  const told = Promise.resolve(undefined);
  const draining = {
    begun: false,
    within: async (promise: Promise<unknown>, ms: number) => (promise === told ? undefined : happens(`pause ${ms}`)),
  } as unknown as Draining;
  const never = (): never => {
    throw new Error('No run tells this process.');
  };
  const deals = {
    read: async (title: string, id: string) => (await happens('read'), stored.read(title, id)),
    closed: never,
  };
  const starter = { ended: async (workflowId: string) => (await happens(`ended ${workflowId}`), undefined) };
  expect(await new DealWait(deals, starter, draining).untilClosed(trade, told, 60)).toMatchObject({
    id: trade.id,
    state: 'settled',
  });
  return events;
}

test('a run that has ended without its deal is asked after in pauses that grow, each with one read', async () => {
  const trade = await accept('convoy/a');
  const events = await waitFor(trade, (event, times) => event === 'pause 2000' && times === 2 && close(trade));
  const pauses = [100, 200, 400, 800, 1_600, 2_000, 2_000];
  expect(events).toEqual([
    'read',
    'ended convoy/a',
    'read',
    ...pauses.flatMap((ms) => [`pause ${ms}`, 'ended convoy/a', 'read']),
  ]);
});

test('a deal that no run was chosen for is read again in pauses that grow', async () => {
  const trade = await accept(null);
  expect(await waitFor(trade, (event) => event === 'pause 400' && close(trade))).toEqual([
    'read',
    'pause 100',
    'read',
    'pause 200',
    'read',
    'pause 400',
    'read',
  ]);
});

test('another run that takes over is awaited at once, and the pauses begin anew', async () => {
  const trade = await accept('convoy/a');
  const events = await waitFor(trade, async (event, times) => {
    if (event === 'pause 800') await stored.recordStart([trade.id], 'trade/b');
    if (event === 'ended trade/b' && times === 2) await close(trade);
  });
  const asked = ['ended convoy/a', 'read'];
  const before = [100, 200, 400, 800].flatMap((ms) => [`pause ${ms}`, ...asked]);
  expect(events).toEqual(['read', ...asked, ...before, 'ended trade/b', 'read', 'pause 100', 'ended trade/b', 'read']);
});
