import type { Cause } from '../../contracts/nouns.js';
import { answeredBy, isOver, nextSeq, resendableSeq, withCall } from './orphan-calls.rules.js';
import type {
  NewOrphan,
  Orphan,
  OrphanBooking,
  OrphanCall,
  OrphanLook,
  OrphanMovement,
  OrphanNext,
  OrphanOwner,
} from './orphans.types.js';
import { toldBy } from './payment-terms.rules.js';
import type { StoredPayment } from './payments.types.js';
import type { ProviderAnswer, ProviderIntent, ProviderRefund, RefundAnswer } from './provider.types.js';

/*
 * What becomes of intents that no purchase takes. What can be paid is cancelled, and what was captured is given back.
 * Nothing is ever granted for one.
 */

/** When an orphan is looked at first. A create that was sent before is over by then. */
const firstLookSeconds = 60;

/** How long after a look that has found nothing open the next one is. Then there are no more. */
const pausesSeconds = [3_600, 86_400];

/** The same where all was given back. A bank may refuse a refund weeks after it was done. */
const returnedPausesSeconds = [86_400, 35 * 86_400];

/** The pause between two looks at what is to be cancelled or given back. */
const [minPauseMs, maxPauseMs] = [5_000, 3_600_000];

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

/** Takes what the provider tells of an orphan's intent, and decides what is next. */
export function afterLook(orphan: Orphan, answer: ProviderAnswer, look: OrphanLook): OrphanNext {
  const { owner } = look;
  if (orphan.reference === owner.reference && owner.state !== 'cancelled')
    return { orphan: { ...orphan, state: 'taken', dueAt: null } };
  // Its payment is just being made, and may take it yet.
  const mayBeTaken = owner.reference === null && !owner.isTurnedBack;
  if (mayBeTaken) return { orphan: later(orphan, look.now) };
  // What the account does not know cannot be paid at it.
  if (answer.result === 'missing' && orphan.state === 'watched') return { orphan: clean(orphan, look.now) };
  if (answer.result !== 'intent') return { orphan: later(orphan, look.now) };
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
      return intent.received > 0n
        ? decideCaptured(withCapture(orphan, intent), intent, look)
        : { orphan: parked(orphan, 'payment-mismatch', 'It is paid, and nothing was received.', now) };
    default:
      return {
        orphan: opened(orphan, now),
        call: {
          kind: 'orphan-cancel',
          seq: resendableSeq(orphan, 'orphan-cancel', look) ?? nextSeq('orphan-cancel', look),
        },
      };
  }
}

function opened(orphan: Orphan, now: Date): Orphan {
  return later({ ...orphan, state: 'open', looks: 0, parked: null }, now);
}

/** What was captured is given back, unless somebody has done so already. */
function decideCaptured(orphan: Orphan, intent: ProviderIntent, look: OrphanLook): OrphanNext {
  const { now } = look;
  const amount = orphan.captured - (intent.refunded ?? 0n);
  if (orphan.state === 'returned') {
    if (amount <= 0n || intent.refunded === null) return { orphan: done(orphan, now) };
    const why = `${amount} ${orphan.currency} that were given back are with the provider again.`;
    return { orphan: parked({ ...orphan, state: 'captured' }, 'refund-failed', why, now) };
  }
  // What is on its way counts as refunded at the intent. Only the refund itself says how it ends.
  if (orphan.state === 'refunding') return { orphan: later(orphan, now) };
  const seq = resendableSeq(orphan, 'orphan-refund', look);
  if (amount <= 0n && seq === undefined)
    return { orphan: done({ ...orphan, state: 'returned', refunded: orphan.captured }, now) };
  // What the provider does not give back is for a person to give back, at the provider.
  const { parked: before } = orphan;
  if (before?.code === 'refund-refused' || before?.code === 'refund-failed')
    return { orphan: parked({ ...orphan, state: 'captured' }, before.code, before.detail, now) };
  return {
    orphan: later({ ...orphan, state: 'captured', looks: 0, parked: null }, now),
    call: { kind: 'orphan-refund', seq: seq ?? nextSeq('orphan-refund', look), amount },
  };
}

/** The first capture that is told stays what is given back. */
function withCapture(orphan: Orphan, { received, currency, fee }: ProviderIntent): Orphan {
  const told = orphan.captured > 0n ? orphan : { ...orphan, captured: received, currency };
  return { ...told, fee: orphan.fee ?? (fee && { amount: fee.amount, currency: fee.currency }) };
}

/** Takes the answer to the cancelling of an orphan. What has come of it is seen at the next look. */
export function afterCancel(orphan: Orphan, call: OrphanCall, answer: ProviderAnswer): Orphan {
  return isOver(orphan, call) && answer.result !== 'intent' ? orphan : withCall(orphan, answeredBy(call, answer));
}

/**
 * Takes the answer to a refund, or to a look at one.
 * @param call the call that is answered, or undefined for a look
 */
export function afterRefund(orphan: Orphan, call: OrphanCall | undefined, answer: RefundAnswer, now: Date): Orphan {
  if (call !== undefined && isOver(orphan, call) && answer.result !== 'refund') return orphan;
  const told = call === undefined ? orphan : withCall(orphan, answeredBy(call, answer));
  switch (answer.result) {
    case 'refund':
      return afterRefundStatus({ ...told, refund: answer.refund.reference }, answer.refund, now);
    case 'refused':
      // What is answered as being given back before is looked up.
      if (answer.code === 'charge_already_refunded') return told;
      return parked(told, 'refund-refused', toldBy(answer.code, answer.detail), now);
    case 'key-misused':
      return parked(told, 'refund-refused', toldBy('key-misused', answer.why), now);
    default:
      return told;
  }
}

function afterRefundStatus(orphan: Orphan, { status, reason }: ProviderRefund, now: Date): Orphan {
  switch (status) {
    case 'succeeded':
      return done({ ...orphan, state: 'returned', refunded: orphan.captured }, now);
    case 'pending':
    case 'requires-action':
    case 'other':
      return later({ ...orphan, state: 'refunding' }, now);
    case 'failed':
    case 'canceled':
      return parked({ ...orphan, state: 'captured' }, 'refund-failed', `The refund is ${status}: ${reason}.`, now);
  }
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

/** An orphan of which all is given back. Until all is told and booked it is due as any other, and then twice more. */
export function done(orphan: Orphan, now: Date): Orphan {
  const unparked = { ...orphan, parked: null };
  if (orphan.fee === null || movementsOf(orphan).length > 0) return later(unparked, now);
  const seconds = returnedPausesSeconds[orphan.looks];
  const dueAt = seconds === undefined ? null : new Date(now.getTime() + seconds * 1_000);
  return { ...unparked, looks: orphan.looks + 1, dueAt };
}

/** An orphan that is due again after half of its age. */
function later(orphan: Orphan, now: Date): Orphan {
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
