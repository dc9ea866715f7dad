import type { EntityManager } from 'typeorm';
import { outboxInsert, outboxParameter, type Fact } from '../events/outbox.js';
import { factsOfDispute } from './disputes.rules.js';
import type { Dispute, OutsideBooking, OutsideFound, OutsideMovement, OutsideOwner } from './outside.types.js';

/* What has moved without our asking, the disputes, and by how much their payments have changed. */

interface OwnerRow {
  payment: string;
  title: string;
  provider: OutsideOwner['provider'];
  intent: string;
  mode: OutsideOwner['mode'];
  currency: string;
  captured: string;
  returned: string;
  is: OutsideOwner['is'];
  movements: { kind: OutsideMovement['kind']; reference: string; dispute: string | null; counted: string }[] | null;
  disputes:
    | (Omit<Dispute, 'amount' | 'dueBy' | 'openedAt'> & {
        amount: string;
        dueBy: string | null;
        openedAt: string;
      })[]
    | null;
}

/** An intent at an account. */
export interface IntentKey {
  title: string;
  provider: string;
  intent: string;
}

/** Locks payments in the order of their ids. */
export async function lockOwners(tx: EntityManager, payments: readonly string[]): Promise<void> {
  await tx.query('select 1 from payments.payments where id = any($1::text[]) order by id for no key update', [
    [...new Set(payments)],
  ]);
}

/**
 * Whom intents belong to: the payment that took one, or the payment that one is an orphan of.
 * @returns those that are ours, by their intents
 */
export async function readOwners(
  manager: EntityManager,
  intents: readonly IntentKey[],
): Promise<Map<string, OutsideOwner>> {
  if (intents.length === 0) return new Map();
  const rows = await manager.query<OwnerRow[]>(
    `with owners as (
       select distinct coalesce(case when p.state = 'captured' then p.id end, o.payment, p.id) as payment,
         g.title, g.provider, g.intent,
         case when p.state = 'captured' then 'payment' when o.payment is not null then 'orphan' else 'undecided' end
           as "is"
       from json_to_recordset($1::json) as g (title text, provider text, intent text)
       left join payments.payments p
         on p.title = g.title and p.provider = g.provider and p.reference = g.intent
       left join lateral (
         select payment from payments.orphans o
         where o.title = g.title and o.provider = g.provider and o.reference = g.intent and o.state <> 'taken' limit 1
       ) o on true
     )
     select w.payment, w.title, w.provider, w.intent, w."is", a.mode, p.currency, p.captured, p.returned,
       (select json_agg(json_build_object('kind', m.kind, 'reference', m.reference, 'dispute', m.dispute,
          'counted', m.counted::text) order by m.id)
        from payments.outside_movements m where m.payment = w.payment) as movements,
       (select json_agg(json_build_object('reference', d.reference, 'state', d.state, 'amount', d.amount::text,
          'currency', d.currency, 'reason', d.reason, 'dueBy', d.due_by, 'hasEvidence', d.has_evidence,
          'openedAt', d.opened_at, 'evidence', d.evidence) order by d.id)
        from payments.disputes d where d.payment = w.payment) as disputes
     from owners w
     join payments.payments p on p.id = w.payment
     join payments.accounts a on a.title = w.title and a.provider = w.provider`,
    [JSON.stringify(intents)],
  );
  return new Map(rows.map((row) => [row.intent, ownerOf(row)]));
}

function ownerOf({ captured, returned, movements, disputes, ...row }: OwnerRow): OutsideOwner {
  return {
    ...row,
    captured: BigInt(captured),
    returned: BigInt(returned),
    movements: (movements ?? []).map((one) => ({ ...one, counted: BigInt(one.counted) })),
    disputes: (disputes ?? []).map((one) => ({
      ...one,
      amount: BigInt(one.amount),
      dueBy: one.dueBy === null ? null : new Date(one.dueBy),
      openedAt: new Date(one.openedAt),
    })),
  };
}

/** What was found of an owner, as it is written. */
export interface OwnedFound {
  owner: OutsideOwner;
  found: OutsideFound;
}

/** Writes what was found of payments that are locked, and tells it. */
export async function writeFound(tx: EntityManager, all: readonly OwnedFound[]): Promise<void> {
  await writeDisputes(tx, all);
  await writeMovements(tx, all);
  const changed = all.filter(({ owner, found }) => owner.returned !== found.returned);
  if (changed.length > 0)
    await tx.query(
      `update payments.payments p set returned = g.returned, updated_at = now()
       from unnest($1::text[], $2::bigint[]) as g (id, returned) where p.id = g.id`,
      [changed.map(({ owner }) => owner.payment), changed.map(({ found }) => String(found.returned))],
    );
  const facts = all.flatMap(({ owner, found }) => [
    ...found.disputes.flatMap(({ before, dispute }) => factsOfDispute(owner, before, dispute)),
    ...found.movements.flatMap((movement) => factOfMovement(owner, movement)),
  ]);
  if (facts.length > 0) await tx.query(outboxInsert('payments', 1), [outboxParameter(facts)]);
}

