import type { Orphan, OrphanCall, OrphanCallKind, OrphanLook, OrphanNext, OrphanOwner } from './orphans.types.js';
import type { CallBody, ProviderAnswer, RefundAnswer, RefundTerms } from './provider.types.js';

/* The calls about orphans: what goes out, under which key, and what its answer says of it. */

/** How much earlier than the provider forgets a key Veltrix stops to send it again. */
const marginMs = 3_600_000;

const searchMarginMs = 10 * 60_000;

/** The seq of a call that was sent before and whose key is known to the provider, or undefined. */
export function resendableSeq(
  orphan: Orphan,
  kind: OrphanCallKind,
  { now, windowHours }: OrphanLook,
): number | undefined {
  const last = orphan.calls[kind];
  const isKnown =
    last !== undefined &&
    (last.state === 'sent' || last.state === 'unknown') &&
    !last.storedError &&
    now.getTime() - last.firstSentAt.getTime() < windowHours * 3_600_000 - marginMs;
  return isKnown ? last.seq : undefined;
}

/** The seq of a call that was never sent. */
export function nextSeq(kind: OrphanCallKind, { owner }: OrphanLook): number {
  return owner.lastSeq[kind] + 1;
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
    body:
      next.kind === 'orphan-refund'
        ? refundBodyOf({ title, purchase, reference, amount: next.amount, refund: null })
        : {},
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

/** Whether what has become of a call is known already: another process may have been told meanwhile. */
export function isOver(orphan: Orphan, call: OrphanCall): boolean {
  const stored = orphan.calls[call.kind];
  if (stored === undefined) return false;
  return stored.seq > call.seq || stored.state === 'succeeded' || stored.state === 'failed';
}

/** A call with what its answer says of it. */
export function answeredBy(call: OrphanCall, answer: ProviderAnswer | RefundAnswer): OrphanCall {
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

export function withCall(orphan: Orphan, call: OrphanCall): Orphan {
  return { ...orphan, calls: { ...orphan.calls, [call.kind]: call } };
}
