import { causeOf } from './payments.rows.js';
import type { Orphan, OrphanBooking, OrphanCall, OrphanCallKind, OrphanOwner } from './orphans.types.js';
import type { Evidence } from './provider.types.js';

/** An orphan as it is read: its row, with what the rows of its payment and of its calls say. */
export interface OrphanRow {
  id: string;
  payment: string;
  title: string;
  provider: Orphan['provider'];
  reference: string | null;
  state: Orphan['state'];
  looks: number;
  due_at: Date | null;
  currency: string | null;
  captured: string;
  refunded: string;
  refund: string | null;
  fee: string | null;
  fee_currency: string | null;
  booked: OrphanBooking[];
  parked_code: string | null;
  parked_detail: string | null;
  evidence: Evidence | null;
  created_at: Date;
  owner_state: OrphanOwner['state'];
  owner_reference: string | null;
  owner_amount: string;
  owner_turned_back: boolean;
  mode: OrphanOwner['mode'];
  created_from: Date | null;
  created_to: Date | null;
  last_cancel: number;
  last_refund: number;
  calls: CallRow[] | null;
  now: Date;
}

interface CallRow {
  kind: OrphanCallKind;
  seq: number;
  key: string;
  body: OrphanCall['body'];
  state: OrphanCall['state'];
  attempts: number;
  stored_error: boolean;
  evidence: Evidence | null;
  first_sent_at: string;
}

/** The orphan of a row. */
export function orphanOf(row: OrphanRow): Orphan {
  const { fee, fee_currency: currency } = row;
  return {
    id: row.id,
    payment: row.payment,
    title: row.title,
    provider: row.provider,
    reference: row.reference,
    state: row.state,
    looks: row.looks,
    dueAt: row.due_at,
    currency: row.currency,
    captured: BigInt(row.captured),
    refunded: BigInt(row.refunded),
    refund: row.refund,
    fee: fee === null || currency === null ? null : { amount: BigInt(fee), currency },
    booked: row.booked,
    parked: causeOf(row.parked_code, row.parked_detail),
    evidence: row.evidence,
    createdAt: row.created_at,
    calls: Object.fromEntries((row.calls ?? []).map((one) => [one.kind, callOf(one)])),
  };
}

function callOf(row: CallRow): OrphanCall {
  const { stored_error: storedError, first_sent_at: firstSentAt, ...call } = row;
  return { ...call, storedError, firstSentAt: new Date(firstSentAt) };
}

/** What the payment of an orphan says, by its row. */
export function ownerOf(row: OrphanRow): OrphanOwner {
  const { created_from: from, created_to: to } = row;
  return {
    state: row.owner_state,
    reference: row.owner_reference,
    isTurnedBack: row.owner_turned_back,
    amount: BigInt(row.owner_amount),
    mode: row.mode,
    created: from === null || to === null ? null : { from, to },
    lastSeq: { 'orphan-cancel': row.last_cancel, 'orphan-refund': row.last_refund },
  };
}
