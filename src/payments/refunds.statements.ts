import type { DataSource, EntityManager } from 'typeorm';
import { outboxInsert, outboxParameter, type Fact } from '../events/outbox.js';
import { lockedHow } from '../postgres/held-rows.js';
import type { NamedRefund } from './inbox.types.js';
import { findHeldPayments } from './payments.statements.js';
import { refundOf, type RefundRow } from './refunds.rows.js';
import type { RefundCall, RefundElement, StoredRefund } from './refunds.types.js';

/* The rows of refunds and of their calls. The row of the payment is locked before those of its refunds. */

/** Locks the payments of refunds, makes the rows of refunds that have none yet, and locks those. */
export async function lockRefunds(tx: EntityManager, refunds: readonly RefundElement[]): Promise<void> {
  await lockPaymentsOf(
    tx,
    refunds.map(({ purchase }) => purchase),
  );
  await tx.query(
    `insert into payments.refunds (id, payment, title, provider, currency, amount)
     select id, payment, title, provider, currency, amount from json_to_recordset($1::json)
       as g (id text, payment text, title text, provider text, currency text, amount bigint)
     order by id collate "C" on conflict (id) do nothing`,
    [
      JSON.stringify(
        refunds.map(({ id, purchase, title, provider, currency, amount }) => ({
          id,
          payment: purchase,
          title,
          provider,
          currency,
          amount: String(amount),
        })),
      ),
    ],
  );
  await lockRows(
    tx,
    refunds.map(({ id }) => id),
  );
}

/** Locks refunds that there are, after their payments. */
export async function lockKnownRefunds(tx: EntityManager, refunds: readonly StoredRefund[]): Promise<void> {
  await lockPaymentsOf(
    tx,
    refunds.map(({ purchase }) => purchase),
  );
  await lockRows(
    tx,
    refunds.map(({ id }) => id),
  );
}

/** Which of these refunds and payments, by their ids, have rows that somebody holds now; see FindHeld. */
export async function findHeldRefunds(
  manager: EntityManager,
  ids: readonly string[],
  waits: boolean,
): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `with free as (
       select id from payments.refunds where id = any($1::text[]) for no key update ${lockedHow(waits)})
     select id from payments.refunds where id = any($1::text[]) except select id from free`,
    [ids],
  );
  return [...(await findHeldPayments(manager, ids, waits)), ...rows.map(({ id }) => id)];
}

async function lockPaymentsOf(tx: EntityManager, purchases: readonly string[]): Promise<void> {
  await tx.query('select 1 from payments.payments where id = any($1::text[]) order by id for no key update', [
    purchases,
  ]);
}

async function lockRows(tx: EntityManager, ids: readonly string[]): Promise<void> {
  await tx.query('select 1 from payments.refunds where id = any($1::text[]) order by id for no key update', [ids]);
}

/** @returns the refunds that have these ids, by their ids, and the time of the database */
export async function readRefunds(
  manager: EntityManager,
  ids: readonly string[],
): Promise<{ now: Date; refunds: Map<string, StoredRefund> }> {
  const rows = await manager.query<RefundRow[]>(
    `select r.*, p.reference as payment_reference, p.currency as payment_currency, p.captured as payment_captured,
       p.returned as payment_returned, clock_timestamp() as now, o.call
     from payments.refunds r
     left join payments.payments p on p.id = r.payment and p.title = r.title and p.provider = r.provider
     left join lateral (
       select to_json(last) as call from (
         select seq, key, body, state, attempts, stored_error, evidence, first_sent_at, changed_at
         from payments.operations where payment = r.payment and refund = r.id order by seq desc limit 1
       ) last
     ) o on true
     where r.id = any($1::text[]) order by r.id`,
    [ids],
  );
  return { now: rows[0]?.now ?? new Date(0), refunds: new Map(rows.map((row) => [row.id, refundOf(row)])) };
}

/** Writes refunds that are locked. Those that have succeeded move what was returned of their payments, and are told. */
export async function writeRefunds(
  tx: EntityManager,
  changed: readonly { before: StoredRefund; refund: StoredRefund }[],
): Promise<void> {
  if (changed.length === 0) return;
  const returned = changed.filter(
    ({ before, refund }) => before.state !== refund.state && refund.state === 'succeeded',
  );
  await tx.query(
    `with written as (
       update payments.refunds r
       set state = g.state, reference = g.reference, reason = g.reason, turned_back_code = g.turned_back_code,
         turned_back_detail = g.turned_back_detail, parked_code = g.parked_code, parked_detail = g.parked_detail,
         evidence = g.evidence, looks = g.looks, due_at = g.due_at, updated_at = now()
       from json_to_recordset($1::json) as g (id text, state text, reference text, reason text, turned_back_code text,
         turned_back_detail text, parked_code text, parked_detail text, evidence json, looks int, due_at timestamptz)
       where r.id = g.id
     ), moved as (
       update payments.payments p set returned = p.returned + g.amount, updated_at = now()
       from (select payment, sum(amount) as amount from unnest($2::text[], $3::bigint[]) as s (payment, amount)
         group by payment) g
       where p.id = g.payment
     )
     ${outboxInsert('payments', 4)}`,
    [
      JSON.stringify(changed.map(({ refund }) => rowOf(refund))),
      returned.map(({ refund }) => refund.purchase),
      returned.map(({ refund }) => String(refund.amount)),
      outboxParameter(returned.map(({ refund }) => factOf(refund))),
    ],
  );
}

