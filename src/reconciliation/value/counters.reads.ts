import type { Look, Reader } from '../checks.types.js';

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
export async function readProducts(
  { read, run }: Look,
  after: { title: string; product: string },
): Promise<{ title: string; product: string }[]> {
  const behind = (table: string, code: string): string => `(select title, ${code} as product from ${table}
    where (title, ${code}) > ($1::text, $2::text) and ($3::text is null or title = $3)
    order by title, ${code} limit ${productsOfPart})`;
  return read.main.query(
    `select title, product from (${behind('purchases.sales', 'product')} union ${behind('catalog.products', 'code')}) p
     order by title, product limit ${productsOfPart}`,
    [after.title, after.product, run.title],
  );
}

/** What is sold of products, beside the purchases that count and are not restocked. */
export async function readSold(
  main: Reader,
  products: readonly { title: string; product: string }[],
): Promise<Counted[]> {
  return main.query(
    `select k.title, 'sold' as of, k.product as subject, null as asset, coalesce(s.sold, 0)::text as said,
       b.counted::text
     from unnest($1::text[], $2::text[]) as k(title, product)
     left join purchases.sales s on s.title = k.title and s.product = k.product
     cross join lateral (
       select coalesce(sum(p.quantity), 0) as counted from purchases.purchases p
       where p.title = k.title and p.product = k.product and p.counts
         and not exists (select from purchases.restocked r where r.purchase = p.id)) b
     where coalesce(s.sold, 0) <> b.counted`,
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

/** What is counted of items, beside their instances and their open holds. It is one snapshot of all of them. */
export async function readItems({ read, run }: Pick<Look, 'read' | 'run'>): Promise<Counted[]> {
  return read.inventory.query(
    `with there as (
      select title, item, count(*) as minted, count(*) filter (where state = 'burned') as burned
      from inventory.instances where $1::text is null or title = $1 group by title, item),
    reserved as (
      select h.title, m->>'item' as item, count(*) as many
      from inventory.holds h, jsonb_array_elements(h.mints) m
      where h.state = 'held' and ($1::text is null or h.title = $1) group by 1, 2),
    tallied as (
      select title, item, sum(minted) as minted, sum(burned) as burned
      from inventory.tallies where $1::text is null or title = $1 group by title, item)
    select i.title, v.of, i.code as subject, i.code as asset, v.said::text, v.counted::text
    from inventory.items i
    left join there e on e.title = i.title and e.item = i.code
    left join reserved r on r.title = i.title and r.item = i.code
    left join tallied t on t.title = i.title and t.item = i.code
    cross join lateral (values
      ('issued', i.issued, case when i.minting_limit is null then 0 else coalesce(e.minted, 0) end),
      ('reserved', i.reserved, case when i.minting_limit is null then 0 else coalesce(r.many, 0) end),
      ('minted', coalesce(t.minted, 0), coalesce(e.minted, 0)),
      ('burned', coalesce(t.burned, 0), coalesce(e.burned, 0))) v(of, said, counted)
    where v.said <> v.counted and ($1::text is null or i.title = $1)
    order by i.title, i.code, v.of`,
    [run.title],
  );
}
