import pg from 'pg';
import type { Holding } from '../driver/deck.js';
import { hasBuyers, type WayName } from '../driver/orders.js';
import { gold } from './world.js';

/** What the database of a way says after a run. */
export interface Books {
  settled: number;
  /** Bytes of the database on disk, indexes included. */
  bytes: number;
  /** One sentence for each thing that does not hold. */
  disagreements: string[];
}

/** Each query answers how many rows contradict what it is named for. */
const ofVeltrix: [what: string, query: string][] = [
  [
    'assets do not sum to zero',
    `select count(*) from (
     select from ledger.accounts
     group by title, asset having sum(credits_posted - debits_posted) <> 0) wrong`,
  ],
  [
    'accounts are not the sum of their entries',
    `select count(*) from (
     select from ledger.accounts a join ledger.entries e on e.account_id = a.id
     group by a.id having sum(e.amount) <> a.credits_posted - a.debits_posted or count(*) <> a.version) wrong`,
  ],
  ['holds are open', "select count(*) from inventory.holds where state = 'held'"],
  ['instances have no owner of their own', "select count(*) from inventory.instances where state <> 'owned'"],
  [
    'instances and their last movements differ',
    `select count(*) from inventory.instances i
     left join inventory.movements m on m.instance = i.id and m.version = i.version
     where m.to_owner is distinct from i.owner`,
  ],
  ['trades are open', 'select count(*) from trades.trades where closed_at is null'],
];

/** What must hold of what the store has sold. */
const ofStore: [what: string, query: string][] = [
  ['purchases are open', 'select count(*) from purchases.purchases where closed_at is null'],
  [
    'products have sold more or less than was bought',
    `select count(*) from purchases.sales s
     where sold <> (select coalesce(sum(quantity), 0) from purchases.purchases p
       where (p.title, p.product) = (s.title, s.product) and p.state = 'completed')`,
  ],
  [
    'purchases have no instance of theirs, or one that is not theirs',
    `select count(*) from purchases.purchases p
     cross join lateral jsonb_array_elements(p.content->'items') i
     cross join lateral jsonb_array_elements_text(i->'instances') made
     left join inventory.movements m on m.instance = substr(made, 5)::uuid and m.version = 1
     where (p.state = 'completed') <> (m.cause is not distinct from 'pur_' || p.id)`,
  ],
];

const ofBareSql: [what: string, query: string][] = [
  [
    'accounts are not the sum of their entries',
    `select count(*) from (
     select from accounts a join entries e on e.account = a.owner
     group by a.owner having sum(e.amount) <> a.balance - ${gold} or count(*) <> a.version) wrong`,
  ],
  [
    'items and their last movements differ',
    `select count(*) from items i
     left join movements m on m.item = i.id and m.version = i.version
     where i.version > 1 and m.to_owner is distinct from i.owner`,
  ],
];

const allGold = {
  // What buyers have paid is the store's.
  veltrix: `select coalesce(sum(credits_posted - debits_posted), 0) from ledger.accounts
    where asset = 'gold' and (owner like 'player:%' or owner = 'system:store')`,
  bareSql: 'select sum(balance) from accounts',
};
const allItems = {
  veltrix: "select count(*) from inventory.movements where kind = 'mint' and cause = 'benchmark'",
  bareSql: 'select count(*) from items',
};
const allSettled = {
  veltrix: `select (select count(*) from trades.trades where state = 'settled')
    + (select count(*) from purchases.purchases where state = 'completed')
    + (select count(*) from inventory.movements where kind = 'mint' and cause = 'usual purchase')`,
  bareSql: 'select count(*) from trades',
};
const allOwners = {
  veltrix: `select substr(owner, 8) as player, 'ins_' || id as item from inventory.instances
    where state = 'owned' order by id`,
  bareSql: `select owner as player, 'ins_' || id as item from items order by id`,
};

/** Reads the books of a way that is at rest, and compares them with how many items and how much gold there must be. */
export async function readBooks(way: WayName, url: string, wanted: { players: number; items: number }): Promise<Books> {
  const side = way === 'bare-sql' ? 'bareSql' : 'veltrix';
  return connected(url, async (client) => {
    const value = async (sql: string): Promise<bigint> =>
      BigInt((await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows[0]?.[0] as string);
    const disagreements: string[] = [];
    for (const [what, query] of way === 'bare-sql' ? ofBareSql : [...ofVeltrix, ...ofStore]) {
      const wrong = await value(query);
      if (wrong > 0n) disagreements.push(`${wrong} ${what}`);
    }
    const [foundGold, wantedGold] = [await value(allGold[side]), gold * BigInt(wanted.players)];
    if (foundGold !== wantedGold) disagreements.push(`the players have ${foundGold} gold and must have ${wantedGold}`);
    const items = Number(await value(allItems[side]));
    if (items !== wanted.items) disagreements.push(`there are ${items} items and must be ${wanted.items}`);
    const bytes = await value('select pg_database_size(current_database())');
    return { settled: Number(await value(allSettled[side])), bytes: Number(bytes), disagreements };
  });
}

/** Who owns what, before a run. A buyer needs nothing. */
export async function readHoldings(way: WayName, url: string): Promise<Holding[]> {
  if (hasBuyers(way)) return [];
  const query = allOwners[way === 'bare-sql' ? 'bareSql' : 'veltrix'];
  return connected(url, async (client) => (await client.query<Holding>(query)).rows);
}

/**
 * Waits until no deal is open any more, as long as it may take a sweep to find them. @returns whether that came to be
 */
export async function untilAtRest(way: WayName, url: string, boundMs: number): Promise<boolean> {
  if (way === 'bare-sql') return true;
  return connected(url, async (client) => {
    for (const deadline = Date.now() + boundMs; ;) {
      const { rows } = await client.query<{ open: number }>(
        `select ((select count(*) from trades.open) + (select count(*) from purchases.open))::int as open`,
      );
      if (rows[0]?.open === 0) return true;
      if (Date.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
