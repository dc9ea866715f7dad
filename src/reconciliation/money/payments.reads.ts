import type { Reader } from '../checks.types.js';
import { smallestUuid } from './smallest-id.rules.js';

/* Which payments a run looks at, in the order of their ids. */

/** What of the payments is looked at. */
export interface PaymentsAsked {
  /** The id that the next part begins behind. */
  after: string;
  title: string | null;
  limit: number;
}

/** The payments behind an id. @param from the least id, or null for any */
export async function readIds(
  payments: Reader,
  { after, title, limit }: PaymentsAsked,
  from: string | null,
): Promise<string[]> {
  const rows = await payments.query<{ id: string }>(
    `select id from payments.payments
     where id > $1 and id >= $2 and ($3::text is null or title = $3) order by id limit $4`,
    [after, from ?? '', title, limit],
  );
  return rows.map(({ id }) => id);
}

/** The purchases that go on. Those that are paid with something else have no payment. */
export async function readOpen(main: Reader, { after, title, limit }: PaymentsAsked): Promise<string[]> {
  const rows = await main.query<{ id: string }>(
    `select id from (
       select 'pur_' || p.id as id from purchases.open o join purchases.purchases p on p.id = o.id
       where ($2::text is null or p.title = $2)
     ) s where id collate "C" > $1 order by id collate "C" limit $3`,
    [after, title, limit],
  );
  return rows.map(({ id }) => id);
}

/** The purchases in real money that were accepted before a moment, and closed since then. */
export async function readClosedLate(
  main: Reader,
  { after, title, limit }: PaymentsAsked,
  since: Date,
): Promise<string[]> {
  const rows = await main.query<{ id: string }>(
    `with late as materialized (
       select 'pur_' || id as id from purchases.purchases
       where closed_at >= $4 and (id < $5::uuid) is true and pay ? 'currency' and ($2::text is null or title = $2))
     select id from late where id collate "C" > $1 order by id collate "C" limit $3`,
    [after, title, limit, since, smallestUuid(since)],
  );
  return rows.map(({ id }) => id);
}

/** The purchases about which providers have told something since a moment. */
export async function readTouched(
  main: Reader,
  { after, title, limit }: PaymentsAsked,
  since: Date,
): Promise<string[]> {
  const rows = await main.query<{ id: string }>(
    `with told as (
       select * from reconciliation.provider_objects where made_at >= $4 and ($2::text is null or title = $2)
       union
       select * from reconciliation.provider_objects where changed_at >= $4 and ($2::text is null or title = $2)
     )
     select distinct coalesce(i.purchase, t.purchase) as id
     from told t
     -- A movement on the balance is about a charge, a refund or a dispute, and that about an intent.
     left join reconciliation.provider_objects o
       on o.title = t.title and o.provider = t.provider and o.kind in ('charge', 'refund', 'dispute')
         and o.id = t.about and t.kind = 'balance_transaction'
     left join reconciliation.provider_objects i
       on i.title = t.title and i.provider = t.provider and i.kind = 'payment_intent'
         and i.id = coalesce(o.about, t.about)
     where coalesce(i.purchase, t.purchase) > $1 order by id limit $3`,
    [after, title, limit, since],
  );
  return rows.map(({ id }) => id);
}

/** The payments of which refunds were made, by the least id of a refund. */
export async function readRefunded(
  payments: Reader,
  { after, title, limit }: PaymentsAsked,
  from: string,
): Promise<string[]> {
  const rows = await payments.query<{ id: string }>(
    `select distinct payment as id from payments.refunds
     where id >= $4 and payment > $1 and ($2::text is null or title = $2) order by payment limit $3`,
    [after, title, limit, from],
  );
  return rows.map(({ id }) => id);
}
