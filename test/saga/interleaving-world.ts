import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { inventoryActivities } from '../../activities/inventory.activities.js';
import { paymentActivities } from '../../activities/payment.activities.js';
import { ledgerActivities } from '../../activities/ledger.activities.js';
import { dealActivities } from '../../activities/deal.activities.js';
import { loadConfig } from '../../src/process/config.js';
import { newId } from '../../src/ids.js';
import { InventoryService } from '../../src/inventory/inventory.service.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import { databases, makeDataSource } from '../../src/postgres/data-sources.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import { DealStatements } from '../../src/exchanges/deals.statements.js';
import type { DealRow } from '../../src/exchanges/deals.types.js';
import { CatalogReads } from '../../src/catalog/catalog.reads.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import { exchangeOf as purchaseExchangeOf } from '../../src/purchases/purchases.rules.js';
import type { NewPurchase, PurchaseTerms } from '../../src/purchases/purchases.types.js';
import { Sales } from '../../src/purchases/sales.js';
import { velocityLimitsOf } from '../../src/purchases/velocity.rules.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import type { NewTrade, TradeTerms } from '../../src/trades/trades.types.js';
import type {
  NoteActivities,
  PaymentActivities,
  ResolveActivities,
  StepActivities,
  UndoActivities,
} from '../../contracts/activities.js';
import { expand, type Answers } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import { createDatabase } from '../harness/database.js';
import { patient } from '../harness/meeting.js';
import {
  acceptedOf,
  defineGoods,
  editionsOf,
  newPurchase,
  newTrade,
  wantedEdition,
  type Deal,
  type Names,
} from './interleaving-deals.js';
import type { DealPlan } from './interleaving-plans.js';
import { paidFor } from './paid-kinds.js';
import { PaymentsInMemory, type PaymentPlan, type PaymentRow } from './payments-in-memory.js';
import { RefundedGoods } from './interleaving-refunds.js';
import { refundFor } from './refund-kinds.js';
import { RefundsInMemory } from './refunds-in-memory.js';
import { snapshot, title, type Snapshot } from './interleaving-snapshot.js';

const ofTrades = new DealStatements(tradeKind);
const ofPurchases = new DealStatements<PurchaseTerms>(purchaseKind);

type Activities = Pick<StepActivities, 'inventoryHold' | 'ledgerTransfer' | 'inventoryMove'> & {
  closeTrades: StepActivities['closeTrades'];
  closePurchases: StepActivities['closePurchases'];
} & UndoActivities &
  ResolveActivities &
  PaymentActivities & { waitPurchases: NonNullable<NoteActivities['waitPurchases']> };

export type StepName = keyof Activities;

type Asked<N extends keyof PaymentActivities> = Parameters<PaymentActivities[N]>[0];

/** The real services on a database of their own, and activities that are called as a worker calls them. */
export class InterleavingWorld {
  private players = 0;
  private readonly payments = new PaymentsInMemory();
  readonly refunds = new RefundsInMemory();
  readonly refunded: RefundedGoods;
  /** The exchanges that are paid in real money, which their rows do not say in these tests. */
  private readonly paid = new Map<string, Exchange>();
  private readonly activities: Activities;

  private constructor(
    private readonly sources: readonly [DataSource, DataSource, DataSource],
    private readonly ledger: LedgerService,
    private readonly inventory: InventoryService,
    private readonly trades: DealsService<TradeTerms>,
    private readonly purchases: DealsService<PurchaseTerms>,
    private readonly drop: () => Promise<void>,
  ) {
    this.refunded = new RefundedGoods(ledger, inventory, sources[2]);
    const [ofInventory, ofLedger] = [inventoryActivities(inventory), ledgerActivities(ledger)];
    const ofPayments = paymentActivities(this.payments, this.refunds);
    this.activities = {
      ...ofInventory.steps,
      ...ofInventory.undo,
      ...ofLedger.steps,
      ...ofLedger.undo,
      ...dealActivities('trade', trades),
      ...dealActivities('purchase', purchases),
      paymentAuthorize: (some: Asked<'paymentAuthorize'>) =>
        ofPayments.payments.paymentAuthorize(some, { alone: true }),
      paymentCapture: (some: Asked<'paymentCapture'>) => ofPayments.payments.paymentCapture(some, { alone: true }),
      paymentVoid: (some: Asked<'paymentVoid'>) => ofPayments.payments.paymentVoid(some, { alone: true }),
      paymentRefund: (some: Asked<'paymentRefund'>) => ofPayments.payments.paymentRefund(some, { alone: true }),
      paymentRefundCancel: (some: Asked<'paymentRefundCancel'>) =>
        ofPayments.payments.paymentRefundCancel(some, { alone: true }),
      ...ofPayments.undo,
      waitPurchases: () => Promise.resolve(),
    } as unknown as Activities;
  }

