import pg from 'pg';
import { readAccounts } from './account-books.js';
import { deals, millis } from './deal-query.js';
import { disagreements } from './disagreements.js';
import type { Price } from './products.js';
import { disputes, outsideMovements } from './outside-books.js';
import type { DisputeRow, OutsideRow, ProviderDisputeRow, ProviderMovementRow } from './outside-books.js';
import { debts, freezes, refunds } from './refund-books.js';
import type { DebtRow, FreezeRow, ProviderRefundRow, RefundRow } from './refund-books.js';

/** What was kept under a key of the ledger or of the inventory. */
export interface KeptRow {
  title: string;
  /** Of the ledger with the route before it, of the inventory with the command before it: `mint/<key>`. */
  key: string;
  /** `trf_…` or `ins_…`, where there is one. */
  id: string | null;
  /** The code of a refusal. */
  code: string | null;
}

export interface Leg {
  from: string;
  to: string;
  asset: string;
  amount: string;
}

export interface TransferRow {
  id: string;
  title: string;
  sequence: number;
  kind: string;
  reason: string;
  reference: string | null;
  reverses: string | null;
  legs: Leg[];
  /** How often the feed tells of it, with the legs that it has. */
  told: number;
}

export interface EntryRow {
  transfer: string;
  version: number;
  leg: number;
  amount: bigint;
  posted: bigint;
  available: bigint;
  /** Milliseconds since 1970. */
  at: number;
}

/** An account with its entries, by version. */
export interface AccountRow {
  title: string;
  owner: string;
  asset: string;
  posted: bigint;
  version: number;
  entries: EntryRow[];
}

export type Parties = { player: string; gives: { amounts: { asset: string; amount: string }[]; items: string[] } }[];

/** What the row of every deal says, and how often it is told. */
export interface AnyDealRow {
  id: string;
  title: string;
  key: string;
  state: string;
  code: string | null;
  reference: string | null;
  /** Milliseconds since 1970: when the transaction began that accepted it, and the one that closed it. */
  createdAt: number;
  closedAt: number;
  accepted: number;
  closed: number;
}

export interface TradeRow extends AnyDealRow {
  parties: Parties;
}

export interface PurchaseRow extends AnyDealRow {
  player: string;
  product: string;
  version: number;
  quantity: number;
  pay: Price;
  content: { amounts: { asset: string; amount: string }[]; items: { item: string; instances: string[] }[] };
}

export type DealRow = TradeRow | PurchaseRow | RefundRow;

/** What the row of a payment says, by the id of its purchase. */
export interface PaymentRow {
  id: string;
  state: string;
  /** The provider's id of its intent, where one was recorded. */
  reference: string | null;
  /** What has gone back of it. */
  returned: string;
  /** The keys of all calls that were written down for it. */
  keys: string[];
}

/** What the provider's own books say of an intent. */
export interface IntentRow {
  title: string;
  reference: string;
  status: string;
  amount: string;
  currency: string;
  captured: string;
  metadata: Record<string, string>;
}

/** What a call to the provider came to there. */
export interface CallRow {
  title: string;
  path: string;
  key: string | null;
  effect: string;
}

export interface ProviderBooks {
  intents: IntentRow[];
  refunds: ProviderRefundRow[];
  disputes: ProviderDisputeRow[];
  movements: ProviderMovementRow[];
  calls: CallRow[];
}

/** What is counted as sold of a product. */
export interface SalesRow {
  title: string;
  product: string;
  sold: number;
}

/** What is counted of an item; an unlimited one counts nothing. */
export interface ItemRow {
  title: string;
  item: string;
  limit: number | null;
  issued: number;
  reserved: number;
}

export interface MovementRow {
  version: number;
  kind: string;
  from: string | null;
  to: string | null;
  cause: string;
  at: number;
}

export interface InstanceRow {
  id: string;
  title: string;
  item: string;
  owner: string;
  state: string;
  serial: number | null;
  version: number;
  /** By version. */
  movements: MovementRow[];
}

