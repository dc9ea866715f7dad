import type { EntityManager } from 'typeorm';
import { outboxInsert, outboxParameter, type Fact } from '../events/outbox.js';
import { lockedHow } from '../postgres/held-rows.js';
import { causeOf } from './payments.rows.js';
import type { Operation, PaymentElement, PaymentState, StoredPayment } from './payments.types.js';
import type { CallBody, Evidence, IntentStatus } from './provider.types.js';

/* The rows of payments and of their operations. Every list is locked, and written, in the order of its ids. */

interface PaymentRow {
  id: string;
  title: string;
  provider: StoredPayment['provider'];
  mode: StoredPayment['mode'];
  currency: string;
  amount: string;
  method: string | null;
  state: PaymentState;
  reference: string | null;
  seen: IntentStatus | null;
  client_secret: string | null;
  turned_back_code: string | null;
  turned_back_detail: string | null;
  parked_code: string | null;
  parked_detail: string | null;
  capture_before: Date | null;
  deadline: Date;
  created_at: Date;
  evidence: Evidence | null;
}

interface OperationRow {
  payment: string;
  kind: Operation['kind'];
  seq: number;
  key: string;
  body: CallBody;
  state: Operation['state'];
  attempts: number;
  stored_error: boolean;
  evidence: Evidence | null;
  first_sent_at: Date;
}

/**
 * Makes the rows of payments that have none yet.
 * @param deadlineSeconds how long from now on the buyer may pay
 */
export async function makePayments(
  tx: EntityManager,
  payments: readonly PaymentElement[],
  deadlineSeconds: number,
): Promise<void> {
  await tx.query(
    `insert into payments.payments (id, title, provider, currency, amount, method, deadline)
     select id, title, provider, currency, amount, method, now() + make_interval(secs => $2)
     from json_to_recordset($1::json)
       as g (id text, title text, provider text, currency text, amount bigint, method text)
     order by id collate "C" on conflict (id) do nothing`,
    [
      JSON.stringify(
        payments.map(({ id, title, provider, currency, amount, method }) => ({
          id,
          title,
          provider,
          currency,
          amount: String(amount),
          method,
        })),
      ),
      deadlineSeconds,
    ],
  );
}

/**
 * Locks payments and reads them with the last operation of each kind.
 * @returns those that exist, by id, and the time of the database
 */
export async function lockPayments(
  tx: EntityManager,
  ids: readonly string[],
): Promise<{ now: Date; payments: Map<string, StoredPayment> }> {
  await tx.query('select 1 from payments.payments where id = any($1::text[]) order by id for no key update', [ids]);
  return readPayments(tx, ids);
}

/** Which of these payments have rows that somebody holds now; see FindHeld. */
export async function findHeldPayments(
  manager: EntityManager,
  ids: readonly string[],
  waits: boolean,
): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `with free as (
       select id from payments.payments where id = any($1::text[]) for no key update ${lockedHow(waits)})
     select id from payments.payments where id = any($1::text[]) except select id from free`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

/** Reads payments with the last operation of each kind, and locks nothing. */
export async function readPayments(
  tx: EntityManager,
  ids: readonly string[],
): Promise<{ now: Date; payments: Map<string, StoredPayment> }> {
  const rows = await tx.query<(PaymentRow & { now: Date; operations: OperationRow[] | null })[]>(
    `select p.*, a.mode, clock_timestamp() as now, o.operations
     from payments.payments p
     join payments.accounts a on a.title = p.title and a.provider = p.provider
     left join lateral (
       select json_agg(last) as operations from (
         select distinct on (kind) payment, kind, seq, key, body, state, attempts, stored_error, evidence, first_sent_at
         from payments.operations where payment = p.id and orphan is null and refund is null order by kind, seq desc
       ) last
     ) o on true
     where p.id = any($1::text[])`,
    [ids],
  );
  return {
    now: rows[0]?.now ?? new Date(0),
    payments: new Map(rows.map((row) => [row.id, paymentOf(row, row.operations ?? [])])),
  };
}

function paymentOf(row: PaymentRow, operations: readonly OperationRow[]): StoredPayment {
  return {
    id: row.id,
    title: row.title,
    provider: row.provider,
    mode: row.mode,
    currency: row.currency,
    amount: BigInt(row.amount),
    method: row.method,
    state: row.state,
    reference: row.reference,
    seen: row.seen,
    clientSecret: row.client_secret,
    turnedBack: causeOf(row.turned_back_code, row.turned_back_detail),
    parked: causeOf(row.parked_code, row.parked_detail),
    captureBefore: row.capture_before,
    deadline: row.deadline,
    createdAt: row.created_at,
    evidence: row.evidence,
    orphans: [],
    operations: Object.fromEntries(operations.map((one) => [one.kind, operationOf(one)])),
  };
}

function operationOf(row: OperationRow): Operation {
  return {
    kind: row.kind,
    seq: row.seq,
    key: row.key,
    body: row.body,
    state: row.state,
    attempts: row.attempts,
    storedError: row.stored_error,
    evidence: row.evidence,
    firstSentAt: new Date(row.first_sent_at),
  };
}

