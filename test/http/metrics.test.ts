import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { BacklogMetrics } from '../../src/backlog-metrics.js';
import { PoolMetrics } from '../../src/process/metrics.js';
import { INVENTORY_DATABASE, LEDGER_DATABASE, MAIN_DATABASE } from '../../src/postgres/data-sources.js';
import { TradeDeals } from '../../src/trades/trade-deals.js';
import { openApi, type Api } from './api.js';

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

test('the pools are counted without what the scrape itself asks of them', async () => {
  const registry = new Registry();
  const [main, ledger, inventory] = [MAIN_DATABASE, LEDGER_DATABASE, INVENTORY_DATABASE].map((token) => api.app.get<DataSource>(token, { strict: false })) as [DataSource, DataSource, DataSource];
  new BacklogMetrics(registry, main, ledger, inventory, api.app.get(TradeDeals, { strict: false }));
  new PoolMetrics(registry, main, ledger, inventory);
  const lines = (await registry.metrics()).split('\n').filter((line) => /^veltrix_pool_connections.*state="(busy|waiting)"/.test(line));
  expect(lines).toHaveLength(6);
  expect(lines.filter((line) => !line.endsWith(' 0'))).toEqual([]);
});
