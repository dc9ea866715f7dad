import type { EntityManager } from 'typeorm';
import type { SaleVersion } from '../catalog/catalog.types.js';
import { lockedHow } from '../postgres/held-rows.js';
import { buyerKey, orderKey, type Bought } from './sales.rules.js';

/*
 * The counts of what is sold. The row of a product is the lock for all that is decided about it: its stock, and the
 * limits of its buyers. Rows are locked in one order for everybody.
 */

export interface Product {
  title: string;
  product: string;
}

/**
 * Makes the rows of products that have none. It comes before every lock: whoever holds locks waits for no new row, so
 * nobody waits in a circle.
 * @returns those that had none
 */
export async function makeSales(tx: EntityManager, products: readonly Product[]): Promise<Product[]> {
  return tx.query<Product[]>(
    `insert into purchases.sales (title, product)
     select title, product from unnest($1::text[], $2::text[]) as g (title, product)
     order by title collate "C", product collate "C" on conflict do nothing returning title, product`,
    parametersOf(products),
  );
}

/** Locks the rows of products: the titles are $1, the products $2. */
export const lockSalesText = `select title, product, sold from purchases.sales
  where (title, product) in (select * from unnest($1::text[], $2::text[]))
  order by title, product for no key update`;

/** Locks the rows of these products. */
export async function lockSales(tx: EntityManager, products: readonly Product[]): Promise<void> {
  await tx.query(lockSalesText, parametersOf(products));
}

/** Which of these products have rows that somebody holds now; see FindHeld. */
export async function findHeldSales(
  manager: EntityManager,
  products: readonly Product[],
  waits: boolean,
): Promise<Product[]> {
  return manager.query<Product[]>(
    `with free as (
       select title, product from purchases.sales
       where (title, product) in (select * from unnest($1::text[], $2::text[]))
       for no key update ${lockedHow(waits)})
     select title, product from purchases.sales
     where (title, product) in (select * from unnest($1::text[], $2::text[]))
     except select title, product from free`,
    parametersOf(products),
  );
}

/** Which of these purchases are of products whose rows somebody holds now; see FindHeld. */
export async function findPurchasesOfHeldSales(
  manager: EntityManager,
  uuids: readonly string[],
  waits: boolean,
): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `with wanted as (select id, title, product from purchases.purchases where id = any($1::uuid[])),
     free as (
       select title, product from purchases.sales where (title, product) in (select title, product from wanted)
       for no key update ${lockedHow(waits)})
     select w.id from wanted w join purchases.sales s using (title, product)
     where (w.title, w.product) not in (select title, product from free)`,
    [uuids],
  );
  return rows.map(({ id }) => id);
}

/** The titles and the names of products, as the statements here take them. */
export function parametersOf(products: readonly Product[]): [string[], string[]] {
  return [products.map(({ title }) => title), products.map(({ product }) => product)];
}

/** How many were sold of a product, and the time of this statement. It locks nothing. */
export async function readSold(
  manager: EntityManager,
  { title, product }: Product,
): Promise<{ now: Date; sold: number }> {
  const [row] = await manager.query<[{ now: Date; sold: string }]>(
    `select now() as now,
       coalesce((select sold from purchases.sales where title = $1 and product = $2), 0) as sold`,
    [title, product],
  );
  return { now: row.now, sold: Number(row.sold) };
}

/** Adds to what was sold: the titles are $1, the products $2, the quantities $3. */
export const addSoldText = `update purchases.sales s set sold = s.sold + g.quantity
  from (select title, product, sum(quantity) as quantity
    from unnest($1::text[], $2::text[], $3::bigint[]) as g (title, product, quantity) group by title, product) g
  where s.title = g.title and s.product = g.product`;

/** Adds to what was sold of products whose rows are locked. */
export async function addSold(tx: EntityManager, sold: readonly (Product & { quantity: number })[]): Promise<void> {
  if (sold.length > 0) await tx.query(addSoldText, soldParameters(sold));
}

