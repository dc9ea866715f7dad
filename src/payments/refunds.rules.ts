import type { Cause } from '../../contracts/nouns.js';
import { toldBy } from './payment-terms.rules.js';
import type { RefundCall, StoredRefund } from './refunds.types.js';
import type { Evidence, ProviderRefund, RefundAnswer, RefundListAnswer } from './provider.types.js';

/* What the provider says of a refund, and what becomes of it by that. */

const dayMs = 24 * 3_600_000;

/** When a refund that has succeeded is looked at again. A bank may send it back weeks after it was done. */
const pausesMs = [dayMs, 35 * dayMs];

export function isEnded({ state }: Pick<StoredRefund, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'canceled';
}

/** A refund that is turned back, where it is neither that already nor at its end. */
export function turnedBackFor(refund: StoredRefund, cause: Cause): StoredRefund {
  return refund.turnedBack !== null || isEnded(refund) ? refund : { ...refund, turnedBack: cause };
}

/** A refund of which it is known that nothing is given back, and nothing will be. */
export function endedUnsent(
  refund: StoredRefund,
  state: 'failed' | 'canceled',
  cause: Cause,
): StoredRefund & { turnedBack: Cause } {
  return { ...refund, state, turnedBack: refund.turnedBack ?? cause, parked: null };
}

function parkedFor(refund: StoredRefund, code: string, detail: string): StoredRefund {
  return { ...refund, parked: { code, detail } };
}

/** What was asked for a refund: the call that makes it, or a look at it, or a look through those of the intent. */
export type AskedOfRefund = RefundCall | 'look';

/**
 * Takes an answer into a refund. Nothing has failed unless the provider says so of the refund itself. What the provider
 * refuses is looked up: it may be refused because it was done before.
 */
export function withAnswer(
  refund: StoredRefund,
  asked: AskedOfRefund,
  answer: RefundAnswer | RefundListAnswer,
  now: Date,
): StoredRefund {
  if (answer.result === 'refunds') return withList(refund, answer.refunds, answer.evidence, now);
  return asked === 'look' ? withLook(refund, answer, now) : withCallAnswer(refund, asked, answer, now);
}

function withCallAnswer(refund: StoredRefund, asked: RefundCall, answer: RefundAnswer, now: Date): StoredRefund {
  const stored = refund.call;
  const current = stored?.seq === asked.seq ? stored : asked;
  // Another run may have been told meanwhile, or may have gone on to another key.
  const isOver = isSettled(current) || (stored !== undefined && stored.seq > asked.seq);
  if (isOver && answer.result !== 'refund') return refund;
  const { evidence } = answer;
  const about = (change: Partial<RefundCall>): StoredRefund => withCall(refund, { ...current, evidence, ...change });
  switch (answer.result) {
    case 'refund':
      return withRefund(about({ state: 'succeeded' }), ownOf(answer.refund, refund), evidence, now);
    case 'refused':
      return about({ state: 'failed', evidence: { ...evidence, refused: toldBy(answer.code, answer.detail) } });
    case 'missing':
      return parkedFor(about({ state: 'unknown' }), 'payment-missing', 'The provider does not know the intent.');
    case 'key-misused':
      return parkedFor(about({ state: 'unknown' }), 'payment-key-misused', answer.why);
    case 'throttled':
      return withHeldBack(refund, current, asked);
    case 'stored-error':
      return about({ state: 'unknown', storedError: true });
    case 'unknown':
    case 'denied':
      return about({ state: 'unknown' });
  }
}

/**
 * Nothing was done, and nothing was told. A call without attempts was never sent. An answer that is taken twice takes
 * one attempt away, so that the attempt of another run is never taken for none.
 */
function withHeldBack(refund: StoredRefund, current: RefundCall, asked: RefundCall): StoredRefund {
  if (current.attempts !== asked.attempts) return refund;
  const attempts = current.attempts - 1;
  const isUnsent = attempts === 0 && refund.state === 'sending';
  return withCall(isUnsent ? { ...refund, state: 'accepted' } : refund, { ...current, attempts });
}

function withLook(refund: StoredRefund, answer: RefundAnswer, now: Date): StoredRefund {
  if (answer.result === 'refund') return withRefund(refund, answer.refund, answer.evidence, now);
  if (answer.result !== 'missing') return refund;
  const what = refund.reference === null ? 'intent' : `refund ${refund.reference}`;
  return parkedFor(refund, 'payment-missing', `The provider does not know the ${what}.`);
}

/** All refunds of the intent. That none of them is ours proves that no call which was over by then has made one. */
function withList(refund: StoredRefund, all: readonly ProviderRefund[], evidence: Evidence, now: Date): StoredRefund {
  const own = all.filter((one) => one.refund === refund.id);
  const living = own.filter(({ status }) => status !== 'failed' && status !== 'canceled');
  if (living.length > 1) {
    const names = living.map(({ reference }) => reference).join(' and ');
    return parkedFor(refund, 'refund-mismatch', `The provider gives it back more than once: by ${names}.`);
  }
  const found = living[0] ?? own.at(-1);
  if (found !== undefined) return resolved(withRefund(refund, found, evidence, now), evidence);
  // A call that has succeeded has given money back, so that it cannot be found stays for a person.
  const stays = refund.parked?.code === 'payment-key-misused' || refund.call?.state === 'succeeded';
  return refund.parked === null || stays ? refund : { ...refund, parked: null };
}

