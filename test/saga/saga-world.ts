import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, type NativeConnection, type Worker } from '@temporalio/worker';
import type pg from 'pg';
import type { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { dealActivities } from '../../activities/deal.activities.js';
import { workerActivities } from '../../activities/worker.activities.js';
import type { DealActivities } from '../../contracts/activities.js';
import type { Config } from '../../src/process/config.js';
import type { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import type { InventoryService } from '../../src/inventory/inventory.service.js';
import type { KnownDeals } from '../../src/exchanges/known-deals.service.js';
import { newId } from '../../src/ids.js';
import type { LedgerService } from '../../src/ledger/ledger.service.js';
import { connectWorker, makeSagaWorkers } from '../../src/temporal/saga-workers.js';
import { timeActivities } from '../../src/temporal/timed-activities.js';
import type { SagasService } from '../../src/sagas/sagas.service.js';
import type { PurchaseTerms } from '../../src/purchases/purchases.types.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import type { Party, Trade, TradeTerms } from '../../src/trades/trades.types.js';
import { expand, type Answers, type ClosedDeal } from '../../contracts/answers.js';
import { exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';
import { exchangeSagaWorkflow } from '../../contracts/sagas.js';
import { createDatabase } from '../harness/database.js';
import { noMovements, PaymentsInMemory } from './payments-in-memory.js';
import { RefundsInMemory } from './refunds-in-memory.js';
import { forgetSchedule, openServices, type WorldOptions } from './saga-services.js';
import type { StepName } from './step-name.js';
import { watched, type WatchedSteps } from './watched-steps.js';

export type { StepName };

/** The title of every object in the world. */
export const title = 'arena';

/** What a player gives. */
export const gives = (player: string, amounts: Record<string, string> = {}, items: string[] = []): Party => ({
  player,
  gives: { amounts: Object.entries(amounts).map(([asset, amount]) => ({ asset, amount })), items },
});

/** The schema, and the table, of the deals of such an id. */
const dealsOf = (id: string): string => schemas[id.slice(0, 3)] ?? 'trades';
const schemas: Record<string, string> = { pur: 'purchases', rfd: 'refunds' };

/** The real services on a database of their own, and the real workflows on the real Temporal server. */
export class SagaWorld implements WatchedSteps {
  readonly failAfter = new Map<StepName, number>();
  readonly calls = new Map<StepName, number>();
  readonly attempts = new Map<string, number>();
  before: WatchedSteps['before'] = () => Promise.resolve();
  readonly payments = new PaymentsInMemory();
  readonly refunds = new RefundsInMemory();
  /** The metrics of the services and of the workers. */
  readonly registry: Registry;

  private constructor(
    readonly config: Config,
    readonly session: pg.Client,
    readonly sources: readonly DataSource[],
    readonly ledger: LedgerService,
    readonly inventory: InventoryService,
    readonly trades: DealsService<TradeTerms>,
    readonly purchases: DealsService<PurchaseTerms>,
    readonly sagas: SagasService,
    readonly client: Client,
    readonly starter: ExchangeStarter,
    { registry, known, drop }: { registry: Registry; known: KnownDeals; drop: () => Promise<void> },
  ) {
    this.known = known;
    this.registry = registry;
    this.drop = drop;
  }

  /** Which deals are there. */
  readonly known: KnownDeals;
  private readonly drop: () => Promise<void>;
  private connection: NativeConnection | undefined;
  private timed: ReturnType<typeof timeActivities> | undefined;
  private bundle = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));
  private workers: Worker[] = [];
  private runs: Promise<void>[] = [];

  static async open({ workers = true, given, environment = {}, bundle }: WorldOptions = {}): Promise<SagaWorld> {
    const parts = await openServices(given ?? (await createDatabase()), environment);
    const { config, session, sources, ledger, inventory, trades, purchases, sagas, client, starter } = parts;
    const deals = [trades, purchases] as const;
    const world = new SagaWorld(config, session, sources, ledger, inventory, ...deals, sagas, client, starter, parts);
    if (bundle !== undefined) world.bundle = bundle;
    if (workers) {
      // Steps fail here on purpose, many times.
      Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
      await world.startWorkers();
    }
    return world;
  }

  private async startWorkers(): Promise<void> {
    this.timed ??= timeActivities(this.registry);
    const { timed } = this;
    this.connection = await connectWorker(this.config);
    const { ledger, inventory, payments, refunds, sagas, starter, known } = this;
    const deals: DealActivities = {
      ...dealActivities('trade', this.trades),
      ...dealActivities('purchase', this.purchases),
      waitPurchases: async (some) => void payments.noted.push(...some),
    };
    const sweep = { run: async () => 0 };
    const services = { ledger, inventory, payments, refunds, ...noMovements, sagas, starter, sweep, known, deals };
    const activities = workerActivities(services, (some) => timed(watched(some, this)));
    this.workers = await makeSagaWorkers(this.connection, this.config, activities, this.bundle);
    this.runs = this.workers.map((worker) => worker.run());
  }

  /** Forgets what a test has done to the steps. */
  reset(): void {
    this.calls.clear();
    this.failAfter.clear();
    this.before = () => Promise.resolve();
  }

  /** Defines what the tests trade: gold and swords, and a bound asset and a relic, which are not tradeable. */
  async defineGoods(): Promise<void> {
    await this.defineAsset('gold');
    await this.defineAsset('bound', false);
    await this.defineItem('sword');
    await this.defineItem('relic', false);
  }

  /** A buyer with 100 gold and a seller with a sword, whom nobody else knows. */
  async pair(): Promise<{ buyer: string; seller: string; sword: string }> {
    const pair = randomUUID();
    const names = { buyer: `buyer-${pair}`, seller: `seller-${pair}` };
    await this.grant(names.buyer, 'gold', 100n);
    return { ...names, sword: await this.mint(names.seller) };
  }

  async defineAsset(code: string, tradeable = true): Promise<void> {
    await this.session.query(
      `insert into ledger.assets (title, code, name, kind, scale, tradeable, version)
       values ($1, $2, $2, 'currency', 0, $3, 1)`,
      [title, code, tradeable],
    );
  }

  /** @param limit how many are ever minted, or null for any number */
  async defineItem(code: string, tradeable = true, limit: number | null = null): Promise<void> {
    await this.session.query(
      'insert into inventory.items (title, code, name, tradeable, minting_limit) values ($1, $2, $2, $3, $4)',
      [title, code, tradeable, limit],
    );
  }

  /** Grants a player an amount. */
  async grant(player: string, asset: string, amount: bigint): Promise<void> {
    const [result] = await this.ledger.transfer([
      {
        title,
        key: `grant/${randomUUID()}`,
        kind: 'transfer',
        legs: [{ from: 'system:mint', to: `player:${player}`, asset, amount }],
        reason: 'grant',
      },
    ]);
    if (result?.outcome !== 'posted') throw new Error(`The grant was not posted: ${JSON.stringify(result?.outcome)}`);
  }

  /** Mints an instance for a player and answers its id. */
  async mint(player: string, item = 'sword'): Promise<string> {
    const id = newId('ins');
    const [outcome] = await this.inventory.mint([
      { title, key: `mint/${id}`, fingerprint: '', id, item, owner: `player:${player}`, reason: 'test' },
    ]);
    if (outcome?.outcome !== 'done') throw new Error('The instance was not minted.');
    return id;
  }

  /** Accepts a trade without starting it. */
  async accept(a: Party, b: Party): Promise<Trade> {
    const [trade] = await this.acceptAll([[a, b]]);
    return trade as Trade;
  }

  /** Accepts trades without starting them. */
  async acceptAll(parties: readonly [Party, Party][]): Promise<Trade[]> {
    const outcomes = await this.trades.accept(
      parties.map((both) => ({
        id: newId('trd'),
        workflowId: null,
        title,
        key: randomUUID(),
        fingerprint: Buffer.from('x'),
        parties: both,
        reference: null,
      })),
    );
    return outcomes.map((outcome) => {
      if (!('deal' in outcome)) throw new Error('The trade was not accepted.');
      return outcome.deal;
    });
  }

  /** Runs one saga over exchanges and answers what it says of those that have not left it. */
  async settle(
    exchanges: Exchange[],
    workflowId = exchangeWorkflowId(exchanges[0] as Exchange),
  ): Promise<ClosedDeal[]> {
    const answers = (await this.client.workflow.execute(exchangeSagaWorkflow, {
      workflowId,
      taskQueue: this.config.TASK_QUEUE,
      args: [exchanges],
    })) as Answers<ClosedDeal>;
    return expand(exchanges, answers).filter((outcome): outcome is ClosedDeal => 'closedAt' in outcome);
  }

  /** Accepts a trade and settles it alone. */
  async trade(a: Party, b: Party): Promise<{ exchange: Exchange; closing: ClosedDeal | undefined }> {
    const exchange = exchangeOf(await this.accept(a, b));
    const [closing] = await this.settle([exchange]);
    return { exchange, closing };
  }

  async balance(player: string, asset: string): Promise<bigint> {
    const { rows } = await this.session.query<{ posted: string }>(
      `select credits_posted - debits_posted as posted from ledger.accounts
       where title = $1 and owner = $2 and asset = $3`,
      [title, `player:${player}`, asset],
    );
    return BigInt(rows[0]?.posted ?? 0);
  }

  async ownerOf(instance: string): Promise<{ owner: string; state: string }> {
    const { rows } = await this.session.query<{ owner: string; state: string }>(
      'select owner, state from inventory.instances where id = $1',
      [instance.slice(4)],
    );
    if (rows[0] === undefined) throw new Error(`There is no ${instance}.`);
    return rows[0];
  }

  async row(id: string): Promise<{ state: string; reason_code: string | null }> {
    const { rows } = await this.session.query<{ state: string; reason_code: string | null }>(
      `select state, reason_code from ${dealsOf(id)}.${dealsOf(id)} where id = $1`,
      [id.slice(4)],
    );
    if (rows[0] === undefined) throw new Error(`There is no ${id}.`);
    return rows[0];
  }

  /** The types of the facts told of a deal, in order. */
  async facts(id: string): Promise<string[]> {
    const { rows } = await this.session.query<{ type: string }>(
      `select type from ${dealsOf(id)}.facts where subject = $1 order by id, place`,
      [id],
    );
    return rows.map(({ type }) => type);
  }

  /** What must hold of the books whenever all is quiet: every asset sums to zero, and no hold is open. */
  async imbalance(): Promise<{ sums: string[]; openHolds: number }> {
    const sums = await this.session.query<{ asset: string }>(
      `select asset from ledger.accounts group by title, asset having sum(credits_posted - debits_posted) <> 0`,
    );
    const held = await this.session.query(`select from inventory.holds where state = 'held'`);
    return { sums: sums.rows.map(({ asset }) => asset), openHolds: held.rows.length };
  }

  /** Has other workers go on with the runs. */
  async restartWorkers(): Promise<void> {
    await this.stopWorkers();
    await this.startWorkers();
  }

  private async stopWorkers(): Promise<void> {
    for (const worker of this.workers) worker.shutdown();
    await Promise.all(this.runs);
    await this.connection?.close();
  }

  async close(): Promise<void> {
    await this.stopWorkers();
    await forgetSchedule(this.client, this.config.TASK_QUEUE);
    await this.client.connection.close();
    await this.session.end();
    await Promise.all(this.sources.map((source) => source.destroy()));
    await this.drop();
  }
}
