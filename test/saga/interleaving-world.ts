import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { inventoryActivities } from '../../activities/inventory.activities.js';
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
import type { DealRow, DealState } from '../../src/exchanges/deals.types.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import type { Party, TradeTerms } from '../../src/trades/trades.types.js';
import type { ResolveActivities, StepActivities, UndoActivities } from '../../contracts/activities.js';
import { expand, type Answers } from '../../contracts/answers.js';
import type { Cause, Exchange } from '../../contracts/nouns.js';
import { createDatabase } from '../harness/database.js';
import type { DealPlan } from './interleaving-plans.js';

const statements = new DealStatements(tradeKind);

const title = 'arena';

type Activities = Pick<StepActivities, 'inventoryHold' | 'ledgerTransfer' | 'inventoryMove'> & {
  closeTrades: StepActivities['closeTrades'];
} & UndoActivities &
  ResolveActivities;

export type StepName = keyof Activities;

/** A deal that was accepted, and whose things its players have. */
export interface Deal {
  plan: DealPlan;
  exchange: Exchange;
  payer: string;
  giver: string;
  /** What is given, or undefined for legs alone. */
  item: string | undefined;
}

/** What the databases say of some deals and their players. Causes are null where there are none. */
export interface Snapshot {
  rows: { id: string; state: DealState; cause: Cause | null; closed_at: string | null }[];
  facts: { id: string; type: string }[];
  holds: { id: string; state: string; cause: Cause | null }[];
  outcomes: { id: string; state: string; cause: Cause | null }[];
  transfers: { id: string }[];
  balances: { player: string; gold: number }[];
  instances: { id: string; owner: string; state: string }[];
  movements: { instance: string; kind: string; cause: string }[];
}

const cause = `case when cause_code is not null then
  json_build_object('code', cause_code, 'detail', cause_detail) end as cause`;

/**
 * One statement, so that it is one moment. What was told before the deals were accepted is not taken apart, or each
 * look would cost more than the one before. $1 exchanges, $2 players and $3 instances, each without its prefix.
 */
const snapshot = `
  select
    (select coalesce(json_agg(r order by id), '[]') from (
      select 'trd_' || id as id, state,
        case when reason_code is not null then
          json_build_object('code', reason_code, 'detail', reason_detail) end as cause, closed_at
      from trades.trades where id = any($1::uuid[])) r) as rows,
    (select coalesce(json_agg(json_build_object('id', subject, 'type', type) order by id, place), '[]')
      from trades.facts
      where transaction_id >= (
        select transaction_id from trades.trades where id = any($1::uuid[]) order by transaction_id limit 1)
        and subject in (select 'trd_' || id from unnest($1::uuid[]) id)) as facts,
    (select coalesce(json_agg(h order by id), '[]') from (
      select exchange as id, state, ${cause} from inventory.holds
      where exchange in (select 'trd_' || id from unnest($1::uuid[]) id)) h) as holds,
    (select coalesce(json_agg(o order by id), '[]') from (
      select substr(key, 10) as id, state, ${cause}
      from ledger.outcomes
      where title = '${title}' and key in (select 'exchange/trd_' || id from unnest($1::uuid[]) id)) o) as outcomes,
    (select coalesce(json_agg(json_build_object('id', reference) order by sequence), '[]') from ledger.transfers
      where title = '${title}' and reference in (select 'trd_' || id from unnest($1::uuid[]) id)) as transfers,
    (select coalesce(json_agg(b order by player), '[]') from (
      select substr(owner, 8) as player, credits_posted - debits_posted as gold from ledger.accounts
      where title = '${title}' and asset = 'gold'
        and owner in (select 'player:' || p from unnest($2::text[]) p)) b) as balances,
    (select coalesce(json_agg(i order by id), '[]') from (
      select 'ins_' || id as id, owner, state from inventory.instances where id = any($3::uuid[])) i) as instances,
    (select coalesce(json_agg(json_build_object('instance', 'ins_' || instance, 'kind', kind, 'cause', cause)
      order by instance, version), '[]')
      from inventory.movements where instance = any($3::uuid[])) as movements`;

/** The real services on a database of their own, and activities that are called as a worker calls them. */
export class InterleavingWorld {
  private players = 0;
  private readonly activities: Activities;

  private constructor(
    private readonly sources: readonly [DataSource, DataSource, DataSource],
    private readonly ledger: LedgerService,
    private readonly inventory: InventoryService,
    private readonly trades: DealsService<TradeTerms>,
    private readonly drop: () => Promise<void>,
  ) {
    const [ofInventory, ofLedger] = [inventoryActivities(inventory), ledgerActivities(ledger)];
    this.activities = {
      ...ofInventory.steps,
      ...ofInventory.undo,
      ...ofLedger.steps,
      ...ofLedger.undo,
      ...dealActivities('trade', trades),
    } as Activities;
  }