/** What was unknown of the call is resolved by the refund that it has made. */
function resolved(refund: StoredRefund, evidence: Evidence): StoredRefund {
  const { call, reference } = refund;
  if (reference === null || call === undefined || isSettled(call)) return refund;
  return withCall(refund, { ...call, state: 'resolved', evidence });
}

/** The refund of an answer to our own call. It is ours, also where the answer does not tell its name. */
function ownOf(told: ProviderRefund, { id }: StoredRefund): ProviderRefund {
  return told.refund === null ? { ...told, refund: id } : told;
}

/** Takes what the provider tells of a refund. Another amount, or a second refund, is for a person. */
function withRefund(refund: StoredRefund, told: ProviderRefund, evidence: Evidence, now: Date): StoredRefund {
  const wrong = mismatch(refund, told);
  if (wrong !== undefined) return parkedFor(refund, 'refund-mismatch', wrong);
  const seen: StoredRefund = { ...refund, reference: told.reference, reason: told.reason };
  const { status } = told;
  if (refund.state === 'succeeded') return withLaterWord(seen, status);
  // What has ended without money is kept. That money is given back all the same is for a person.
  if (isEnded(refund)) {
    if (status === 'failed' || status === 'canceled') return refund;
    return parkedFor(refund, 'payment-contradiction', `It is ${refund.state}, and is said to be ${status}.`);
  }
  return withStatus({ ...seen, parked: null, evidence }, status, now);
}

function withStatus(seen: StoredRefund, status: ProviderRefund['status'], now: Date): StoredRefund {
  switch (status) {
    case 'pending':
      return { ...seen, state: 'pending' };
    case 'requires-action':
      return { ...seen, state: 'requires_action' };
    case 'other':
      return parkedFor(seen, 'payment-status-unknown', 'The provider tells a status that this release does not know.');
    case 'succeeded':
      return succeeded(seen, now);
    case 'failed':
    case 'canceled': {
      const detail = `The refund is ${status} at the provider${seen.reason === null ? '' : `: ${seen.reason}`}.`;
      return endedUnsent(seen, status, { code: status === 'failed' ? 'refund-failed' : 'refund-canceled', detail });
    }
  }
}

/** No more is ever returned than was captured. What the provider gives back beyond that is for a person. */
function succeeded(refund: StoredRefund, now: Date): StoredRefund {
  const left = leftOf(refund);
  if (refund.amount > left)
    return parkedFor(refund, 'refund-mismatch', `It has succeeded, and only ${left} ${refund.currency} were left.`);
  return { ...refund, state: 'succeeded', looks: 0, dueAt: new Date(now.getTime() + (pausesMs[0] ?? 0)) };
}

/** A refund that has succeeded stays that. Where its bank sends it back later, a person has to give the money back. */
function withLaterWord(refund: StoredRefund, status: ProviderRefund['status']): StoredRefund {
  if (status === 'succeeded') return { ...refund, parked: null };
  const why = refund.reason === null ? '' : ` (${refund.reason})`;
  return parkedFor(refund, 'refund-reversed', `It has succeeded, and is said to be ${status} later${why}.`);
}

/** A refund that has succeeded, after a look at it. What was told meanwhile has it looked at again at once. */
export function afterLaterLook(refund: StoredRefund, now: Date): StoredRefund {
  if (refund.dueAt !== null && refund.dueAt <= now) return refund;
  const looks = refund.looks + 1;
  const pause = pausesMs[looks];
  return { ...refund, looks, dueAt: pause === undefined ? null : new Date(now.getTime() + pause) };
}

function mismatch(refund: StoredRefund, told: ProviderRefund): string | undefined {
  const { amount, currency, reference, id } = refund;
  if (reference !== null && told.reference !== reference) return `${told.reference} gives it back as well.`;
  if (reference === null && told.refund !== id) return `${told.reference} is not that of this refund.`;
  if (told.amount !== amount || told.currency !== currency)
    return `${told.reference} is of ${told.amount} ${told.currency}, and the refund of ${amount} ${currency}.`;
  return undefined;
}

/** What can be given back yet of the payment. */
export function leftOf({ payment, currency }: StoredRefund): bigint {
  return payment === undefined || payment.currency !== currency ? 0n : payment.captured - payment.returned;
}

/** Whether what has become of a call is known already. */
function isSettled({ state }: RefundCall): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'resolved';
}

/** A later call stays the one that counts. */
export function withCall(refund: StoredRefund, call: RefundCall): StoredRefund {
  return refund.call !== undefined && refund.call.seq > call.seq ? refund : { ...refund, call };
}
