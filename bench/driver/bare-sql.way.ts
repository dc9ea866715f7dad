import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { price, type DrawnTrade } from './deck.js';
import type { DriverTargets } from './orders.js';
import type { TradeEnd, Way } from './way.js';

/** The statements by their names, so that PostgreSQL plans each once per connection. */
const record = {
  name: 'record',
  text: `insert into trades (id, key, player_a, player_b, item, price) values ($1, $2, $3, $4, $5, $6)
    on conflict (key) do nothing`,
};
const lock = {
  name: 'lock',
  text: 'select owner, balance from accounts where owner in ($1, $2) order by owner for no key update',
};
const settle = {
  name: 'settle',
  text: `with moved as (
      update items set owner = $2, version = version + 1 where id = $5 and owner = $3 returning id, version),
    noted as (
      insert into movements (item, version, trade, from_owner, to_owner)
      select id, version, $1::uuid, $3, $2 from moved),
    changed as (
      update accounts set balance = balance + case owner when $2 then -$4::bigint else $4::bigint end,
        version = version + 1
      where owner in ($2, $3) and exists (select from moved) returning owner, version, balance)
    insert into entries (account, version, trade, amount, balance)
    select owner, version, $1::uuid, case owner when $2 then -$4::bigint else $4::bigint end, balance from changed`,
};

/**
 * What somebody would write who needs neither an API nor a workflow nor events: one transaction for each trade on plain
 * tables, called as a function.
 */
export class BareSqlWay implements Way {
  readonly repeated: Record<string, number> = {};
  private readonly pool: pg.Pool;

  constructor(targets: DriverTargets, inFlight: number) {
    this.pool = new pg.Pool({ connectionString: targets.bareUrl, max: inFlight });
  }

  settle(trade: DrawnTrade): Promise<TradeEnd> {
    return settleBare(this.pool, trade);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** Carries a trade in one transaction. */
export async function settleBare(pool: pg.Pool, { key, a, b, item: instance }: DrawnTrade): Promise<TradeEnd> {
  const id = randomUUID();
  const item = instance.slice('ins_'.length);
  const client = await pool.connect();
  try {
    await client.query('begin');
    const recorded = await client.query({ ...record, values: [id, key, a, b, item, price] });
    const locked = await client.query<{ owner: string; balance: string }>({ ...lock, values: [a, b] });
    const payer = locked.rows.find(({ owner }) => owner === a);
    const may =
      recorded.rowCount === 1 && locked.rowCount === 2 && payer !== undefined && BigInt(payer.balance) >= price;
    const done = may && (await client.query({ ...settle, values: [id, a, b, price, item] })).rowCount === 2;
    await client.query(done ? 'commit' : 'rollback');
    return { state: done ? 'settled' : 'refused' };
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
