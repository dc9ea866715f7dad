import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { CatalogReads } from '../../src/catalog/catalog.reads.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import type { AcceptOutcome } from '../../src/exchanges/deals.types.js';
import { newId } from '../../src/ids.js';
import { makeDataSource, type PoolOptions } from '../../src/postgres/data-sources.js';
import { loadConfig } from '../../src/process/config.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import type { NewPurchase, Purchase, PurchaseTerms } from '../../src/purchases/purchases.types.js';
import { Sales } from '../../src/purchases/sales.js';
import type { VelocityLimits } from '../../src/purchases/velocity.rules.js';
import { createDatabase } from '../harness/database.js';
import { countDeadlocks } from '../harness/deadlocks.js';
import { patient } from '../harness/meeting.js';
import { publishWithin } from './products.js';

export const title = 'arena';

/** What a product of a test says of its sale. */
export interface Sale {
  stock?: number | null;
  limits?: Partial<Record<'perPlayer' | 'perPlayerAndDay' | 'perPlayerAndWeek' | 'perPlayerAndMonth', number>>;
  onSale?: { from?: string; until?: string };
}

/** A migrated database with the service of purchases, and another of its processes. */
export class Store {
  private constructor(
    /** The services of two processes. */
    readonly services: readonly [DealsService<PurchaseTerms>, DealsService<PurchaseTerms>],
    /** A session beside the pools of the services. */
    readonly session: pg.Client,
    readonly sources: readonly [DataSource, DataSource],
    private readonly drop: () => Promise<void>,
  ) {}

  /**
   * @param velocity how fast money may be asked for
   * @param pool what the pools of the services have otherwise than those of work
   */
  static async open(
    velocity: VelocityLimits = { perPlayerAndHour: 30, perTitleAndMinute: 6_000 },
    pool: PoolOptions = patient,
  ): Promise<Store> {
    const database = await createDatabase();
    const config = loadConfig({
      VELTRIX_ADMIN_KEY: 'not-used-by-this-test',
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '6',
    });
    const sources = await Promise.all([1, 2].map(() => makeDataSource(config, 'main', 'test', pool).initialize()));
    const [first, second] = sources;
    if (first === undefined || second === undefined) throw new Error('There are two processes.');
    const serviceOf = (source: DataSource): DealsService<PurchaseTerms> =>
      new DealsService(
        purchaseKind,
        source,
        new DealMetrics(new Registry()),
        new Sales(new CatalogReads(source), velocity),
      );
    const session = new pg.Client({ connectionString: database.url });
    await session.connect();
    return new Store([serviceOf(first), serviceOf(second)], session, [first, second], () => database.drop());
  }

  /** Does something while the session is in a transaction, which is over then, whatever comes of it. */
  async within<T>(end: 'commit' | 'rollback', work: () => Promise<T>): Promise<T> {
    await this.session.query('begin');
    let done = false;
    try {
      const result = await work();
      done = true;
      return result;
    } finally {
      await this.session.query(done ? end : 'rollback');
    }
  }

  /** Publishes the next version of a product. */
  async publish(code: string, sale: Sale = {}): Promise<number> {
    return this.within('commit', () => this.publishWithin(code, sale));
  }

  /** The same within a transaction of the session. */
  async publishWithin(code: string, { stock = null, limits = {}, onSale = {} }: Sale = {}): Promise<number> {
    const terms = {
      content: { amounts: [{ asset: 'gem', amount: '5' }], items: [] },
      prices: { virtual: [{ asset: 'gold', amount: '10' }], money: [{ currency: 'EUR', amount: '499' }] },
      stock,
      limits: {
        perPlayer: null,
        perPlayerAndDay: null,
        perPlayerAndWeek: null,
        perPlayerAndMonth: null,
        ...limits,
      },
      onSale: { from: onSale.from ?? null, until: onSale.until ?? null },
    };
    return publishWithin(this.session, title, code, terms);
  }

  async withdraw(code: string): Promise<void> {
    await this.session.query(
      'update catalog.products set withdrawn = true, revision = revision + 1 where title = $1 and code = $2',
      [title, code],
    );
  }

  /** How many of a product are sold, as it is counted and as its purchases say. */
  async sold(product: string): Promise<{ counted: number; bought: number }> {
    const { rows } = await this.session.query<{ counted: number; bought: number }>(
      `select coalesce((select sold from purchases.sales where title = $1 and product = $2), 0)::int as counted,
         (select coalesce(sum(quantity), 0) from purchases.purchases
          where title = $1 and product = $2 and counts)::int as bought`,
      [title, product],
    );
    return rows[0] ?? { counted: -1, bought: -1 };
  }

  /** Closes everything, after it has seen that PostgreSQL never had to end a deadlock. @returns the deadlocks */
  async close(): Promise<number> {
    await Promise.all(this.sources.map((source) => source.destroy()));
    const deadlocks = await countDeadlocks(this.session);
    await this.session.end();
    await this.drop();
    return deadlocks;
  }
}

/** A purchase to be accepted, of version 1. */
export function purchaseOf(player: string, product: string, over: Partial<NewPurchase> = {}): NewPurchase {
  return {
    id: newId('pur'),
    workflowId: null,
    title,
    key: randomUUID(),
    fingerprint: Buffer.from('f'),
    player,
    product,
    version: 1,
    quantity: 1,
    pay: { asset: 'gold', amount: '10' },
    content: { amounts: [{ asset: 'gem', amount: '5' }], items: [] },
    reference: null,
    ...over,
  };
}

/** An outcome in a word: `accepted`, `replayed`, or why not. */
export function wordOf(outcome: AcceptOutcome<PurchaseTerms> | undefined): string {
  if (outcome === undefined) return 'nothing';
  return outcome.outcome === 'declined' ? outcome.cause.code : outcome.outcome;
}

/** The purchase that was accepted. */
export function acceptedOf(outcome: AcceptOutcome<PurchaseTerms> | undefined): Purchase {
  if (outcome === undefined || !('deal' in outcome)) throw new Error(`It was not accepted: ${wordOf(outcome)}`);
  return outcome.deal;
}
