import type { Reader } from '../checks.types.js';
import type { ObjectKind } from './provider-objects.types.js';
import type { PaymentRow, PurchaseRow } from './money-bundle.types.js';

/* What is read of purchases in real money, of many at once. */

/** A purchase with what only the reading of it needs. */
export interface DealRow extends PurchaseRow {
  transactionId: string;
  refunds: string[];
}

/** Purchases by their ids, in which `pur_` is left out, with the ids of their refunds. */
export function readPurchases(main: Reader, uuids: readonly string[]): Promise<DealRow[]> {
  return main.query(
    `select 'pur_' || p.id as id, p.title, p.player, p.state, p.created_at as "createdAt", p.closed_at as "closedAt",
       p.transaction_id::text as "transactionId",
       coalesce((select json_agg('rfd_' || r.id order by r.id) from refunds.refunds r
         where r.title = p.title and r.purchase = p.id), '[]') as refunds
     from purchases.purchases p where p.id = any($1::uuid[])`,
    [uuids],
  );
}

/** The states of the holds of exchanges. */
export function readHolds(inventory: Reader, exchanges: readonly string[]): Promise<{ id: string; state: string }[]> {
  return inventory.query('select exchange as id, state from inventory.holds where exchange = any($1::text[])', [
    exchanges,
  ]);
}

/**
 * Payments with all that is kept about them.
 * @param refunds the refunds that are known to be of them. Those that were sent are found as well
 */
export function readPayments(
  payments: Reader,
  ids: readonly string[],
  refunds: readonly string[],
): Promise<PaymentRow[]> {
  return payments.query(
    `with refunds as materialized (
       select r.id, r.payment, r.state, r.amount, r.currency, r.reference, r.updated_at
       from unnest($2::text[]) as g (id) join payments.refunds r using (id)
       union
       select r.id, r.payment, r.state, r.amount, r.currency, r.reference, r.updated_at
       from payments.operations o join payments.refunds r on r.id = o.refund
       where o.payment = any($1::text[]) and o.kind = 'refund'
     )
     select p.id, p.title, p.provider, p.currency, p.amount::text, p.state, p.reference, p.captured::text,
       p.capture_before as "captureBefore", p.created_at as "createdAt", p.updated_at as "updatedAt",
       (select max(greatest(o.first_sent_at, o.changed_at)) from payments.operations o
        where o.payment = p.id and o.kind = 'capture') as "captureAt",
       coalesce((select json_agg(json_build_object('id', r.id, 'state', r.state, 'amount', r.amount::text,
          'currency', r.currency, 'reference', r.reference, 'updatedAt', r.updated_at) order by r.id)
        from refunds r where r.payment = p.id), '[]') as refunds,
       coalesce((select json_agg(json_build_object('reference', o.reference, 'state', o.state) order by o.id)
        from payments.orphans o where o.payment = p.id), '[]') as orphans,
       coalesce((select json_agg(json_build_object('reference', d.reference, 'state', d.state,
          'updatedAt', d.updated_at) order by d.id)
        from payments.disputes d where d.payment = p.id), '[]') as disputes,
       coalesce((select json_agg(json_build_object('kind', m.kind, 'reference', m.reference) order by m.id)
        from payments.outside_movements m where m.payment = p.id), '[]') as movements
     from payments.payments p where p.id = any($1::text[]) order by p.id`,
    [ids, refunds],
  );
}

/** A record of a provider as it is stored. */
export interface ObjectRow {
  kind: ObjectKind;
  id: string;
  body: Record<string, unknown>;
  about: string | null;
  at: Date;
}

/** An account with what is looked for at it. */
export interface AskedAtProvider {
  title: string;
  provider: string;
  /** A purchase, or the id of an intent. */
  name: string;
}

/**
 * What providers have of purchases: the intents that name them or that they name, what is about those, and the
 * movements of that. What is about an intent is found where the intent itself is not there.
 */