function rowOf(refund: StoredRefund): Record<string, unknown> {
  return {
    id: refund.id,
    state: refund.state,
    reference: refund.reference,
    reason: refund.reason,
    turned_back_code: refund.turnedBack?.code ?? null,
    turned_back_detail: refund.turnedBack?.detail ?? null,
    parked_code: refund.parked?.code ?? null,
    parked_detail: refund.parked?.detail ?? null,
    evidence: refund.evidence,
    looks: refund.looks,
    due_at: refund.dueAt,
  };
}

function factOf({ id, title, purchase, provider, reference, currency, amount }: StoredRefund): Fact {
  const data = { refund: id, provider, reference, currency, amount: String(amount) };
  return { title, type: 'payment.returned', subject: purchase, data };
}

/**
 * Writes calls: those of a new key are inserted, and what has become of the others is set. Where a later one of a
 * refund is written, what is unknown of the earlier ones is resolved: it was decided that they have done nothing. The
 * time is that of the writing. The transaction may have begun before a list that says nothing about the calls.
 */
export async function writeRefundCalls(
  tx: EntityManager,
  calls: readonly { refund: StoredRefund; call: RefundCall }[],
): Promise<void> {
  if (calls.length === 0) return;
  await tx.query(
    `with written as (
       select * from json_to_recordset($1::json) as g (payment text, refund text, seq int, key text, body json,
         state text, attempts int, stored_error boolean, evidence json)
     ), ended as (
       update payments.operations o set state = 'resolved', changed_at = clock_timestamp() from written w
       where o.payment = w.payment and o.refund = w.refund and o.seq < w.seq and o.state in ('unknown', 'sent')
     )
     insert into payments.operations (payment, refund, kind, seq, key, body, state, attempts, stored_error, evidence,
       changed_at)
     select payment, refund, 'refund', seq, key, body, state, attempts, stored_error, evidence, clock_timestamp()
     from written
     order by key collate "C"
     on conflict (key) do update set state = excluded.state, attempts = excluded.attempts,
       stored_error = excluded.stored_error, evidence = excluded.evidence, changed_at = excluded.changed_at`,
    [
      JSON.stringify(
        calls.map(({ refund, call }) => ({
          payment: refund.purchase,
          refund: refund.id,
          seq: call.seq,
          key: call.key,
          body: call.body,
          state: call.state,
          attempts: call.attempts,
          stored_error: call.storedError,
          evidence: call.evidence,
        })),
      ),
    ],
  );
}

/**
 * Takes refunds that have succeeded and are due for a look. Nobody else does for three minutes.
 * @returns their ids
 */
export async function takeRefundsDue(manager: EntityManager, limit: number): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `with due as (
       select id from payments.refunds where due_at <= now() order by due_at limit $1 for no key update skip locked
     ), taken as (
       update payments.refunds r set due_at = now() + interval '3 minutes' from due where r.id = due.id returning r.id
     )
     select id from taken order by id`,
    [limit],
  );
  return rows.map(({ id }) => id);
}

/**
 * Has refunds looked at of which a provider has told something: those that have succeeded at once, and the others by
 * whoever works on them.
 * @returns those that are ours, with our id of each, and whether it is one of those others. `isHeld` says that somebody
 *   holds its row, which nobody has waited for, so that it has to be told again
 */
export async function wakeRefunds(
  tx: EntityManager,
  named: readonly NamedRefund[],
): Promise<(NamedRefund & { id: string; isOpen: boolean; isHeld: boolean })[]> {
  return tx.query(
    `with named as (
       select distinct r.id, r.state, r.title, r.provider, r.reference from payments.refunds r
       join json_to_recordset($1::json) as g (title text, provider text, refund text)
         on r.title = g.title and r.provider = g.provider and r.reference = g.refund
     ), told as (
       select id, state from payments.refunds where id in (select id from named)
       order by id for no key update skip locked
     ), due as (
       update payments.refunds r set due_at = now(), looks = 0 from told where r.id = told.id and r.state = 'succeeded'
     )
     select n.id, coalesce(t.state, n.state) <> 'succeeded' as "isOpen", t.id is null as "isHeld", n.title, n.provider,
       n.reference as refund
     from named n left join told t using (id) order by n.id`,
    [JSON.stringify(named)],
  );
}

/** How many refunds wait for a person: those that are not ended, and those that have come back to the provider. */
export async function countParkedRefunds(dataSource: DataSource): Promise<{ open: number; reversed: number }> {
  const [row] = await dataSource.query<{ open: number; reversed: number }[]>(
    `select count(*) filter (where state <> 'succeeded')::int as open,
       count(*) filter (where state = 'succeeded')::int as reversed
     from payments.refunds where parked_code is not null`,
  );
  return row ?? { open: 0, reversed: 0 };
}
