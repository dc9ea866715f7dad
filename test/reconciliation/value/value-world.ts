import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { inventoryActivities } from '../../../activities/inventory.activities.js';
import { ledgerActivities } from '../../../activities/ledger.activities.js';
import { expand, type Closing } from '../../../contracts/answers.js';
import type { Exchange } from '../../../contracts/nouns.js';
import { DealMetrics } from '../../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../../src/exchanges/deals.service.js';
import type { DealRow } from '../../../src/exchanges/deals.types.js';
import { newId } from '../../../src/ids.js';
import { InventoryService } from '../../../src/inventory/inventory.service.js';
import { ItemsService } from '../../../src/inventory/items.service.js';
import { AssetsService } from '../../../src/ledger/assets.service.js';
import { LedgerService } from '../../../src/ledger/ledger.service.js';
import type { TransferElement } from '../../../src/ledger/ledger.types.js';
import { DealStatements } from '../../../src/exchanges/deals.statements.js';
import { purchaseKind } from '../../../src/purchases/purchase-kind.js';
import { refundKind } from '../../../src/refunds/refund-kind.js';
import { tradeKind } from '../../../src/trades/trade-kind.js';
import { hasItems, legsOf, pivotOf } from '../../../workflows/exchange.rules.js';
import type { Check, Finding, Look, Reader } from '../../../src/reconciliation/checks.types.js';
import { valueChecks } from '../../../src/reconciliation/value/value-checks.js';
import type { NewPurchase } from '../../../src/purchases/purchases.types.js';
import type { TradeTerms } from '../../../src/trades/trades.types.js';
import { title } from '../../purchases/store.js';
import { Till } from '../../refunds/till.js';
import { sessionReader } from '../session-reader.js';

const kinds = { trd: tradeKind, pur: purchaseKind, rfd: refundKind } as const;

/** What a run is like that is not said otherwise. */
const wholeRun: Look['run'] = { id: 'rec_test', kind: 'history', title: null, since: null };

/** The real services of deals, ledger and inventory on one database, and sagas that settle at once. */
export class ValueWorld {
  readonly trades: DealsService<TradeTerms>;
  readonly ledger: LedgerService;
  readonly inventory: InventoryService;
  readonly items: ItemsService;
  readonly assets: AssetsService;
  /** Asks the session, one statement after the other. */
  readonly session: Reader;

  private constructor(readonly till: Till) {
    const [source] = till.store.sources;
    this.trades = new DealsService(tradeKind, source, new DealMetrics(new Registry()));
    this.ledger = new LedgerService(source);
    this.inventory = new InventoryService(source);
    this.items = new ItemsService(source);
    this.assets = new AssetsService(source);
    this.session = sessionReader(async <Row>(sql: string, parameters: readonly unknown[] = []) => {
      const { rows } = await till.store.session.query(sql, [...parameters]);
      return rows as Row[];
    });
  }

  static async open(): Promise<ValueWorld> {
    const world = new ValueWorld(await Till.open());
    for (const code of ['gold', 'gem'])
      await world.assets.put({ title, code, name: code, kind: 'currency', scale: 0, tradeable: true });
    for (const [code, limit] of [
      ['sword', null],
      ['crown', 50],
    ] as const)
      await world.items.put({ title, code, name: code, tradeable: true, limit, retired: false });
    return world;
  }

  async close(): Promise<number> {
    return this.till.store.close();
  }

  async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> {
    return this.session.query<Row>(sql, parameters);
  }

  /** What a player is given by the mint, or what else is booked by hand. */
  async book(legs: TransferElement['legs'], rest: Partial<TransferElement> = {}): Promise<string> {
    const element: TransferElement = { title, key: randomUUID(), kind: 'transfer', legs, reason: 'test', ...rest };
    const [answer] = await this.ledger.transfer([element]);
    if (answer?.outcome !== 'posted') throw new Error(`It was not booked: ${JSON.stringify(answer)}`);
    return answer.transferId;
  }

  async grant(player: string, amount: bigint, asset = 'gold'): Promise<string> {
    return this.book([{ from: 'system:mint', to: `player:${player}`, asset, amount }]);
  }

  async mint(player: string, item = 'sword', reason = 'test'): Promise<string> {
    const id = newId('ins');
    const [outcome] = await this.inventory.mint([
      { title, key: id, fingerprint: 'f', id, item, owner: `player:${player}`, reason },
    ]);
    if (outcome?.outcome !== 'done') throw new Error(`It was not minted: ${JSON.stringify(outcome)}`);
    return id;
  }

  /** Accepts a trade by which ann gives gold and swords to bob. */
  async trade(gold: bigint, items: string[] = [], back: string[] = []): Promise<string> {
    const id = newId('trd');
    const amounts = gold > 0n ? [{ asset: 'gold', amount: String(gold) }] : [];
    const [outcome] = await this.trades.accept([
      {
        id,
        workflowId: null,
        title,
        key: id,
        fingerprint: Buffer.from('f'),
        parties: [
          { player: 'ann', gives: { amounts, items } },
          { player: 'bob', gives: { amounts: [], items: back } },
        ],
        reference: null,
      },
    ]);
    if (outcome?.outcome !== 'accepted') throw new Error('The trade was not accepted.');
    return id;
  }

  /** Makes a purchase by ann of gems and of so many items. @returns its id and that of its first instance */
  async purchase(
    over: Partial<NewPurchase> = {},
    item = 'sword',
    count = 1,
  ): Promise<{ id: string; instance: string }> {
    const instances = Array.from({ length: count }, () => newId('ins'));
    const items = count > 0 ? [{ item, instances }] : [];
    const content = { amounts: [{ asset: 'gem', amount: '5' }], items };
    return { id: await this.till.order({ content, ...over }), instance: instances[0] ?? '' };
  }