  static async open(): Promise<InterleavingWorld> {
    const database = await createDatabase();
    const config = loadConfig({
      VELTRIX_ADMIN_KEY: 'not-used-by-this-test',
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '6',
    });
    const [main, ledger, inventory] = await Promise.all(
      databases.map((name) => makeDataSource(config, name, 'test', patient).initialize()),
    );
    if (main === undefined || ledger === undefined || inventory === undefined)
      throw new Error('There are three databases.');
    await defineGoods(database.url);
    const metrics = new DealMetrics(new Registry());
    return new InterleavingWorld(
      [main, ledger, inventory],
      new LedgerService(ledger),
      new InventoryService(inventory),
      new DealsService(tradeKind, main, metrics),
      new DealsService<PurchaseTerms>(
        purchaseKind,
        main,
        metrics,
        new Sales(new CatalogReads(main), velocityLimitsOf(config)),
      ),
      () => database.drop(),
    );
  }

  /** Accepts the deals of a plan between players that nobody else has, and gives them what they are to have. */
  async accept(plans: readonly DealPlan[]): Promise<Deal[]> {
    const group = ++this.players;
    const names = plans.map(({ payer, giver }) => ({
      payer: `payer-${group}-${payer}`,
      giver: `giver-${group}-${giver}`,
    }));
    const payers = [...new Set(names.map(({ payer }) => payer))];
    const swords = new Map([...new Set(names.map(({ giver }) => giver))].map((giver) => [giver, newId('ins')]));
    const items = plans.map(({ of, owned, buys }, place) =>
      buys || of === 'legs' ? undefined : owned ? swords.get(names[place]?.giver ?? '') : newId('ins'),
    );
    const given = [
      ...[...swords].map(([owner, id]) => ({ id, owner: `player:${owner}` })),
      ...items.flatMap((id, place) =>
        id !== undefined && plans[place]?.owned === false ? { id, owner: 'player:somebody-else' } : [],
      ),
    ];
    const editions = editionsOf(plans, group);
    const places = plans.map((plan, place) => ({ plan, names: names[place] as Names, item: items[place] }));
    await Promise.all([
      this.ledger.transfer(
        payers.map((payer) => ({
          title,
          key: `grant/${payer}`,
          kind: 'transfer',
          legs: [{ from: 'system:mint', to: `player:${payer}`, asset: 'gold', amount: 100n }],
          reason: 'grant',
        })),
      ),
      this.inventory.mint(
        given.map(({ id, owner }) => ({
          title,
          key: `mint/${id}`,
          fingerprint: '',
          id,
          item: 'sword',
          owner,
          reason: 'test',
        })),
      ),
      this.sources[2].query(
        `insert into inventory.items (title, code, name, tradeable, minting_limit)
         select $1, code, code, true, max from unnest($2::text[], $3::int[]) as g (code, max)`,
        [title, [...editions.keys()], [...editions.values()]],
      ),
    ]);
    const [trades, purchases] = await Promise.all([
      this.acceptTrades(
        places.filter(({ plan }) => !plan.buys).map(({ plan, names: both, item }) => newTrade(plan, both, item)),
      ),
      this.acceptPurchases(
        places.filter(({ plan }) => plan.buys).map(({ plan, names: both }) => newPurchase(plan, both, group)),
      ),
    ]);
    const deals = places.map(({ plan, names: both, item }): Deal => {
      const accepted = (plan.buys ? purchases : trades).shift() as Exchange;
      const swords = plan.gives === undefined ? [] : [newId('ins'), newId('ins')];
      const paid = plan.pays === undefined ? accepted : this.pay(accepted, plan.pays, both);
      const exchange = plan.gives === undefined ? paid : this.giveBack(paid, plan.gives, both, swords);
      const minted = (exchange.mints ?? []).map(({ instance }) => instance);
      return { ...both, plan, exchange, item, minted, edition: wantedEdition(plan, group), swords };
    });
    await this.refunded.sell(deals.filter(({ swords }) => swords.length > 0));
    return deals;
  }

