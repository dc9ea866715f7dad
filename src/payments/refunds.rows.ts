import { causeOf } from './payments.rows.js';
import type { RefundCall, StoredRefund } from './refunds.types.js';
import type { CallBody, Evidence } from './provider.types.js';

/** A refund as it is read: its row, with what its payment says and its last call. */
export interface RefundRow {
  id: string;
  payment: string;
  title: string;
  provider: StoredRefund['provider'];
  currency: string;
  amount: string;
  state: StoredRefund['state'];
  reference: string | null;
  reason: string | null;
  turned_back_code: string | null;
  turned_back_detail: string | null;
  parked_code: string | null;
  parked_detail: string | null;
  evidence: Evidence | null;
  looks: number;
  due_at: Date | null;
  created_at: Date;
  payment_reference: string | null;
  payment_currency: string | null;
  payment_captured: string | null;
  payment_returned: string | null;
  call: CallRow | null;
  now: Date;
}

interface CallRow {
  seq: number;
  key: string;
  body: CallBody;
  state: RefundCall['state'];
  attempts: number;
  stored_error: boolean;
  evidence: Evidence | null;
  first_sent_at: string;
  changed_at: string;
}

/** The refund of a row. */
export function refundOf(row: RefundRow): StoredRefund {
  const { payment_currency: currency, payment_captured: captured, payment_returned: returned } = row;
  const isPaid = currency !== null && captured !== null && returned !== null;
  return {
    id: row.id,
    title: row.title,
    provider: row.provider,
    purchase: row.payment,
    currency: row.currency,
    amount: BigInt(row.amount),
    state: row.state,
    reference: row.reference,
    reason: row.reason,
    turnedBack: causeOf(row.turned_back_code, row.turned_back_detail),
    parked: causeOf(row.parked_code, row.parked_detail),
    evidence: row.evidence,
    looks: row.looks,
    dueAt: row.due_at,
    createdAt: row.created_at,
    payment: isPaid
      ? { reference: row.payment_reference, currency, captured: BigInt(captured), returned: BigInt(returned) }
      : undefined,
    call: row.call === null ? undefined : callOf(row.call),
  };
}

function callOf(row: CallRow): RefundCall {
  const { stored_error: storedError, first_sent_at: firstSentAt, changed_at: changedAt, ...call } = row;
  return {
    ...call,
    kind: 'refund',
    storedError,
    firstSentAt: new Date(firstSentAt),
    changedAt: new Date(changedAt),
  };
}
