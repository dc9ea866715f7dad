import type { Cause } from '../../contracts/nouns.js';
import type {
  NewOrphan,
  Orphan,
  OrphanBooking,
  OrphanCall,
  OrphanCallKind,
  OrphanMovement,
  OrphanOwner,
} from './orphans.types.js';
import type { StoredPayment } from './payments.types.js';
import type {
  CallBody,
  ProviderAnswer,
  ProviderIntent,
  ProviderRefund,
  RefundAnswer,
  RefundTerms,
} from './provider.types.js';

/*
 * What becomes of intents that no purchase takes. What can be paid is cancelled, and what was captured is given back.
 * Nothing is ever granted for one.
 */

/** When an orphan is looked at first. A create that was sent before is over by then. */
const firstLookSeconds = 60;

/** How long after a look that has found nothing the next one is. Then there are no more. */
const pausesSeconds = [3_600, 86_400];

/** The pause between two looks at what is to be cancelled or given back. */
const [minPauseMs, maxPauseMs] = [5_000, 3_600_000];

/** How much earlier than the provider forgets a key Veltrix stops to send it again. */
const marginMs = 3_600_000;

/**
 * The intents that no purchase takes after a payment has changed: those that were made for it and are not recorded, and
 * its own where it is cancelled. Where an answer to its create is missing yet, there may be one more.
 */
export function newOrphansOf({ before, payment }: { before: StoredPayment; payment: StoredPayment }): NewOrphan[] {
  const { id, title, provider, reference, operations, orphans } = payment;
  const isCancelledNow = payment.state === 'cancelled' && before.state !== 'cancelled';
  const mayBeMade = operations.create?.state === 'sent' || operations.create?.state === 'unknown';
  const own = isCancelledNow && (reference !== null || mayBeMade) ? [reference] : [];
  return [...own, ...orphans].map((one) => ({
    payment: id,
    title,
    provider,
    reference: one,
    seconds: one === reference && payment.seen === 'succeeded' ? 0 : firstLookSeconds,
  }));
}

const searchMarginMs = 10 * 60_000;

/** What goes out for an orphan next. */
export interface OrphanNext {
  orphan: Orphan;
  call?: { kind: 'orphan-cancel'; seq: number } | { kind: 'orphan-refund'; seq: number; amount: bigint };
}

/** What a decision goes by. */
export interface OrphanLook {
  owner: OrphanOwner;
  now: Date;
  /** How long a key is known to the provider by what it has answered. */
  windowHours: number;
}

/** Takes what the provider tells of an orphan's intent, and decides what is next. */
export function afterLook(orphan: Orphan, answer: ProviderAnswer, look: OrphanLook): OrphanNext {
  const { owner } = look;
  if (orphan.reference === owner.reference && owner.state !== 'cancelled')
    return { orphan: { ...orphan, state: 'taken', dueAt: null } };
  // Its payment is just being made, and may take it yet.
  const mayBeTaken = owner.reference === null && !owner.isTurnedBack;
  if (answer.result !== 'intent' || mayBeTaken) return { orphan: later(orphan, look.now) };
  const { intent, evidence } = answer;
  const wrong = mismatch(orphan, owner, intent);
  if (wrong !== undefined) return { orphan: { ...parked(orphan, 'payment-mismatch', wrong, look.now), evidence } };
  return decideByIntent({ ...orphan, evidence }, intent, look);
}

function decideByIntent(orphan: Orphan, intent: ProviderIntent, look: OrphanLook): OrphanNext {
  const { now } = look;
  switch (intent.status) {
    case 'canceled':
      return { orphan: clean(resolved(orphan), now) };
    case 'processing':
      return { orphan: opened(orphan, now) };
    case 'other':
      return {
        orphan: parked(orphan, 'payment-status-unknown', 'The provider tells a status that is not known.', now),
      };
    case 'succeeded':
      return decideCaptured(withCapture(orphan, intent), intent, look);
    default:
      return {
        orphan: opened(orphan, now),
        call: { kind: 'orphan-cancel', seq: nextSeq(orphan, 'orphan-cancel', look) },
      };
  }
}

function opened(orphan: Orphan, now: Date): Orphan {
  return later({ ...orphan, state: 'open', looks: 0, parked: null }, now);
}

