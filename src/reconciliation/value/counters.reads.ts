import type { Look, Reader, Snapshot } from '../checks.types.js';

/** A counter with what it says and what there is to count, as decimal strings. */
export interface Counted {
  title: string;
  /** What it counts. */
  of: string;
  /** The product, the purchase or the item. */
  subject: string;
  asset: string | null;
  said: string;
  counted: string;
}

/** How many products one part has. */
export const productsOfPart = 20;

/** The products behind one, which have been offered or sold. */
export async function readProducts({ read, run }: Look, after: Product): Promise<Product[]> {
  const behind = (table: string, code: string): string => `(select title, ${code} as product from ${table}
    where (title, ${code}) > ($1::text, $2::text) and ($3::text is null or title = $3)
    order by title, ${code} limit ${productsOfPart})`;
  return read.main.query(
    `select title, product from (${behind('purchases.sales', 'product')} union ${behind('catalog.products', 'code')}) p
     order by title, product limit ${productsOfPart}`,
    [after.title, after.product, run.title],
  );
}

/** How many purchases of a product one statement sums up. */
const purchasesOfSum = 10_000;

/** What is sold of products, beside the purchases that count and are not restocked. It is one snapshot of all. */
export async function readSold(main: Reader, products: readonly Product[], size = purchasesOfSum): Promise<Counted[]> {
  return main.inOneSnapshot(async (snapshot) => {
    const counted = new Map(products.map((product) => [keyOf(product), 0n]));
    let left: SoldPlace[] = products.map((product) => ({ ...product, ...newest }));
    while (left.length > 0) {
      const slices = await readSoldSlices(snapshot, left, size);
      for (const slice of slices) counted.set(keyOf(slice), (counted.get(keyOf(slice)) ?? 0n) + BigInt(slice.quantity));
      left = slices.filter(({ many }) => many === size);
    }
    return (await readSales(snapshot, products)).flatMap(({ title, product, sold }) => {
      const is = counted.get(keyOf({ title, product })) ?? 0n;
      if (BigInt(sold) === is) return [];
      return [{ title, of: 'sold', subject: product, asset: null, said: sold, counted: is.toString() }];
    });
  });
}

interface Product {
  title: string;
  product: string;
}

/** The purchase of a product behind which a slice begins, the newest first. */
interface SoldPlace extends Product {
  transaction: string;
  sequence: string;
}

/** The place before all purchases. */
const newest = { transaction: '18446744073709551615', sequence: '9223372036854775807' };

const keyOf = ({ title, product }: Product): string => `${title} ${product}`;

async function readSoldSlices(
  main: Snapshot,
  places: readonly SoldPlace[],
  size: number,
): Promise<(SoldPlace & { many: number; quantity: string })[]> {
  return main.query(
    `select k.title, k.product, s.*
     from unnest($1::text[], $2::text[], $3::xid8[], $4::bigint[]) as k(title, product, transaction, sequence)
     cross join lateral (
       select count(*)::int as many,
         (array_agg(transaction_id order by transaction_id, sequence))[1]::text as transaction,
         (array_agg(sequence order by transaction_id, sequence))[1]::text as sequence,
         coalesce(sum(quantity) filter (where counts and not exists (
           select from purchases.restocked r where r.purchase = id)), 0)::text as quantity
       from (
         select id, transaction_id, sequence, quantity, counts from purchases.purchases p
         where p.title = k.title and p.product = k.product
           and (p.transaction_id, p.sequence) < (k.transaction, k.sequence)
         order by p.transaction_id desc, p.sequence desc limit $5::int) p) s`,
    [
      ...(['title', 'product', 'transaction', 'sequence'] as const).map((part) => places.map((place) => place[part])),
      size,
    ],
  );
}

async function readSales(main: Snapshot, products: readonly Product[]): Promise<(Product & { sold: string })[]> {
  return main.query(
    `select k.title, k.product, coalesce(s.sold, 0)::text as sold
     from unnest($1::text[], $2::text[]) as k(title, product)
     left join purchases.sales s on s.title = k.title and s.product = k.product`,
    [products.map(({ title }) => title), products.map(({ product }) => product)],
  );
}

/** How many purchases one part has. */
export const purchasesOfPart = 1_000;

/** The purchases behind one that have refunds, or totals of refunds. */
export async function readRefunded({ read }: Look, after: string): Promise<string[]> {
  const behind = (table: string): string =>
    `(select distinct purchase from ${table} where purchase > $1::uuid order by purchase limit ${purchasesOfPart})`;
  const rows = await read.main.query<{ purchase: string }>(
    `select purchase from (${behind('refunds.totals')} union ${behind('refunds.refunds')}) p
     order by purchase limit ${purchasesOfPart}`,
    [after],
  );
  return rows.map(({ purchase }) => purchase);
}

/** The totals of purchases that are not what their refunds come to. */
export async function readTotals(
  { read, run }: Pick<Look, 'read' | 'run'>,
  purchases: readonly string[],
): Promise<Counted[]> {
  return read.main.query(
    `select p.title, c.of, 'pur_' || p.id as subject, coalesce(p.pay->>'currency', p.pay->>'asset') as asset,
       c.said::text, c.counted::text
     from unnest($1::uuid[]) as k(purchase)
     join purchases.purchases p on p.id = k.purchase and ($2::text is null or p.title = $2)
     left join refunds.totals t on t.purchase = p.id
     cross join lateral (
       select coalesce(sum(amount) filter (where closed_at is null and reverses is null), 0) as promised,
         coalesce(sum(amount) filter (where closed_at is null and reverses is not null), 0) as reversing,
         coalesce(sum(case when reverses is null then amount else -amount end)
           filter (where state = 'succeeded'), 0) as refunded
       from refunds.refunds r where r.purchase = p.id) r
     cross join lateral (values ('paid', t.paid, (p.pay->>'amount')::numeric), ('promised', t.promised, r.promised),
       ('refunded', t.refunded, r.refunded), ('reversing', t.reversing, r.reversing)) v(of, kept, counted)
     cross join lateral (select v.of, coalesce(v.kept, 0) as said, v.counted) c
     where c.said <> c.counted`,
    [purchases, run.title],
  );
}
