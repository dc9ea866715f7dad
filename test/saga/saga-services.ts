import { randomUUID } from 'node:crypto';
import { Client, ScheduleNotFoundError } from '@temporalio/client';
import pg from 'pg';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { sweepId } from '../../contracts/sagas.js';
import { CatalogReads } from '../../src/catalog/catalog.reads.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import { KnownDeals } from '../../src/exchanges/known-deals.service.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import { Draining } from '../../src/process/draining.js';
import { InventoryService } from '../../src/inventory/inventory.service.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import { databases, makeDataSource } from '../../src/postgres/data-sources.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import type { PurchaseTerms } from '../../src/purchases/purchases.types.js';
import { Sales } from '../../src/purchases/sales.js';
import { velocityLimitsOf } from '../../src/purchases/velocity.rules.js';
import { refundKind } from '../../src/refunds/refund-kind.js';
import { openConnection } from '../../src/temporal/open-connection.js';
import { SearchAttributes } from '../../src/temporal/search-attributes.js';
import { TemporalConnection } from '../../src/temporal/temporal.module.js';
import { SagasService } from '../../src/sagas/sagas.service.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import type { TradeTerms } from '../../src/trades/trades.types.js';
import type { TestDatabase } from '../harness/database.js';
import { patient } from '../harness/meeting.js';

/** What a world of sagas is opened with. */
export interface WorldOptions {
  /** Whether the world runs its own sagas; otherwise a test starts processes that do. */
  workers?: boolean;
  /** A migrated database of the test's own, for one whose server can be stopped. */
  given?: TestDatabase;
  /** Settings that differ from the defaults. */
  environment?: Record<string, string>;
  /** The file of other workflows than those that are shipped. */
  bundle?: string;
}

/** The services that sagas of trades and purchases are made of, with their connections. */
export interface SagaServices {
  config: Config;
  /** A session beside the pools of the services. */
  session: pg.Client;
  /** The databases of the deals, the ledger and the inventory. */
  sources: readonly DataSource[];
  ledger: LedgerService;
  inventory: InventoryService;
  trades: DealsService<TradeTerms>;
  purchases: DealsService<PurchaseTerms>;
  sagas: SagasService;
  client: Client;
  starter: ExchangeStarter;
  known: KnownDeals;
  registry: Registry;
  drop: () => Promise<void>;
}

/** Makes the services on a migrated database, with a task queue that no other test has. */
export async function openServices(database: TestDatabase, environment: Record<string, string>): Promise<SagaServices> {
  const config = loadConfig({
    VELTRIX_ADMIN_KEY: 'the-admin-key-of-the-tests',
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '8',
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'],
    TASK_QUEUE: `saga-${randomUUID()}`,
    ...environment,
  });
  const sources = await Promise.all(
    databases.map((name) => makeDataSource(config, name, 'test', patient).initialize()),
  );
  const [main, ledger, inventory] = sources;
  if (main === undefined || ledger === undefined || inventory === undefined)
    throw new Error('There are three databases.');
  const session = new pg.Client({ connectionString: database.url });
  session.on('error', () => undefined); // A test may stop its server.
  await session.connect();
  askOneByOne(session);
  const client = new Client({ connection: openConnection({ address: config.TEMPORAL_ADDRESS }) });
  const temporal = new TemporalConnection(client);
  const attributes = new SearchAttributes(config, client);
  // As a worker does: a server that does not know them fails the run that is to show how it fares.
  await attributes.register();
  const deals = [
    new StoredDeals(tradeKind, main),
    new StoredDeals(purchaseKind, main),
    new StoredDeals(refundKind, main),
  ];
  const registry = new Registry();
  const metrics = new DealMetrics(registry);
  return {
    config,
    session,
    sources,
    ledger: new LedgerService(ledger),
    inventory: new InventoryService(inventory),
    trades: new DealsService(tradeKind, main, metrics),
    purchases: new DealsService<PurchaseTerms>(
      purchaseKind,
      main,
      metrics,
      new Sales(new CatalogReads(main), velocityLimitsOf(config)),
    ),
    sagas: new SagasService(main),
    client,
    starter: new ExchangeStarter(config, deals, client, temporal, attributes, new Draining()),
    known: new KnownDeals(deals, registry),
    registry,
    drop: () => database.drop(),
  };
}

/** Ends the schedule that worker processes of a test have made, which would start a sweep every second for ever. */
export async function forgetSchedule(client: Client, taskQueue: string): Promise<void> {
  try {
    await client.schedule.getHandle(sweepId(taskQueue)).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

/** Has statements that are asked for at once wait for each other, which the next version of pg no longer does. */
function askOneByOne(session: pg.Client): void {
  const query = session.query.bind(session) as (...asked: unknown[]) => Promise<unknown>;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (...asked: unknown[]): Promise<unknown> => {
    last = last.catch(() => undefined).then(() => query(...asked));
    return last;
  };
  session.query = inTurn as typeof session.query;
}