  static async open(): Promise<InterleavingWorld> {
    const database = await createDatabase();
    const config = loadConfig({
      VELTRIX_ADMIN_KEY: 'not-used-by-this-test',
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '6',
    });
    const [main, ledger, inventory] = await Promise.all(
      databases.map((name) => makeDataSource(config, name, 'test').initialize()),
    );
    if (main === undefined || ledger === undefined || inventory === undefined)
      throw new Error('There are three databases.');
    await main.query(
      `insert into ledger.assets (title, code, name, kind, scale, tradeable, version)
       values ($1, 'gold', 'Gold', 'currency', 0, true, 1)`,
      [title],
    );
    await main.query(`insert into inventory.items (title, code, name, tradeable) values ($1, 'sword', 'Sword', true)`, [
      title,
    ]);
    return new InterleavingWorld(
      [main, ledger, inventory],
      new LedgerService(ledger),
      new InventoryService(inventory),
      new DealsService(tradeKind, main, new DealMetrics(new Registry())),
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
    const items = plans.map(({ of, owned }, place) =>
      of === 'legs' ? undefined : owned ? swords.get(names[place]?.giver ?? '') : newId('ins'),
    );
    const minted = [
      ...[...swords].map(([owner, id]) => ({ id, owner: `player:${owner}` })),
      ...items.flatMap((id, place) =>
        id !== undefined && plans[place]?.owned === false ? { id, owner: 'player:somebody-else' } : [],
      ),
    ];
    const parties = names.map(({ payer, giver }, place): [Party, Party] => {
      const plan = plans[place] as DealPlan;
      const item = items[place];
      return [
        {
          player: payer,
          gives: { amounts: plan.of === 'items' ? [] : [{ asset: 'gold', amount: String(plan.amount) }], items: [] },
        },
        { player: giver, gives: { amounts: [], items: item === undefined ? [] : [item] } },
      ];
    });
    const [accepted] = await Promise.all([
      this.trades.accept(
        parties.map((both) => ({
          id: newId('trd'),
          workflowId: null,
          title,
          key: randomUUID(),
          fingerprint: Buffer.from('x'),
          parties: both,
          reference: null,
        })),
      ),
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
        minted.map(({ id, owner }) => ({
          title,
          key: `mint/${id}`,
          fingerprint: '',
          id,
          item: 'sword',
          owner,
          reason: 'test',
        })),
      ),
    ]);
    return accepted.map((outcome, place) => {
      const { payer, giver } = names[place] as (typeof names)[number];
      if (!('deal' in outcome)) throw new Error('The trade was not accepted.');
      return { plan: plans[place] as DealPlan, exchange: exchangeOf(outcome.deal), payer, giver, item: items[place] };
    });
  }

  /** One attempt of a step. What goes in and out is JSON, as it is on the way to a worker and back. */
  async attempt(step: StepName, list: readonly unknown[]): Promise<unknown[]> {
    const activity = this.activities[step] as (list: unknown) => Promise<Answers<{ id: string }>>;
    const answers = await activity(JSON.parse(JSON.stringify(list)));
    return expand(list as { id: string }[], JSON.parse(JSON.stringify(answers)) as Answers<{ id: string }>);
  }

  /** The exchange as the row says it, or undefined if the row is closed: what a sweep goes by. */
  async openExchange(id: string): Promise<Exchange | undefined> {
    const [row] = await this.sources[0].query<DealRow[]>(
      `select ${statements.columns} from trades.trades where id = $1 and closed_at is null`,
      [id.slice(4)],
    );
    return row && exchangeOf(statements.dealOf(row));
  }

  async look(deals: readonly Deal[]): Promise<Snapshot> {
    const players = deals.flatMap(({ payer, giver }) => [payer, giver]);
    const items = deals.flatMap(({ item }) => (item === undefined ? [] : item.slice(4)));
    const [found] = await this.sources[0].query<[Snapshot]>(snapshot, [
      deals.map(({ exchange }) => exchange.id.slice(4)),
      players,
      items,
    ]);
    return found;
  }

  /** What must be empty when all is quiet: assets that do not sum to zero, and holds that are open. */
  async imbalance(): Promise<unknown[]> {
    return this.sources[0].query<unknown[]>(
      `select asset as what from ledger.accounts group by title, asset having sum(credits_posted - debits_posted) <> 0
       union all select exchange from inventory.holds where state = 'held'`,
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.destroy()));
    await this.drop();
  }
}