/** The parameters of `addSoldText`. */
export function soldParameters(sold: readonly (Product & { quantity: number })[]): unknown[] {
  return [...parametersOf(sold), sold.map(({ quantity }) => quantity)];
}

/** The products and quantities of purchases. */
export async function readQuantities(
  tx: EntityManager,
  uuids: readonly string[],
): Promise<(Product & { quantity: number })[]> {
  const rows = await tx.query<(Product & { quantity: string })[]>(
    'select title, product, quantity from purchases.purchases where id = any($1::uuid[])',
    [uuids],
  );
  return rows.map((row) => ({ ...row, quantity: Number(row.quantity) }));
}

/** Has purchases count no more for the limits of their buyers. @returns those that have counted until now */
export async function markRestocked(tx: EntityManager, uuids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ purchase: string }[]>(
    `insert into purchases.restocked (purchase) select * from unnest($1::uuid[])
     on conflict do nothing returning purchase`,
    [uuids],
  );
  return rows.map(({ purchase }) => purchase);
}

/** Which of these keys stand for a purchase already, as `orderKey`. */
export async function readKept(
  tx: EntityManager,
  keys: readonly { title: string; key: string }[],
): Promise<Set<string>> {
  const rows = await tx.query<{ title: string; key: string }[]>(
    `select title, key from purchases.purchases
     where (title, key) in (select * from unnest($1::text[], $2::text[]))`,
    [keys.map(({ title }) => title), keys.map(({ key }) => key)],
  );
  return new Set(rows.map(orderKey));
}

/** The first moment of the period of UTC that now is in. */
const start = (period: 'day' | 'week' | 'month'): string => `date_trunc('${period}', now(), 'UTC')`;

/** A period of UTC that a purchase is in. An acceptance that waited past its end still belongs to it. */
const within = (period: 'day' | 'week' | 'month'): string =>
  `date_trunc('${period}', p.created_at, 'UTC') = ${start(period)}`;

/** A player who buys a product, and the limits of that. */
export interface Buyer extends Product {
  player: string;
  limits: SaleVersion['limits'];
}

/**
 * How many of a product players have bought, by `buyerKey`. What was refused or turned back does not count, and is not
 * read. What was refunded and restocked does not count either. Nothing is read of before the longest period that has a
 * limit, so the sums of longer ones say too little.
 */
export async function readBought(tx: EntityManager, buyers: readonly Buyer[]): Promise<Map<string, Bought>> {
  if (buyers.length === 0) return new Map();
  const rows = await tx.query<(Product & { player: string } & Record<keyof Bought, string>)[]>(
    `select g.title, g.product, g.player, coalesce(sum(p.quantity), 0) as ever,
       coalesce(sum(p.quantity) filter (where ${within('day')}), 0) as day,
       coalesce(sum(p.quantity) filter (where ${within('week')}), 0) as week,
       coalesce(sum(p.quantity) filter (where ${within('month')}), 0) as month
     from (select distinct *
       from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::boolean[])
       as g (title, product, player, ever, week, month)) g
     join purchases.purchases p on p.title = g.title and p.player = g.player and p.product = g.product and p.counts
       and p.created_at >= case when g.ever then '-infinity' else least(${start('day')},
         case when g.week then ${start('week')} end, case when g.month then ${start('month')} end) end
       and (select true from purchases.restocked r where r.purchase = p.id offset 0) is null
     group by g.title, g.product, g.player`,
    [
      ...parametersOf(buyers),
      buyers.map(({ player }) => player),
      buyers.map(({ limits }) => limits.perPlayer !== null),
      buyers.map(({ limits }) => limits.perPlayerAndWeek !== null),
      buyers.map(({ limits }) => limits.perPlayerAndMonth !== null),
    ],
  );
  return new Map(
    rows.map((row) => [
      buyerKey(row),
      { ever: Number(row.ever), day: Number(row.day), week: Number(row.week), month: Number(row.month) },
    ]),
  );
}
