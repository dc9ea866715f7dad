import 'reflect-metadata';
import { Registry } from 'prom-client';
import { loadConfig } from '../../src/process/config.js';
import { InventoryService } from '../../src/inventory/inventory.service.js';
import { ItemsService } from '../../src/inventory/items.service.js';
import { AssetsService } from '../../src/ledger/assets.service.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import { makeDataSource } from '../../src/postgres/data-sources.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import type { TradeTerms } from '../../src/trades/trades.types.js';

/** The services of src/ on one database, without the processes around them. */
export interface Services {
  assets: AssetsService;
  items: ItemsService;
  ledger: LedgerService;
  inventory: InventoryService;
  trades: DealsService<TradeTerms>;
  close(): Promise<void>;
}

/** Opens the services on a migrated database, with a pool for each as in a process of Veltrix. */
export async function openServices(databaseUrl: string): Promise<Services> {
  const config = loadConfig({ DATABASE_URL: databaseUrl, VELTRIX_ADMIN_KEY: 'unused-by-the-services' });
  const [main, ledger, inventory] = await Promise.all(
    (['main', 'ledger', 'inventory'] as const).map((name) => makeDataSource(config, name, 'bench').initialize()),
  );
  if (main === undefined || ledger === undefined || inventory === undefined) throw new Error('A database is missing.');
  return {
    assets: new AssetsService(ledger),
    items: new ItemsService(inventory),
    ledger: new LedgerService(ledger),
    inventory: new InventoryService(inventory),
    trades: new DealsService(tradeKind, main, new DealMetrics(new Registry())),
    async close() {
      await Promise.all([main.destroy(), ledger.destroy(), inventory.destroy()]);
    },
  };
}
