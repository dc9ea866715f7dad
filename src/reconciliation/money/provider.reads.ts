import type { Reader } from '../checks.types.js';
import type { ObjectName, RecordRow } from './provider-objects.types.js';

/* The records of providers, from their side. */

const columns = `o.title, o.provider, o.kind, o.id, o.body, o.about, o.made_at as at,
  o.before, o.before_at as "beforeAt",
  s.kind as source, i.id as "intentId", i.body as intent`;

const joins = `
  left join lateral (
    select s.kind, s.about from reconciliation.provider_objects s
    where o.kind = 'balance_transaction' and s.title = o.title and s.provider = o.provider and s.id = o.about
      and s.kind in ('charge', 'refund', 'dispute', 'payout') limit 1
  ) s on true
  left join reconciliation.provider_objects i
    on i.title = o.title and i.provider = o.provider and i.kind = 'payment_intent'
    and i.id = case o.kind when 'payment_intent' then o.id when 'balance_transaction' then s.about else o.about end`;

/** Records behind one in the order of their names. @param since only those that are new or have changed since then */
export function readRecords(
  main: Reader,
  after: ObjectName | null,
  { title, since, limit }: { title: string | null; since: Date | null; limit: number },
): Promise<RecordRow[]> {
  return main.query(
    `with page as materialized (
       select * from reconciliation.provider_objects
       where (title, provider, kind, id) > ($1, $2, $3, $4) and ($5::text is null or title = $5)
         and ($6::timestamptz is null or made_at >= $6 or changed_at >= $6)
       order by title, provider, kind, id limit $7
     )
     select ${columns} from page o ${joins} order by o.title, o.provider, o.kind, o.id`,
    [after?.title ?? '', after?.provider ?? '', after?.kind ?? '', after?.id ?? '', title, since, limit],
  );
}

/** Records by their names. */
export function readNamed(main: Reader, names: readonly ObjectName[]): Promise<RecordRow[]> {
  return main.query(
    `select ${columns} from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as g (title, provider, kind, id)
     join reconciliation.provider_objects o using (title, provider, kind, id) ${joins}`,
    [
      names.map(({ title }) => title),
      names.map(({ provider }) => provider),
      names.map(({ kind }) => kind),
      names.map(({ id }) => id),
    ],
  );
}

/** The payments that are known by their ids or by their intents. */
export function readKnown(
  payments: Reader,
  ids: readonly string[],
  intents: readonly { title: string; provider: string; id: string }[],
): Promise<{ id: string; title: string; reference: string | null }[]> {
  return payments.query(
    `select id, title, null as reference from payments.payments where id = any($1::text[])
     union all
     select p.id, p.title, p.reference from unnest($2::text[], $3::text[], $4::text[]) as g (title, provider, id)
     join payments.payments p on p.title = g.title and p.provider = g.provider and p.reference = g.id`,
    [ids, intents.map(({ title }) => title), intents.map(({ provider }) => provider), intents.map(({ id }) => id)],
  );
}