/** What was captured is given back, unless somebody has done so already. */
function decideCaptured(orphan: Orphan, intent: ProviderIntent, look: OrphanLook): OrphanNext {
  const { now } = look;
  if (orphan.state === 'returned') return { orphan: later(orphan, now) };
  const call = orphan.calls['orphan-refund'];
  const isUnderWay = call?.state === 'sent' || call?.state === 'unknown';
  const amount = orphan.captured - (intent.refunded ?? 0n);
  if (amount <= 0n && !isUnderWay)
    return { orphan: later({ ...orphan, state: 'returned', refunded: orphan.captured, parked: null }, now) };
  // What the provider does not give back is for a person to give back, at the provider.
  const { parked: before } = orphan;
  if (before?.code === 'refund-refused' || before?.code === 'refund-failed')
    return { orphan: parked({ ...orphan, state: 'captured' }, before.code, before.detail, now) };
  return {
    orphan: later({ ...orphan, state: 'captured', looks: 0, parked: null }, now),
    call: { kind: 'orphan-refund', seq: nextSeq(orphan, 'orphan-refund', look), amount },
  };
}

/** The first capture that is told stays what is given back. */
function withCapture(orphan: Orphan, { received, currency, fee }: ProviderIntent): Orphan {
  const told = orphan.captured > 0n ? orphan : { ...orphan, captured: received, currency };
  return { ...told, fee: orphan.fee ?? (fee && { amount: fee.amount, currency: fee.currency }) };
}

/** The next call of a kind: the one that was sent before, where its key is known to the provider, or another. */
function nextSeq(orphan: Orphan, kind: OrphanCallKind, { owner, now, windowHours }: OrphanLook): number {
  const last = orphan.calls[kind];
  const isKnown =
    last !== undefined &&
    (last.state === 'sent' || last.state === 'unknown') &&
    !last.storedError &&
    now.getTime() - last.firstSentAt.getTime() < windowHours * 3_600_000 - marginMs;
  return isKnown ? last.seq : owner.lastSeq[kind] + 1;
}

/** A call that goes out now: a new one, or one that was sent before, with the body that it had. */
export function plannedCall(
  orphan: Orphan,
  next: NonNullable<OrphanNext['call']>,
  refundBodyOf: (terms: RefundTerms) => CallBody,
): OrphanCall {
  const { kind, seq } = next;
  const { title, payment: purchase, reference } = orphan;
  const stored = orphan.calls[kind];
  if (stored?.seq === seq) return { ...stored, attempts: stored.attempts + 1 };
  if (reference === null) throw new Error(`The orphan ${orphan.id} of ${purchase} has no reference.`);
  return {
    kind,
    seq,
    key: `${purchase}:${kind}:${seq}`,
    body: next.kind === 'orphan-refund' ? refundBodyOf({ title, purchase, reference, amount: next.amount }) : {},
    state: 'sent',
    attempts: 1,
    storedError: false,
    evidence: null,
    firstSentAt: new Date(),
  };
}

/** In which time an intent may have been made that is on no row. The clocks of two machines differ. */
export function searchWindowOf({ created }: OrphanOwner, now: Date): { from: Date; to: Date } {
  const { from, to } = created ?? { from: now, to: now };
  return { from: new Date(from.getTime() - searchMarginMs), to: new Date(to.getTime() + searchMarginMs) };
}

/** Takes the answer to the cancelling of an orphan. What has come of it is seen at the next look. */
export function afterCancel(orphan: Orphan, call: OrphanCall, answer: ProviderAnswer): Orphan {
  return withCall(orphan, answeredBy(call, answer));
}

/** Takes the answer to a refund, or to a look at one. */
export function afterRefund(orphan: Orphan, call: OrphanCall | undefined, answer: RefundAnswer, now: Date): Orphan {
  const told = call === undefined ? orphan : withCall(orphan, answeredBy(call, answer));
  // What is answered as being given back before is looked up.
  if (answer.result === 'refused' && answer.code !== 'charge_already_refunded')
    return parked(told, 'refund-refused', `${answer.code}: ${answer.detail}`.slice(0, 400), now);
  if (answer.result !== 'refund') return told;
  return afterRefundStatus({ ...told, refund: answer.refund.reference }, answer.refund, now);
}