async function writeDisputes(tx: EntityManager, all: readonly OwnedFound[]): Promise<void> {
  const rows = all.flatMap(({ owner, found }) =>
    found.disputes.map(({ dispute }) => ({
      title: owner.title,
      provider: owner.provider,
      reference: dispute.reference,
      payment: owner.payment,
      intent: owner.intent,
      state: dispute.state,
      amount: String(dispute.amount),
      currency: dispute.currency,
      reason: dispute.reason,
      due_by: dispute.dueBy,
      has_evidence: dispute.hasEvidence,
      opened_at: dispute.openedAt,
      evidence: dispute.evidence,
    })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into payments.disputes as d (title, provider, reference, payment, intent, state, amount, currency, reason,
       due_by, has_evidence, opened_at, closed_at, evidence)
     select title, provider, reference, payment, intent, state, amount, currency, reason, due_by, has_evidence,
       opened_at, case when state in ('inquiry_closed', 'prevented', 'lost', 'won') then now() end, evidence
     from json_to_recordset($1::json) as g (title text, provider text, reference text, payment text, intent text,
       state text, amount bigint, currency text, reason text, due_by timestamptz, has_evidence boolean,
       opened_at timestamptz, evidence json)
     order by title collate "C", provider collate "C", reference collate "C"
     on conflict (title, provider, reference) do update set state = excluded.state, amount = excluded.amount,
       reason = excluded.reason, due_by = excluded.due_by, has_evidence = excluded.has_evidence,
       closed_at = case when d.state = excluded.state then d.closed_at else excluded.closed_at end,
       evidence = excluded.evidence, updated_at = now()`,
    [JSON.stringify(rows)],
  );
}

async function writeMovements(tx: EntityManager, all: readonly OwnedFound[]): Promise<void> {
  const rows = all.flatMap(({ owner, found }) =>
    found.movements.map((movement) => ({
      title: owner.title,
      provider: owner.provider,
      kind: movement.kind,
      reference: movement.reference,
      payment: owner.payment,
      intent: owner.intent,
      dispute: movement.dispute,
      currency: movement.currency,
      amount: String(movement.amount),
      counted: String(movement.counted),
      moved_at: movement.movedAt,
      evidence: movement.evidence,
      // Nothing was granted for an orphan, and goods go by the principal alone.
      has_goods: owner.is === 'payment' && movement.counted !== 0n,
    })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into payments.outside_movements (title, provider, kind, reference, payment, intent, dispute, currency,
       amount, counted, moved_at, evidence, goods_due_at)
     select title, provider, kind, reference, payment, intent, dispute, currency, amount, counted, moved_at, evidence,
       case when has_goods then now() end
     from json_to_recordset($1::json) as g (title text, provider text, kind text, reference text,
       payment text, intent text, dispute text, currency text, amount bigint, counted bigint, moved_at timestamptz,
       evidence json, has_goods boolean, place int)
     order by place`,
    [JSON.stringify(rows.map((row, place) => ({ ...row, place })))],
  );
}

function factOfMovement(owner: OutsideOwner, movement: OutsideMovement): Fact[] {
  const { title, payment, provider } = owner;
  const { kind, reference, dispute, currency, amount } = movement;
  const data = { provider, reference, currency, amount: String(amount) };
  switch (kind) {
    case 'outside-refund':
      return [{ title, type: 'payment.refunded-outside', subject: payment, data }];
    case 'outside-refund-failed':
      return [{ title, type: 'payment.outside-refund-failed', subject: payment, data }];
    case 'dispute':
      return [
        { title, type: 'dispute.withdrawn', subject: dispute ?? reference, data: { ...data, purchase: payment } },
      ];
    case 'dispute-reinstated':
      return [
        { title, type: 'dispute.reinstated', subject: dispute ?? reference, data: { ...data, purchase: payment } },
      ];
    default:
      return [];
  }
}

/** A warning of fraud about a payment, with the account that told it. */
export interface NewWarning {
  owner: OutsideOwner;
  reference: string;
  fraud: string;
  isActionable: boolean;
}

/** Writes down that a bank warns of fraud, and tells it once. */
export async function writeWarning(tx: EntityManager, warning: NewWarning): Promise<void> {
  const { owner, reference, fraud, isActionable } = warning;
  const { title, provider, payment } = owner;
  const written = await tx.query<unknown[]>(
    `insert into payments.fraud_warnings (title, provider, reference, payment, fraud, actionable)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning reference`,
    [title, provider, reference, payment, fraud, isActionable],
  );
  if (written.length === 0) return;
  const data = { provider, reference, fraud, actionable: isActionable };
  const fact: Fact = { title, type: 'payment.fraud-warned', subject: payment, data };
  await tx.query(outboxInsert('payments', 1), [outboxParameter([fact])]);
}

interface BookingRow {
  id: string;
  title: string;
  provider: OutsideBooking['provider'];
  kind: OutsideBooking['kind'];
  reference: string;
  payment: string;
  currency: string;
  amount: string;
}

/** Takes movements that are not booked. They are due again in a minute unless they are booked until then. */
export async function takeBookingsDue(manager: EntityManager, limit: number): Promise<OutsideBooking[]> {
  const rows = await manager.query<BookingRow[]>(
    `with due as (
       select id from payments.outside_movements where booking_due_at <= clock_timestamp()
       order by booking_due_at limit $1 for no key update skip locked
     ), taken as (
       update payments.outside_movements m set booking_due_at = clock_timestamp() + interval '1 minute'
       from due where m.id = due.id
       returning m.id, m.title, m.provider, m.kind, m.reference, m.payment, m.currency, m.amount
     )
     select * from taken order by id`,
    [limit],
  );
  return rows.map(({ id: movement, title, provider, kind, reference, payment: id, currency, amount }) => {
    const key = `${kind}/${reference}`;
    return { key, kind, id, title, provider, currency, amount: BigInt(amount), movement };
  });
}

/** Says that movements are booked. */
export async function endBookings(manager: EntityManager, ids: readonly string[]): Promise<void> {
  await manager.query(
    `update payments.outside_movements set booking_due_at = null
     where id = any($1::bigint[]) and booking_due_at is not null`,
    [ids],
  );
}

/** How many disputes there are, by state. */
export async function countDisputes(
  manager: Pick<EntityManager, 'query'>,
): Promise<{ state: string; count: number }[]> {
  return manager.query('select state, count(*)::int as count from payments.disputes group by state');
}
