import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { BacklogMetrics } from '../../src/backlog-metrics.js';
import { PoolMetrics } from '../../src/process/metrics.js';
import { DEAL_BOOKS, type DealBook } from '../../src/exchanges/deals.js';
import { DATABASES, METRICS_DATABASES, type Databases } from '../../src/postgres/data-sources.js';
import { openApi, type Api } from './api.js';

let api: Api;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

test('the pools are counted without what the scrape itself asks of them', async () => {
  const registry = new Registry();
  const databases = api.app.get<Databases>(DATABASES, { strict: false });
  const own = api.app.get<Databases>(METRICS_DATABASES, { strict: false });
  new BacklogMetrics(registry, own, api.app.get<DealBook[]>(DEAL_BOOKS, { strict: false }));
  new PoolMetrics(registry, databases);
  const lines = (await registry.metrics())
    .split('\n')
    .filter((line) => /^veltrix_pool_connections.*state="(busy|waiting)"/.test(line));
  expect(lines).toHaveLength(8);
  expect(lines.filter((line) => !line.endsWith(' 0'))).toEqual([]);
});