function afterRefundStatus(orphan: Orphan, { status, reason }: ProviderRefund, now: Date): Orphan {
  switch (status) {
    case 'succeeded':
      return later({ ...orphan, state: 'returned', refunded: orphan.captured, parked: null }, now);
    case 'pending':
    case 'requires-action':
    case 'other':
      return later({ ...orphan, state: 'refunding' }, now);
    case 'failed':
    case 'canceled':
      return parked({ ...orphan, state: 'captured' }, 'refund-failed', `The refund is ${status}: ${reason}.`, now);
  }
}

function answeredBy(call: OrphanCall, answer: ProviderAnswer | RefundAnswer): OrphanCall {
  const { evidence } = answer;
  switch (answer.result) {
    case 'intent':
    case 'refund':
      return { ...call, state: 'succeeded', evidence };
    case 'declined':
    case 'refused':
      return { ...call, state: 'failed', evidence };
    case 'throttled':
      return { ...call, attempts: call.attempts - 1 };
    case 'stored-error':
      return { ...call, state: 'unknown', storedError: true, evidence };
    default:
      return { ...call, state: 'unknown', evidence };
  }
}

function withCall(orphan: Orphan, call: OrphanCall): Orphan {
  return { ...orphan, calls: { ...orphan.calls, [call.kind]: call } };
}

/** What was unknown of the cancelling is resolved by an intent that is canceled. */
function resolved(orphan: Orphan): Orphan {
  const call = orphan.calls['orphan-cancel'];
  if (call?.state !== 'sent' && call?.state !== 'unknown') return orphan;
  return withCall(orphan, { ...call, state: 'resolved', evidence: orphan.evidence });
}

/** Nothing of it is open. It is looked at again a few times, since nobody tells where that changes. */
function clean(orphan: Orphan, now: Date): Orphan {
  const seconds = pausesSeconds[orphan.looks];
  const dueAt = seconds === undefined ? null : new Date(now.getTime() + seconds * 1_000);
  return { ...orphan, state: 'watched', looks: orphan.looks + 1, dueAt, parked: null };
}

/** What was looked for, all of the time through, and is looked for again as a clean one is. */
export function afterSearch(orphan: Orphan, isComplete: boolean, now: Date): Orphan {
  return isComplete ? clean(orphan, now) : later(orphan, now);
}

/** An orphan that is due again after half of its age. One of which all is given back, told and booked is done with. */
export function later(orphan: Orphan, now: Date): Orphan {
  if (orphan.state === 'returned' && orphan.fee !== null && movementsOf(orphan).length === 0)
    return { ...orphan, dueAt: null };
  const age = now.getTime() - orphan.createdAt.getTime();
  return { ...orphan, dueAt: new Date(now.getTime() + Math.min(Math.max(age / 2, minPauseMs), maxPauseMs)) };
}

/** It waits for a person, and is looked at once an hour, since they may have mended it at the provider. */
function parked(orphan: Orphan, code: string, detail: string, now: Date): Orphan {
  const cause: Cause = { code, detail };
  return { ...orphan, parked: cause, dueAt: new Date(now.getTime() + maxPauseMs) };
}

/** Where an intent is not what Veltrix has made for the purchase, in words. */
function mismatch(orphan: Orphan, { mode }: OrphanOwner, intent: ProviderIntent): string | undefined {
  if (intent.reference !== orphan.reference || intent.purchase !== orphan.payment || intent.title !== orphan.title)
    return 'The intent is not that of this purchase.';
  return intent.mode === mode ? undefined : `The intent is in ${intent.mode} mode, and the account in ${mode} mode.`;
}

/** What is yet to be booked of an orphan. Each movement is booked once, by its key. */
export function movementsOf(orphan: Orphan): OrphanMovement[] {
  const { captured, refunded, currency, fee, reference, booked, payment: id, title, provider } = orphan;
  const amounts: [OrphanBooking, bigint, string | null][] = [
    ['late-capture', captured, currency],
    ['late-refund', refunded, currency],
    ['late-fee', fee?.amount ?? 0n, fee?.currency ?? null],
  ];
  return amounts.flatMap(([kind, amount, of]) =>
    amount === 0n || of === null || booked.includes(kind)
      ? []
      : [{ key: `${kind}/${reference}`, kind, orphan: orphan.id, id, title, provider, currency: of, amount }],
  );
}