export function readProvider(
  main: Reader,
  purchases: readonly AskedAtProvider[],
  intents: readonly AskedAtProvider[],
): Promise<(ObjectRow & { title: string; provider: string })[]> {
  const columns = (all: readonly AskedAtProvider[]): string[][] => [
    all.map(({ title }) => title),
    all.map(({ provider }) => provider),
    all.map(({ name }) => name),
  ];
  return main.query(
    `with intents as (
       select o.title, o.provider, o.id
       from unnest($1::text[], $2::text[], $3::text[]) as g (title, provider, name)
       join reconciliation.provider_objects o
         on o.title = g.title and o.provider = g.provider and o.purchase = g.name and o.kind = 'payment_intent'
       union
       select o.title, o.provider, o.id
       from unnest($4::text[], $5::text[], $6::text[]) as g (title, provider, name)
       join reconciliation.provider_objects o
         on o.title = g.title and o.provider = g.provider and o.kind = 'payment_intent' and o.id = g.name
     ), asked as (
       select title, provider, id from intents
       union
       select * from unnest($4::text[], $5::text[], $6::text[]) as g (title, provider, name)
     ), about as materialized (
       select o.* from asked i join reconciliation.provider_objects o
         on o.title = i.title and o.provider = i.provider and o.about = i.id
     ), moved as (
       select o.* from (select distinct title, provider, id from about) a join reconciliation.provider_objects o
         on o.title = a.title and o.provider = a.provider and o.about = a.id
     ), found as (
       select o.* from intents i join reconciliation.provider_objects o
         on o.title = i.title and o.provider = i.provider and o.kind = 'payment_intent' and o.id = i.id
       union all select * from about union all select * from moved
     )
     select title, provider, kind, id, body, about, greatest(made_at, changed_at) as at from found
     order by made_at, id`,
    [...columns(purchases), ...columns(intents)],
  );
}

/** A transfer that names a deal of a purchase, as it is stored. */
export interface TransferRow {
  id: string;
  title: string;
  reference: string;
  reason: string;
  key: string | null;
  at: Date;
  entries: { owner: string; asset: string; amount: string }[];
}

/**
 * The transfers that name deals, each with the key under which it is kept, where that is among the keys.
 * @param keys those that the deals may have
 */
export function readTransfers(
  ledger: Reader,
  named: readonly { title: string; reference: string }[],
  keys: readonly { title: string; key: string }[],
): Promise<TransferRow[]> {
  return ledger.query(
    `with named as materialized (
       select t.id, t.title, t.reference, t.reason, t.sequence, t.created_at
       from unnest($1::text[], $2::text[]) as g (title, reference)
       join ledger.transfers t on t.title = g.title and t.reference = g.reference
     ), kept as materialized (
       select o.transfer_id, o.key from unnest($3::text[], $4::text[]) as g (title, key)
       join ledger.outcomes o on o.title = g.title and o.key = g.key and o.state = 'posted'
     )
     select 'trf_' || n.id as id, n.title, n.reference, n.reason, n.created_at as at,
       (select min(k.key) from kept k where k.transfer_id = n.id) as key,
       (select json_agg(json_build_object('owner', a.owner, 'asset', a.asset, 'amount', e.amount::text))
        from ledger.entries e join ledger.accounts a on a.id = e.account_id
        where e.sequence = n.sequence and e.transfer_id = n.id) as entries
     from named n order by n.sequence`,
    [
      named.map(({ title }) => title),
      named.map(({ reference }) => reference),
      keys.map(({ title }) => title),
      keys.map(({ key }) => key),
    ],
  );
}

/** The accounts whose lists were all read whole in a run, each with the moment from which on. */
export function readWholeAccounts(
  main: Reader,
  run: string,
  lists: readonly string[],
): Promise<{ title: string; provider: string; from: Date | null }[]> {
  return main.query(
    `select title, provider, max(read_from) as "from" from reconciliation.provider_lists
     where run = $1 and state = 'whole' and list = any($2::text[])
     group by title, provider having count(*) = cardinality($2::text[])`,
    [run, lists],
  );
}
