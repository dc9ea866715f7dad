import pg from 'pg';
import type { MoneyWayName } from '../driver/orders.js';
import { packPrice } from '../driver/pack.js';
import { providerBooks, type Money } from '../system/money.js';

/** What the provider owes by the ledger, with what it has kept of it as its fee. */
const clearing = `select coalesce(sum(debits_posted - credits_posted), 0)::text as owed from ledger.accounts
  where asset = 'EUR' and owner = 'system:mint'`;

/** What was paid for and what was granted, by the books of each way. */
const granted = {
  money: `select count(*)::int as paid, (select count(*)::int from inventory.movements where kind = 'mint' and cause in
      (select 'pur_' || id from purchases.purchases where pay ? 'currency')) as granted
    from purchases.purchases where pay ? 'currency' and state = 'completed'`,
  'usual-purchase': `select
      (select count(*)::int from ledger.entries e join ledger.accounts a on a.id = e.account_id
       where a.owner = 'system:clearing:stripe' and e.amount > 0) as paid,
      (select count(*)::int from inventory.movements where kind = 'mint' and cause = 'usual purchase') as granted`,
};

/**
 * Compares the provider's books with those of a way that is at rest: what was captured is what the provider owes, and
 * each purchase that was captured is completed and has granted one item. @returns a sentence for each that is not so
 */
export async function moneyDisagreements(money: Money, way: MoneyWayName, url: string): Promise<string[]> {
  const provider = await providerBooks(money, way);
  const { owed } = await one<{ owed: string }>(url, clearing);
  const { paid, granted: grants } = await one<{ paid: number; granted: number }>(url, granted[way]);
  const wrong: string[] = [];
  if (BigInt(owed) !== provider.captured)
    wrong.push(`the provider has captured ${provider.captured} and the ledger says ${owed}`);
  if (paid !== provider.payments) wrong.push(`${provider.payments} payments are captured and ${paid} are completed`);
  if (grants !== paid) wrong.push(`${paid} purchases are completed and ${grants} items were granted`);
  return wrong;
}

/** How many purchases in real money Veltrix has completed. */
export async function completedPurchases(url: string): Promise<number> {
  return (await one<{ paid: number }>(url, granted.money)).paid;
}

/** What the service that calls the provider inside the request has done. */
export interface InsideBooks {
  pending: number;
  paid: number;
  disagreements: string[];
}

/** Reads its books, and compares them with the provider's. */
export async function readInsideBooks(money: Money): Promise<InsideBooks> {
  const { pending, paid, grants } = await one<{ pending: number; paid: number; grants: number }>(
    money.insideDatabase,
    `select count(*) filter (where state = 'pending')::int as pending,
       count(*) filter (where state = 'paid')::int as paid,
       (select count(*)::int from granted) as grants from orders`,
  );
  const provider = await providerBooks(money, 'inside-the-request');
  const disagreements: string[] = [];
  if (provider.payments !== paid)
    disagreements.push(`${provider.payments} payments are captured and ${paid} orders are paid`);
  if (provider.captured !== BigInt(paid * packPrice))
    disagreements.push(`the provider has captured ${provider.captured} for ${paid} orders`);
  if (grants !== paid) disagreements.push(`${paid} orders are paid and ${grants} have granted an item`);
  return { pending, paid, disagreements };
}

async function one<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows[0] as Row;
  } finally {
    await client.end();
  }
}