/** Everything that the system says of itself in the end, and what in it does not agree with itself. */
export interface Books {
  transfers: TransferRow[];
  accounts: AccountRow[];
  transferOutcomes: KeptRow[];
  trades: TradeRow[];
  purchases: PurchaseRow[];
  refunds: RefundRow[];
  debts: DebtRow[];
  freezes: FreezeRow[];
  payments: PaymentRow[];
  /** What has moved at the provider without our asking, as it is kept. */
  outside: OutsideRow[];
  disputes: DisputeRow[];
  provider: ProviderBooks;
  sales: SalesRow[];
  items: ItemRow[];
  instances: InstanceRow[];
  issues: KeptRow[];
  /** How many deals each run was the last to be noted for, the largest first. */
  convoys: number[];
  /** One sentence for each disagreement. */
  disagreements: string[];
}

/** Pairs of entries, the taker's first, make the legs of a transfer. */
const transfers = `
  with made as (
    select e.sequence,
      json_agg(json_build_object('from', f.owner, 'to', g.owner, 'asset', g.asset, 'amount', e.amount::text)
        order by e.leg) as legs
    from ledger.entries e join ledger.entries d on d.sequence = e.sequence and d.leg = e.leg and d.amount < 0
    join ledger.accounts g on g.id = e.account_id join ledger.accounts f on f.id = d.account_id
    where e.amount > 0 group by e.sequence),
  told as (
    select subject, data->'legs' as legs, count(*)::int as told
    from ledger.facts where type = 'transfer.posted' group by 1, 2)
  select 'trf_' || t.id as id, t.title, t.sequence::float8 as sequence, t.kind, t.reason, t.reference,
    'trf_' || t.reverses as reverses, coalesce(made.legs, '[]') as legs, coalesce(told.told, 0) as told
  from ledger.transfers t left join made on made.sequence = t.sequence
  left join told on told.subject = 'trf_' || t.id and told.legs = made.legs::jsonb`;

const instances = `
  select 'ins_' || i.id as id, i.title, i.item, i.owner, i.state, i.serial, i.version::float8 as version,
    coalesce(m.movements, '[]') as movements
  from inventory.instances i left join (
    select instance, json_agg(json_build_object('version', version, 'kind', kind, 'from', from_owner, 'to', to_owner,
      'cause', cause, 'at', ${millis('created_at')}) order by version) as movements
    from inventory.movements group by instance) m on m.instance = i.id`;

/** Reads the books of a system that is at rest, beside those of its provider of payments. */
export async function readBooks(connectionString: string, provider: ProviderBooks): Promise<Books> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const rows = async <T extends pg.QueryResultRow>(sql: string): Promise<T[]> => (await client.query<T>(sql)).rows;
    const found: string[] = [];
    for (const [what, query] of disagreements) {
      found.push(...(await rows<{ where: string }>(query)).map(({ where }) => `${what}: ${where}`));
    }
    return {
      transfers: await rows<TransferRow>(transfers),
      accounts: await readAccounts(rows),
      transferOutcomes: await rows<KeptRow>(
        `select title, key, 'trf_' || transfer_id as id, cause_code as code from ledger.outcomes`,
      ),
      trades: await rows<TradeRow>(deals('trade', 'reference, parties')),
      purchases: await rows<PurchaseRow>(
        deals(
          'purchase',
          'reference, player, product, version::float8 as version, quantity::float8 as quantity, pay, content',
        ),
      ),
      refunds: await rows<RefundRow>(refunds),
      debts: await rows<DebtRow>(debts),
      freezes: await rows<FreezeRow>(freezes),
      payments: await rows<PaymentRow>(
        `select id, state, reference, returned::text as returned, coalesce(o.keys, '{}') as keys
         from payments.payments p left join (
           select payment, array_agg(key) as keys from payments.operations group by payment) o on o.payment = p.id`,
      ),
      outside: await rows<OutsideRow>(outsideMovements),
      disputes: await rows<DisputeRow>(disputes),
      provider,
      sales: await rows<SalesRow>('select title, product, sold::float8 as sold from purchases.sales'),
      items: await rows<ItemRow>(
        'select title, code as item, minting_limit as limit, issued, reserved from inventory.items',
      ),
      instances: await rows<InstanceRow>(instances),
      issues: await rows<KeptRow>(
        `select title, command || '/' || key as key, 'ins_' || instance as id, cause_code as code
         from inventory.outcomes`,
      ),
      convoys: (
        await rows<{ deals: number }>(
          `select count(*)::int as deals from (
             select workflow_id from trades.trades union all select workflow_id from purchases.purchases
             union all select workflow_id from refunds.refunds) d
           group by workflow_id order by 1 desc`,
        )
      ).map((run) => run.deals),
      disagreements: found,
    };
  } finally {
    await client.end();
  }
}
