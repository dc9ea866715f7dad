import type { EntityManager } from 'typeorm';
import { buyerKey, orderKey, productKey, type Bought } from './sales.rules.js';

/*
 * The counts of what is sold. The row of a product is the lock for all that is decided about it: its stock, and the
 * limits of its buyers. Rows are locked in one order for everybody.
 */

interface Product {
  title: string;
  product: string;
}

/**
 * Locks the rows of these products, and makes those that are not there.
 * @returns how many were sold, by `productKey`
 */
export async function lockSales(tx: EntityManager, products: readonly Product[]): Promise<Map<string, number>> {
  const locked = await lock(tx, products);
  const missing = products.filter((one) => !locked.has(productKey(one)));
  if (missing.length === 0) return locked;
  await tx.query(
    `insert into purchases.sales (title, product)
     select title, product from unnest($1::text[], $2::text[]) as g (title, product)
     order by title collate "C", product collate "C" on conflict do nothing`,
    parametersOf(missing),
  );
  return lock(tx, products);
}

async function lock(tx: EntityManager, products: readonly Product[]): Promise<Map<string, number>> {
  const rows = await tx.query<(Product & { sold: string })[]>(
    `select title, product, sold from purchases.sales
     where (title, product) in (select * from unnest($1::text[], $2::text[]))
     order by title, product for no key update`,
    parametersOf(products),
  );
  return new Map(rows.map((row) => [productKey(row), Number(row.sold)]));
}

function parametersOf(products: readonly Product[]): [string[], string[]] {
  return [products.map(({ title }) => title), products.map(({ product }) => product)];
}

/** Adds to what was sold of products whose rows are locked. */
export async function addSold(tx: EntityManager, sold: readonly (Product & { quantity: number })[]): Promise<void> {
  if (sold.length === 0) return;
  await tx.query(
    `update purchases.sales s set sold = s.sold + g.quantity
     from (select title, product, sum(quantity) as quantity
       from unnest($1::text[], $2::text[], $3::bigint[]) as g (title, product, quantity) group by title, product) g
     where s.title = g.title and s.product = g.product`,
    [...parametersOf(sold), sold.map(({ quantity }) => quantity)],
  );
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

/** The time of this transaction, which is when its purchases are accepted. */
export async function readNow(tx: EntityManager): Promise<Date> {
  const [row] = await tx.query<[{ now: Date }]>('select now() as now');
  return row.now;
}

/** A period of UTC that a moment is in. An acceptance that waited past its end still belongs to it. */
const within = (period: 'day' | 'week' | 'month'): string =>
  `date_trunc('${period}', p.created_at, 'UTC') = date_trunc('${period}', now(), 'UTC')`;

/** How many of a product players have bought, by `buyerKey`. What was refused or turned back does not count. */
export async function readBought(
  tx: EntityManager,
  buyers: readonly (Product & { player: string })[],
): Promise<Map<string, Bought>> {
  if (buyers.length === 0) return new Map();
  const rows = await tx.query<(Product & { player: string } & Record<keyof Bought, string>)[]>(
    `select g.title, g.product, g.player, coalesce(sum(p.quantity), 0) as ever,
       coalesce(sum(p.quantity) filter (where ${within('day')}), 0) as day,
       coalesce(sum(p.quantity) filter (where ${within('week')}), 0) as week,
       coalesce(sum(p.quantity) filter (where ${within('month')}), 0) as month
     from (select distinct * from unnest($1::text[], $2::text[], $3::text[]) as g (title, product, player)) g
     join purchases.purchases p on p.title = g.title and p.player = g.player and p.product = g.product
       and p.state not in ('refused', 'compensated')
     group by g.title, g.product, g.player`,
    [...parametersOf(buyers), buyers.map(({ player }) => player)],
  );
  return new Map(
    rows.map((row) => [
      buyerKey(row),
      { ever: Number(row.ever), day: Number(row.day), week: Number(row.week), month: Number(row.month) },
    ]),
  );
}
