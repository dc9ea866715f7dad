import type { DataSource, EntityManager } from 'typeorm';
import type { NamedPayment } from './inbox.types.js';
import { outboxInsert, outboxParameter, type Fact } from '../events/outbox.js';
import { lockedHow } from '../postgres/held-rows.js';
import { orphanOf, ownerOf, type OrphanRow } from './orphans.rows.js';
import type { NewOrphan, Orphan, OrphanCall, OrphanOwner } from './orphans.types.js';

/* The rows of orphans and of the calls about them. The row of the payment is locked before those of its orphans. */

/** Writes down orphans. One that is known is due again, also where its payment had taken it. */
export async function insertOrphans(manager: EntityManager, orphans: readonly NewOrphan[]): Promise<void> {
  if (orphans.length === 0) return;
  await manager.query(
    `insert into payments.orphans as o (payment, title, provider, reference, due_at)
     select payment, title, provider, reference, now() + make_interval(secs => seconds)
     from json_to_recordset($1::json)
       as g (payment text, title text, provider text, reference text, seconds float8)
     order by payment collate "C", reference collate "C"
     on conflict (payment, reference) do update
       set due_at = least(o.due_at, excluded.due_at), looks = 0, updated_at = now(),
         state = case when o.state = 'taken' then 'watched' else o.state end`,
    [JSON.stringify(orphans)],
  );
}

/** An intent that an event names. Where somebody holds its row, nothing was written, and it has to be named again. */
export type NamedIntent = NamedPayment & { isHeld: boolean };

/** Has orphans looked at now of which a provider has told something. @returns those that there are */
export async function wakeOrphans(tx: EntityManager, named: readonly NamedPayment[]): Promise<NamedIntent[]> {
  return tx.query(
    `with named as (
       select distinct o.id, o.title, o.provider, o.reference from payments.orphans o
       join json_to_recordset($1::json) as g (title text, provider text, reference text)
         on o.title = g.title and o.provider = g.provider and o.reference = g.reference
     ), free as (
       select id from payments.orphans where id in (select id from named) order by id for no key update skip locked
     ), written as (
       update payments.orphans o
       set due_at = case when o.state = 'taken' then o.due_at else now() end, looks = 0, updated_at = now()
       from free where o.id = free.id
     )
     select n.title, n.provider, n.reference, f.id is null as "isHeld" from named n left join free f using (id)`,
    [JSON.stringify(named)],
  );
}

/**
 * Writes down the intents that events name and no payment has, where Veltrix has made them for a purchase.
 * @returns those that are ours
 */
export async function insertNamedOrphans(
  manager: EntityManager,
  named: readonly { title: string; provider: string; reference: string; purchase: string }[],
): Promise<NamedIntent[]> {
  if (named.length === 0) return [];
  return manager.query(
    `with named as (
       select distinct p.id, p.title, p.provider, g.reference collate "C" as reference
       from json_to_recordset($1::json) as g (title text, provider text, reference text, purchase text)
       join payments.payments p on p.id = g.purchase and p.title = g.title and p.provider = g.provider
     ), free as (
       select id from payments.payments where id in (select id from named) order by id for key share skip locked
     ), written as (
       insert into payments.orphans as o (payment, title, provider, reference, due_at)
       select n.id, n.title, n.provider, n.reference, now() from named n join free using (id)
       order by n.id, n.reference
       on conflict (payment, reference) do update set due_at = now(), looks = 0, updated_at = now()
     )
     select n.title, n.provider, n.reference, f.id is null as "isHeld" from named n left join free f using (id)`,
    [JSON.stringify(named)],
  );
}

/**
 * Takes orphans that are due. Nobody else does for three minutes, which is longer than the calls about one take.
 * @returns their ids, and where they are asked about
 */
export async function takeOrphansDue(
  manager: EntityManager,
  limit: number,
): Promise<Pick<Orphan, 'id' | 'title' | 'provider'>[]> {
  return manager.query(
    `with due as (
       select id from payments.orphans where due_at <= now() order by due_at limit $1 for no key update skip locked
     ), taken as (
       update payments.orphans o set due_at = now() + interval '3 minutes' from due where o.id = due.id
       returning o.id, o.title, o.provider
     )
     select * from taken order by id`,
    [limit],
  );
}

/** An orphan with what its payment says of it. */
export interface OwnedOrphan {
  orphan: Orphan;
  owner: OrphanOwner;
}

/** Locks the payments of orphans, then the orphans. */
export async function lockOrphans(tx: EntityManager, ids: readonly string[]): Promise<void> {
  await tx.query(
    `select 1 from payments.payments where id in (select payment from payments.orphans where id = any($1::bigint[]))
     order by id for no key update`,
    [ids],
  );
  await tx.query('select 1 from payments.orphans where id = any($1::bigint[]) order by id for no key update', [ids]);
}

/** Which of these orphans have rows, or payments, that somebody holds now; see FindHeld. */
export async function findHeldOrphans(
  manager: EntityManager,
  ids: readonly string[],
  waits: boolean,
): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `with asked as (
       select id, payment from payments.orphans where id = any($1::bigint[])
     ), free_payments as (
       select id from payments.payments where id in (select payment from asked) order by id
       for no key update ${lockedHow(waits)}
     ), free as (
       select id from payments.orphans where id in (select id from asked) order by id
       for no key update ${lockedHow(waits)}
     )
     select id from asked where id not in (select id from free) or payment not in (select id from free_payments)`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