  private giveBack(
    gift: Exchange,
    gives: NonNullable<DealPlan['gives']>,
    { payer }: Names,
    swords: string[],
  ): Exchange {
    const exchange = refundFor(gift, payer, swords, gives);
    this.refunds.plan(exchange.id, gives.refund);
    this.paid.set(exchange.id, exchange);
    return exchange;
  }

  /** Has a purchase paid in real money instead of gold. */
  private pay(purchase: Exchange, plan: PaymentPlan, { payer }: Names): Exchange {
    const exchange = paidFor(purchase, payer);
    this.payments.plan(exchange.id, plan);
    this.paid.set(exchange.id, exchange);
    return exchange;
  }

  /** What has become of the payments of deals, by their ids. */
  paymentsOf(deals: readonly Deal[]): Map<string, PaymentRow> {
    const ids = deals.map(({ exchange }) => exchange.id).filter((id) => this.paid.has(id));
    return new Map(ids.map((id) => [id, { ...this.payments.row(id) }]));
  }

  private async acceptTrades(trades: readonly NewTrade[]): Promise<Exchange[]> {
    return (trades.length === 0 ? [] : await this.trades.accept(trades)).map((one) => exchangeOf(acceptedOf(one)));
  }

  private async acceptPurchases(purchases: readonly NewPurchase[]): Promise<Exchange[]> {
    const outcomes = purchases.length === 0 ? [] : await this.purchases.accept(purchases);
    return outcomes.map((one) => purchaseExchangeOf(acceptedOf(one)));
  }

  /** One attempt of a step. What goes in and out is JSON, as it is on the way to a worker and back. */
  async attempt(step: StepName, list: readonly unknown[]): Promise<unknown[]> {
    const activity = this.activities[step] as (list: unknown) => Promise<Answers<{ id: string }> | undefined>;
    const answers = await activity(JSON.parse(JSON.stringify(list)));
    if (answers === undefined) return (list as { id: string }[]).map(({ id }) => ({ id, outcome: 'noted' }));
    return expand(list as { id: string }[], JSON.parse(JSON.stringify(answers)) as Answers<{ id: string }>);
  }

  /** The exchange as the row says it, or undefined if the row is closed: what a sweep goes by. */
  async openExchange(id: string): Promise<Exchange | undefined> {
    const found = <T>(statements: DealStatements<T>, table: string): Promise<DealRow[]> =>
      this.sources[0].query<DealRow[]>(
        `select ${statements.columns} from ${table} where id = $1 and closed_at is null`,
        [id.slice(4)],
      );
    if (id.startsWith('pur_')) {
      const [row] = await found(ofPurchases, 'purchases.purchases');
      return row && (this.paid.get(id) ?? purchaseExchangeOf(ofPurchases.dealOf(row)));
    }
    const [row] = await found(ofTrades, 'trades.trades');
    return row && exchangeOf(ofTrades.dealOf(row));
  }

  async look(deals: readonly Deal[]): Promise<Snapshot> {
    const ids = deals.map(({ exchange }) => exchange.id);
    const uuidsOf = (prefix: string): string[] =>
      ids.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
    const [found] = await this.sources[0].query<[Snapshot]>(snapshot, [
      ids,
      deals.flatMap(({ payer, giver }) => [payer, giver]),
      deals.flatMap(({ item, minted }) => [...(item === undefined ? [] : [item]), ...minted]).map((id) => id.slice(4)),
      uuidsOf('trd_'),
      uuidsOf('pur_'),
      deals.flatMap(({ edition }) => (edition === undefined ? [] : [edition])),
    ]);
    return found;
  }

  /**
   * What must be empty when all is quiet: assets that do not sum to zero, holds that are open, what is reserved, and
   * what was sold without being bought.
   */
  async imbalance(): Promise<unknown[]> {
    return this.sources[0].query<unknown[]>(
      `select asset as what from ledger.accounts group by title, asset having sum(credits_posted - debits_posted) <> 0
       union all select exchange from inventory.holds where state = 'held'
       union all select code from inventory.items where reserved <> 0
       union all select product || ' ' || sold from purchases.sales where sold <> (
         select count(*) from purchases.purchases
         where state not in ('refused', 'compensated', 'declined', 'cancelled', 'expired'))`,
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.destroy()));
    await this.drop();
  }
}
