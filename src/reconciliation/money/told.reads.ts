import type { Reader } from '../checks.types.js';

/* What is due, and calls whose end nobody knows. */

/** Something that is due since a moment. */
export interface DueRow {
  place: string;
  title: string;
  provider: string;
  subject: string;
  what: string;
  asset: string | null;
  amount: string | null;
  dueAt: Date;
}

const due = `
  select 'look:' || l.id as place, l.title, l.provider, coalesce(p.id, l.about) as subject,
    l.kind || ' ' || l.about || ' to be looked at' as what, null as asset, null as amount, l.due_at as "dueAt"
    from payments.outside_looks l left join payments.payments p
      on l.kind = 'intent' and p.title = l.title and p.provider = l.provider and p.reference = l.about
    where l.due_at <= $1
  union all
  select 'walk:' || title || '/' || provider, title, provider, title, 'walk through the account', null, null, due_at
    from payments.outside_walks where due_at <= $1
  union all
  select 'fee:' || id, title, provider, id, 'fee to be asked for', currency, captured::text, fee_due_at
    from payments.payments where fee_due_at <= $1
  union all
  select 'orphan:' || id, title, provider, payment, 'intent that no purchase takes', currency, captured::text, due_at
    from payments.orphans where due_at <= $1
  union all
  select 'refund:' || id, title, provider, id, 'refund to be looked at', currency, amount::text, due_at
    from payments.refunds where due_at <= $1
  union all
  select 'movement:' || id, title, provider, coalesce(payment, reference), kind || ' to be booked', currency,
    amount::text, booking_due_at
    from payments.outside_movements where booking_due_at <= $1`;

/** What is due until a moment, in the order of its places. @param places only these, or null for all behind `after` */
export function readDue(
  payments: Reader,
  now: Date,
  {
    after,
    places,
    title,
    limit,
  }: { after: string; places: readonly string[] | null; title: string | null; limit: number },
): Promise<DueRow[]> {
  return payments.query(
    `select * from (${due}) d where place collate "C" > $2 and ($3::text[] is null or place = any($3))
       and ($4::text is null or title = $4)
     order by place collate "C" limit $5`,
    [now, after, places, title, limit],
  );
}

/** A call whose end nobody knows. */
export interface UnknownRow {
  id: string;
  /** The refund or the purchase whose saga ends it. */
  subject: string;
  title: string;
  provider: string;
  kind: string;
  seq: number;
  currency: string;
  amount: string;
  firstSentAt: Date;
}

/**
 * The calls whose end nobody knows, and by which something may yet have been done. A later call of the same kind counts
 * in the place of one before. A call of what has ended since was looked up where that is what has ended it: an intent
 * that was searched for, an orphan that is back, a refund that was never made.
 */
export function readUnknown(
  payments: Reader,
  { after, ids, title, limit }: { after: string; ids: readonly string[] | null; title: string | null; limit: number },
): Promise<UnknownRow[]> {
  return payments.query(
    `select o.id::text, coalesce(o.refund, o.payment) as subject, p.title, p.provider, o.kind, o.seq, p.currency,
       coalesce(r.amount, p.amount)::text as amount, o.first_sent_at as "firstSentAt"
     from payments.operations o
     join payments.payments p on p.id = o.payment
     left join payments.refunds r on r.id = o.refund
     left join payments.orphans n on n.id = o.orphan
     where o.state = 'unknown' and o.id > $1 and ($2::bigint[] is null or o.id = any($2))
       and ($3::text is null or p.title = $3)
       and not exists (
         select from payments.operations l
         where l.payment = o.payment and l.refund is not distinct from o.refund and l.kind = o.kind
           and l.orphan is not distinct from o.orphan and l.seq > o.seq)
       and not (o.kind = 'create' and p.state = 'cancelled' and exists (
         select from payments.orphans s where s.payment = p.id and s.reference is null and s.looks > 0))
       and not (o.kind = 'refund' and r.state in ('failed', 'canceled'))
       and not (n.id is not null and (n.state in ('returned', 'taken') or n.state = 'watched' and n.looks > 0))
     order by o.id limit $4`,
    [after, ids, title, limit],
  );
}