  /** What a saga is to settle for a deal. */
  async exchangeOf(id: string): Promise<Exchange> {
    const kind = kinds[id.slice(0, 3) as keyof typeof kinds];
    const statements = new DealStatements<never>(kind as never);
    const [row] = await this.query<DealRow>(`select ${statements.columns} from ${statements.table} where id = $1`, [
      id.slice(4),
    ]);
    if (row === undefined) throw new Error(`There is no ${id}.`);
    return (kind.exchangeOf as (deal: unknown) => Exchange)(statements.dealOf(row));
  }

  /** Settles a deal as its saga does; what is refused is turned back. @returns what its row says */
  async settle(id: string): Promise<Closing['state']> {
    const exchange = await this.exchangeOf(id);
    const [hold, ledger] = [inventoryActivities(this.inventory), ledgerActivities(this.ledger)];
    const { title: of, moves, mints } = exchange;
    const ref = { id, title: of };
    let missing: string[] = [];
    if (hasItems(exchange)) {
      const held = await hold.steps.inventoryHold([{ ...ref, moves, ...(mints && { mints }) }]);
      const [answer] = expand([ref], held);
      if (answer?.outcome === 'refused') return this.closeDeal({ id, state: 'refused', cause: answer.cause });
      missing = answer?.outcome === 'ok' ? (answer.missing ?? []) : [];
    }
    const move = async (): Promise<void> => {
      if (hasItems(exchange)) await hold.steps.inventoryMove([ref]);
    };
    const pivot = pivotOf(exchange);
    if (pivot === 'inventory') await move();
    const legs = legsOf(exchange, new Map([[id, missing]]));
    if (legs.length > 0) {
      const paid = pivot === 'ledger' ? {} : { paid: true as const };
      const { debit } = exchange;
      const [booked] = expand(
        [ref],
        await ledger.steps.ledgerTransfer([{ ...ref, legs, ...paid, ...(debit && { debit }) }]),
      );
      if (booked?.outcome === 'refused') {
        if (hasItems(exchange)) await hold.undo.inventoryRelease([{ ...ref, cause: booked.cause }]);
        return this.closeDeal({ id, state: 'refused', cause: booked.cause });
      }
    }
    if (pivot !== 'inventory') await move();
    return this.closeDeal({ id, state: 'settled' });
  }

  /** Gives up a deal before its pivot. */
  async giveUp(id: string, code: string): Promise<void> {
    const cause = { code, detail: 'So it was told.' };
    await this.closeDeal({ id, state: 'compensated', cause });
  }

  private async closeDeal(closing: Closing): Promise<Closing['state']> {
    const services = { trd: this.trades, pur: this.till.store.services[0], rfd: this.till.services[0] };
    await services[closing.id.slice(0, 3) as keyof typeof services].close([closing]);
    return closing.state;
  }

  /** Damages rows in a transaction without triggers, has a look at them, and undoes it all. */
  async damaged<T>(
    damage: readonly (readonly [sql: string, ...parameters: unknown[]])[],
    look: () => Promise<T>,
  ): Promise<T> {
    await this.query('begin');
    try {
      await this.query('set local session_replication_role = replica');
      for (const [sql, ...parameters] of damage) await this.query(sql, parameters);
      return await look();
    } finally {
      await this.query('rollback');
    }
  }

  /** With what checks look: all databases are one session. */
  look(run: Partial<Look['run']> = {}, now = new Date(), xmax = '9000000000000000000'): Look {
    const { session: reader } = this;
    const cut = { xmax, at: now };
    return {
      read: { main: reader, ledger: reader, inventory: reader, payments: reader },
      cut: { main: cut, ledger: cut, inventory: cut, payments: cut },
      run: { ...wholeRun, ...run },
      now,
    };
  }

  /** What the checks find that look at such runs, once it is found twice. What is within its time yet is left out. */
  async findings(look = this.look(), names?: readonly string[]): Promise<Finding[]> {
    const found: Finding[] = [];
    for (const check of valueChecks.filter(
      ({ kinds: of, name }) => of.includes(look.run.kind) && (names?.includes(name) ?? true),
    ))
      found.push(...(await foundTwice(check, look)));
    return found.filter(({ breaksAt }) => breaksAt === undefined || breaksAt <= look.now);
  }

  /** The same, as `type subject account asset amount`, each once. */
  async breaks(look = this.look(), names?: readonly string[]): Promise<string[]> {
    return [...new Set((await this.findings(look, names)).map(wordsOf))].sort();
  }
}

/** Walks a check to its end. */
export async function walk(check: Check, look: Look): Promise<Finding[]> {
  const found: Finding[] = [];
  for (let after: string | null = null, parts = 0; parts === 0 || after !== null; parts++) {
    const part = await check.look(look, after);
    found.push(...part.findings);
    if (part.next !== null && part.next === after) throw new Error(`${check.name} does not go on from ${after}.`);
    after = part.next;
  }
  return found;
}

async function foundTwice(check: Check, look: Look): Promise<Finding[]> {
  const found = await walk(check, look);
  if (found.length === 0) return [];
  const again = new Set((await check.again(look, [...new Set(found.map(({ place }) => place))])).map(wordsOf));
  const twice = found.filter((one) => again.has(wordsOf(one)));
  if (twice.length < found.length)
    throw new Error(`${check.name} finds ${found.map(wordsOf).join('; ')}, and again only ${[...again].join('; ')}`);
  return twice;
}

export function wordsOf({ type, subject, account = '-', asset = '-', amount }: Finding): string {
  return [type, subject, account, asset, amount ?? '-'].join(' ');
}