/** @returns the orphans that have these ids, by their ids, and the time of the database */
export async function readOrphans(
  manager: EntityManager,
  ids: readonly string[],
): Promise<{ now: Date; orphans: Map<string, OwnedOrphan> }> {
  const rows = await manager.query<OrphanRow[]>(
    `select o.*, p.state as owner_state, p.reference as owner_reference, p.amount as owner_amount,
       p.turned_back_code is not null as owner_turned_back, a.mode, clock_timestamp() as now,
       (select min(first_sent_at) from payments.operations where payment = p.id and kind = 'create') as created_from,
       (select max(changed_at) from payments.operations where payment = p.id and kind = 'create') as created_to,
       (select coalesce(max(seq), 0) from payments.operations where payment = p.id and kind = 'orphan-cancel')
         as last_cancel,
       (select coalesce(max(seq), 0) from payments.operations where payment = p.id and kind = 'orphan-refund')
         as last_refund,
       c.calls
     from payments.orphans o
     join payments.payments p on p.id = o.payment
     join payments.accounts a on a.title = o.title and a.provider = o.provider
     left join lateral (
       select json_agg(last) as calls from (
         select distinct on (kind) kind, seq, key, body, state, attempts, stored_error, evidence, first_sent_at
         from payments.operations where payment = p.id and orphan = o.id order by kind, seq desc
       ) last
     ) c on true
     where o.id = any($1::bigint[])`,
    [ids],
  );
  return {
    now: rows[0]?.now ?? new Date(0),
    orphans: new Map(rows.map((row) => [row.id, { orphan: orphanOf(row), owner: ownerOf(row) }])),
  };
}

/** Writes orphans that are locked, and tells what was captured late and what was given back. */
export async function writeOrphanStates(
  tx: EntityManager,
  changed: readonly { before: Orphan; orphan: Orphan }[],
): Promise<void> {
  if (changed.length === 0) return;
  await tx.query(
    `with written as (
       update payments.orphans o
       set state = g.state, looks = g.looks, due_at = g.due_at, currency = g.currency, captured = g.captured,
         refunded = g.refunded, refund = g.refund, fee = g.fee, fee_currency = g.fee_currency, booked = g.booked,
         parked_code = g.parked_code, parked_detail = g.parked_detail, evidence = g.evidence, updated_at = now()
       from json_to_recordset($1::json) as g (id bigint, state text, looks int, due_at timestamptz, currency text,
         captured bigint, refunded bigint, refund text, fee bigint, fee_currency text, booked text[],
         parked_code text, parked_detail text, evidence json)
       where o.id = g.id
     )
     ${outboxInsert('payments', 2)}`,
    [
      JSON.stringify(
        changed.map(({ orphan }) => ({
          id: orphan.id,
          state: orphan.state,
          looks: orphan.looks,
          due_at: orphan.dueAt,
          currency: orphan.currency,
          captured: String(orphan.captured),
          refunded: String(orphan.refunded),
          refund: orphan.refund,
          fee: orphan.fee === null ? null : String(orphan.fee.amount),
          fee_currency: orphan.fee?.currency ?? null,
          booked: orphan.booked,
          parked_code: orphan.parked?.code ?? null,
          parked_detail: orphan.parked?.detail ?? null,
          evidence: orphan.evidence,
        })),
      ),
      outboxParameter(changed.flatMap(({ before, orphan }) => factsOf(before, orphan))),
    ],
  );
}

function factsOf(before: Orphan, orphan: Orphan): Fact[] {
  const { title, payment: subject, provider, reference, currency, captured, refunded } = orphan;
  const fact = (type: string, amount: bigint): Fact[] => [
    { title, type, subject, data: { provider, reference, currency, amount: String(amount) } },
  ];
  return [
    ...(before.captured === captured ? [] : fact('orphan.captured', captured)),
    ...(before.refunded === refunded ? [] : fact('orphan.returned', refunded)),
  ];
}

/** How many orphans are not done with, by how far they are; those that wait for a person are `parked`. */
export async function countOrphans(dataSource: DataSource): Promise<{ state: string; count: number }[]> {
  return dataSource.query(
    `select case when parked_code is not null then 'parked' else state end as state, count(*)::int as count
     from payments.orphans where state in ('open', 'captured', 'refunding') or parked_code is not null group by 1`,
  );
}

/** Writes calls about orphans: new ones are inserted, and what has become of the others is set. */
export async function writeOrphanCalls(
  tx: EntityManager,
  calls: readonly { orphan: Orphan; call: OrphanCall }[],
): Promise<void> {
  if (calls.length === 0) return;
  await tx.query(
    `insert into payments.operations (payment, orphan, kind, seq, key, body, state, attempts, stored_error, evidence)
     select payment, orphan, kind, seq, key, body, state, attempts, stored_error, evidence
     from json_to_recordset($1::json) as g (payment text, orphan bigint, kind text, seq int, key text, body json,
       state text, attempts int, stored_error boolean, evidence json)
     order by key collate "C"
     on conflict (key) do update set state = excluded.state, attempts = excluded.attempts,
       stored_error = excluded.stored_error, evidence = excluded.evidence, changed_at = now()`,
    [
      JSON.stringify(
        calls.map(({ orphan, call }) => ({
          payment: orphan.payment,
          orphan: orphan.id,
          kind: call.kind,
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