/** Writes payments that are locked, as they are now, and tells what has come to its end. */
export async function writePayments(
  tx: EntityManager,
  changed: readonly { before: StoredPayment; payment: StoredPayment }[],
): Promise<void> {
  if (changed.length === 0) return;
  const payments = changed.map(({ payment }) => payment);
  await tx.query(
    `with written as (
       update payments.payments p
       set state = g.state, reference = g.reference, seen = g.seen, client_secret = g.client_secret,
         turned_back_code = g.turned_back_code, turned_back_detail = g.turned_back_detail,
         parked_code = g.parked_code, parked_detail = g.parked_detail, capture_before = g.capture_before,
         captured = case when g.state = 'captured' then p.amount else 0 end,
         fee_due_at = case when g.state = 'captured' and p.state <> 'captured' then now() else p.fee_due_at end,
         evidence = g.evidence, updated_at = now()
       from json_to_recordset($1::json) as g (id text, state text, reference text, seen text, client_secret text,
         turned_back_code text, turned_back_detail text, parked_code text, parked_detail text,
         capture_before timestamptz, evidence json)
       where p.id = g.id
     )
     ${outboxInsert('payments', 2)}`,
    [
      JSON.stringify(
        payments.map((payment) => ({
          id: payment.id,
          state: payment.state,
          reference: payment.reference,
          seen: payment.seen,
          client_secret: payment.clientSecret,
          turned_back_code: payment.turnedBack?.code ?? null,
          turned_back_detail: payment.turnedBack?.detail ?? null,
          parked_code: payment.parked?.code ?? null,
          parked_detail: payment.parked?.detail ?? null,
          capture_before: payment.captureBefore,
          evidence: payment.evidence,
        })),
      ),
      outboxParameter(
        changed.flatMap(({ before, payment }) => (before.state === payment.state ? [] : factOf(payment))),
      ),
    ],
  );
}

function factOf({ id, title, provider, currency, amount, state, reference, turnedBack }: StoredPayment): Fact[] {
  const data = { provider, reference, currency, amount: String(amount) };
  if (state === 'captured') return [{ title, type: 'payment.captured', subject: id, data }];
  if (state === 'cancelled')
    return [{ title, type: 'payment.cancelled', subject: id, data: { ...data, reason: turnedBack } }];
  return [];
}

/**
 * Writes operations: those of a new key are inserted, and what has become of the others is set. Where a later one of a
 * kind is written, what is unknown of the earlier ones is resolved: it was decided that they have done nothing.
 */
export async function writeOperations(
  tx: EntityManager,
  operations: readonly (Operation & { payment: string })[],
): Promise<void> {
  if (operations.length === 0) return;
  await tx.query(
    `insert into payments.operations (payment, kind, seq, key, body, state, attempts, stored_error, evidence)
     select payment, kind, seq, key, body, state, attempts, stored_error, evidence
     from json_to_recordset($1::json) as g (payment text, kind text, seq int, key text, body json, state text,
       attempts int, stored_error boolean, evidence json)
     on conflict (key) do update set state = excluded.state, attempts = excluded.attempts,
       stored_error = excluded.stored_error, evidence = excluded.evidence, changed_at = now()`,
    [
      JSON.stringify(
        operations.map(({ payment, kind, seq, key, body, state, attempts, storedError, evidence }) => ({
          payment,
          kind,
          seq,
          key,
          body,
          state,
          attempts,
          stored_error: storedError,
          evidence,
        })),
      ),
    ],
  );
  const later = operations.filter(({ seq }) => seq > 1);
  if (later.length === 0) return;
  await tx.query(
    `update payments.operations o set state = 'resolved', changed_at = now()
     from unnest($1::text[], $2::text[], $3::int[]) as g (payment, kind, seq)
     where o.payment = g.payment and o.kind = g.kind and o.seq < g.seq and o.state in ('unknown', 'sent')`,
    [later.map(({ payment }) => payment), later.map(({ kind }) => kind), later.map(({ seq }) => seq)],
  );
}

/**
 * Takes so many calls out of the rate of an account, which all processes share.
 * @returns how long to wait until the first of them, or undefined where that is more than `maxAheadMs`: nothing is
 *   taken
 */
export async function reserveCalls(
  tx: EntityManager,
  { title, provider }: { title: string; provider: string },
  { calls, perSecond, maxAheadMs }: { calls: number; perSecond: number; maxAheadMs: number },
): Promise<number | undefined> {
  const [row] = await tx.query<{ wait_ms: number }[]>(
    `insert into payments.rates as r (title, provider, next_at)
     values ($1, $2, clock_timestamp() + make_interval(secs => $3::float8 / $4))
     on conflict (title, provider) do update
       set next_at = greatest(r.next_at, clock_timestamp()) + make_interval(secs => $3::float8 / $4)
       where r.next_at < clock_timestamp() + make_interval(secs => $5::float8 / 1000)
     returning extract(epoch from next_at - clock_timestamp())::float8 * 1000 - $3::float8 * 1000 / $4 as wait_ms`,
    [title, provider, calls, perSecond, maxAheadMs],
  );
  return row && Math.max(row.wait_ms, 0);
}

/** Lets the calls of an account wait for a while, because the provider has throttled it. */
export async function delayCalls(
  tx: EntityManager,
  { title, provider }: { title: string; provider: string },
  ms: number,
): Promise<void> {
  await tx.query(
    `update payments.rates set next_at = greatest(next_at, clock_timestamp() + make_interval(secs => $3::float8 / 1000))
     where title = $1 and provider = $2`,
    [title, provider, ms],
  );
}
