import type { Cause } from '../../contracts/nouns.js';
import { mismatch } from './payment-terms.rules.js';
import type { Operation, PaymentState, StoredPayment } from './payments.types.js';
import type { Evidence, IntentStatus, OperationKind, ProviderAnswer, ProviderIntent } from './provider.types.js';

/*
 * What the provider says, and what becomes of a payment by it. A payment goes from one state to the next by this table
 * alone. What leads to no other state is a repeated event, or a lower one that has come late, and changes nothing.
 *
 * | a payment is    | begin       | ask buyer       | ask provider | authorize  | capture   |
 * |-----------------|-------------|-----------------|--------------|------------|-----------|
 * | accepted        | authorizing | requires_action | processing   | authorized |           |
 * | authorizing     |             | requires_action | processing   | authorized |           |
 * | requires_action |             |                 | processing   | authorized |           |
 * | processing      |             | requires_action |              | authorized |           |
 * | authorized      |             |                 |              |            | capturing |
 *
 * From each state but the last two, `captured` leads to captured, `cancelled` to cancelled, and `turn back` to voiding.
 * Of what is captured or cancelled the other of the two is a contradiction.
 */
export type PaymentEvent =
  'begin' | 'ask buyer' | 'ask provider' | 'authorize' | 'capture' | 'captured' | 'turn back' | 'cancelled';

const ends = { captured: 'captured', 'turn back': 'voiding', cancelled: 'cancelled' } as const;
const table: Record<PaymentState, Partial<Record<PaymentEvent, PaymentState | 'contradiction'>>> = {
  accepted: {
    begin: 'authorizing',
    'ask buyer': 'requires_action',
    'ask provider': 'processing',
    authorize: 'authorized',
    ...ends,
  },
  authorizing: { 'ask buyer': 'requires_action', 'ask provider': 'processing', authorize: 'authorized', ...ends },
  requires_action: { 'ask provider': 'processing', authorize: 'authorized', ...ends },
  processing: { 'ask buyer': 'requires_action', authorize: 'authorized', ...ends },
  authorized: { capture: 'capturing', ...ends },
  capturing: ends,
  voiding: { captured: 'captured', cancelled: 'cancelled' },
  captured: { cancelled: 'contradiction' },
  cancelled: { captured: 'contradiction' },
};

/** The state after an event. A contradiction is what the provider cannot say, after what it has said before. */
export function next(from: PaymentState, event: PaymentEvent): PaymentState | 'contradiction' {
  return table[from][event] ?? from;
}

/** A payment after an event, with the evidence of it. It is parked where the event contradicts what is kept. */
function moved(payment: StoredPayment, event: PaymentEvent, evidence: Evidence | null): StoredPayment {
  const state = next(payment.state, event);
  if (state === 'contradiction')
    return parkedFor(payment, 'payment-contradiction', `It is ${payment.state}, and is said to be ${event}.`);
  return state === payment.state ? payment : { ...payment, state, evidence: evidence ?? payment.evidence };
}

export function parkedFor(payment: StoredPayment, code: string, detail: string): StoredPayment {
  return { ...payment, parked: { code, detail } };
}

/** A payment that is turned back, where it is neither that already nor at an end. */
export function turnedBackFor(payment: StoredPayment, cause: Cause): StoredPayment {
  if (payment.turnedBack !== null || isFinal(payment)) return payment;
  return { ...moved(payment, 'turn back', null), turnedBack: cause };
}

export function isFinal({ state }: Pick<StoredPayment, 'state'>): boolean {
  return state === 'captured' || state === 'cancelled';
}

/** A payment without an intent that anybody could pay: it is cancelled by our own word. */
export function cancelledUnpaid(payment: StoredPayment): StoredPayment {
  return moved(payment, 'cancelled', null);
}

/**
 * A payment that is turned back although money was captured: not what the purchase says, so nothing can be granted for
 * it. The intent becomes an orphan, of which all is given back.
 */
export function cancelledToGiveBack(payment: StoredPayment): StoredPayment {
  return { ...moved(payment, 'cancelled', null), parked: null };
}

/** A payment whose call of this kind goes out now. */
export function begun(payment: StoredPayment, kind: OperationKind): StoredPayment {
  if (kind === 'create' || kind === 'confirm') return moved(payment, 'begin', null);
  return kind === 'capture' ? moved(payment, 'capture', null) : payment;
}

/**
 * Takes what an intent says into a payment. What is not what the purchase says is for a person: nothing is granted or
 * captured by it. An intent that says what the purchase says ends that.
 */
export function withIntent(payment: StoredPayment, intent: ProviderIntent, evidence: Evidence): StoredPayment {
  // An intent that is not recorded says nothing: nobody can pay it.
  if (intent.reference !== payment.reference) return payment;
  const { status } = intent;
  if (status === 'canceled') return cancelledBy(payment, intent, evidence);
  const wrong = mismatch(payment, intent);
  if (wrong !== undefined) return parkedFor({ ...payment, seen: status }, 'payment-mismatch', wrong);
  const seen: StoredPayment = {
    ...payment,
    seen: status,
    captureBefore: intent.captureBefore ?? payment.captureBefore,
  };
  return freed(payment, withStatus(seen, status, intent, evidence));
}

/** A key that was misused stays for a person, unless the payment has gone on all the same. */
function freed(before: StoredPayment, after: StoredPayment): StoredPayment {
  if (after.parked !== before.parked) return after;
  return before.parked?.code === 'payment-key-misused' && after.state === before.state
    ? after
    : { ...after, parked: null };
}

function withStatus(
  seen: StoredPayment,
  status: Exclude<IntentStatus, 'canceled'>,
  intent: ProviderIntent,
  evidence: Evidence,
): StoredPayment {
  switch (status) {
    case 'requires-action':
      return moved(seen, 'ask buyer', evidence);
    case 'processing':
      return moved(seen, 'ask provider', evidence);
    case 'requires-capture':
      return moved(seen, 'authorize', evidence);
    case 'succeeded':
      return moved(seen, 'captured', evidence);
    case 'requires-payment-method':
    case 'requires-confirmation':
      return waitsToBePaid(seen, intent, evidence);
    case 'other':
      return parkedFor(seen, 'payment-status-unknown', 'The provider tells a status that this release does not know.');
  }
}

/** What we have confirmed and is not paid was declined. In a page of their own the buyer may try again. */
function waitsToBePaid(payment: StoredPayment, intent: ProviderIntent, evidence: Evidence): StoredPayment {
  if (payment.method === null) return moved(payment, 'ask buyer', evidence);
  if (intent.status === 'requires-confirmation' || intent.declined === null) return payment;
  const { code, detail } = intent.declined;
  return { ...turnedBackFor(payment, declinedFor(code, detail)), evidence };
}

function cancelledBy(payment: StoredPayment, { cancellation }: ProviderIntent, evidence: Evidence): StoredPayment {
  const cause: Cause =
    cancellation === 'expired'
      ? { code: 'payment-expired', detail: 'The authorisation expired before it was captured.' }
      : { code: 'payment-cancelled', detail: 'The payment was cancelled at the provider.' };
  const cancelled = moved({ ...payment, seen: 'canceled' }, 'cancelled', evidence);
  if (cancelled.state !== 'cancelled') return cancelled;
  return { ...cancelled, turnedBack: payment.turnedBack ?? cause, parked: null };
}

function declinedFor(code: string, detail: string): Cause {
  return { code: 'payment-declined', detail: toldBy(code, detail) };
}

/** What a provider has told, as text that can be kept and shown. */
function toldBy(code: string, detail: string): string {
  return `${code}: ${detail}`.replace(/[\p{Cc}\p{Cs}]/gu, ' ').slice(0, 400);
}

/** The code by which a provider says that an intent is in another state than the call needs. */
const unexpectedState = 'payment_intent_unexpected_state';

/** What an answer is about: a call that changes something, or a look at the intent. */
export type Asked = Operation | 'look';

/**
 * Takes the answer to a call into a payment. An answer is never a decline unless the provider says that it is one. What
 * is answered as being done before is looked up.
 */
export function withAnswer(payment: StoredPayment, asked: Asked, answer: ProviderAnswer): StoredPayment {
  if (asked === 'look') return withLook(payment, answer);
  const stored = payment.operations[asked.kind];
  const current = stored?.seq === asked.seq ? stored : asked;
  // Another run may have been told meanwhile, or may have gone on to another key. What only this one was told is
  // evidence where it is an intent, and else nothing.
  const isOver = isSettled(current) || (stored !== undefined && stored.seq > asked.seq);
  if (isOver && answer.result !== 'intent') return payment;
  const { evidence } = answer;
  const about = (change: Partial<Operation>): StoredPayment =>
    withOperation(payment, { ...current, evidence, ...change });
  switch (answer.result) {
    case 'intent':
      return withIntent(recorded(about({ state: 'succeeded' }), asked, answer.intent), answer.intent, evidence);
    case 'declined':
    case 'refused':
      return withRefusal(about({ state: 'failed' }), asked, answer);
    case 'missing':
      return parkedFor(about({ state: 'unknown' }), 'payment-missing', 'The provider does not know the intent.');
    case 'key-misused':
      return parkedFor(about({ state: 'unknown' }), 'payment-key-misused', answer.why);
    case 'throttled':
      // Nothing was done, and nothing was told.
      return withOperation(payment, { ...current, attempts: current.attempts - 1 });
    case 'stored-error':
      return about({ state: 'unknown', storedError: true });
    case 'unknown':
    case 'denied':
      return about({ state: 'unknown' });
  }
}

function withRefusal(
  payment: StoredPayment,
  { kind }: Operation,
  answer: Extract<ProviderAnswer, { result: 'declined' | 'refused' }>,
): StoredPayment {
  const { code, detail, evidence } = answer;
  // What is answered as being in another state is looked up, and so is whatever cannot be cancelled.
  if (code === unexpectedState || kind === 'cancel') return payment;
  const cause: Cause =
    kind === 'capture' ? { code: 'capture-refused', detail: toldBy(code, detail) } : declinedFor(code, detail);
  return { ...turnedBackFor(payment, cause), evidence };
}

/**
 * The intent of a payment is recorded, once, unless it is being turned back: then nobody is to pay it. One that is not
 * recorded is an orphan.
 */
function recorded(payment: StoredPayment, { kind }: Operation, intent: ProviderIntent): StoredPayment {
  const { reference, clientSecret } = intent;
  if (kind !== 'create' || payment.reference === reference) return payment;
  if (payment.reference !== null || payment.turnedBack !== null) return withOrphans(payment, [intent]);
  return { ...payment, reference, clientSecret };
}

function withOrphans(payment: StoredPayment, intents: readonly ProviderIntent[]): StoredPayment {
  const orphans = new Set([...payment.orphans, ...intents.map(({ reference }) => reference)]);
  return orphans.size === payment.orphans.length ? payment : { ...payment, orphans: [...orphans] };
}

function withLook(payment: StoredPayment, answer: ProviderAnswer): StoredPayment {
  if (answer.result === 'missing')
    return parkedFor(payment, 'payment-missing', 'The provider does not know the intent.');
  if (answer.result !== 'intent') return payment;
  return resolvedBy(withIntent(payment, answer.intent, answer.evidence), answer.evidence);
}

/**
 * What was unknown is resolved by what the intent says: where the payment has come to an end, or where the call has
 * shown its effect.
 */
function resolvedBy(payment: StoredPayment, evidence: Evidence): StoredPayment {
  const { create, confirm, capture, cancel } = payment.operations;
  const isAuthorized = payment.state === 'authorized' || payment.state === 'capturing';
  const shown = [
    ...(payment.reference === null ? [] : [create]),
    ...(isFinal(payment) ? [confirm, capture, cancel] : []),
    ...(isAuthorized || payment.seen === 'requires-action' || payment.seen === 'processing' ? [confirm] : []),
  ];
  return shown
    .filter((one) => one?.state === 'unknown' || one?.state === 'sent')
    .reduce(
      (before: StoredPayment, one) =>
        one === undefined ? before : withOperation(before, { ...one, state: 'resolved', evidence }),
      payment,
    );
}

/** All intents that were found in the time of a create whose answer is not known. */
export interface Search {
  /** The create that was looked for. */
  seq: number;
  found: readonly ProviderIntent[];
  evidence: Evidence;
}

/** Another run may have made another create meanwhile, of which the search says nothing. */
export function withFound(payment: StoredPayment, { seq, found, evidence }: Search): StoredPayment {
  const { create } = payment.operations;
  const [intent, ...others] = found;
  if (create?.seq !== seq || isSettled(create) || payment.reference !== null) return payment;
  // That there is none is proved by the list, so another one can be made under another key.
  if (intent === undefined) return withOperation(payment, { ...create, state: 'failed', evidence });
  const known = recorded(withOperation(payment, { ...create, state: 'resolved', evidence }), create, intent);
  return withIntent(withOrphans(known, others), intent, evidence);
}

/** Whether what has become of a call is known already: another run may have been told meanwhile. */
function isSettled({ state }: Operation): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'resolved';
}

/** A later operation of the same kind stays the one that counts. */
export function withOperation(payment: StoredPayment, operation: Operation): StoredPayment {
  const stored = payment.operations[operation.kind];
  if (stored !== undefined && stored.seq > operation.seq) return payment;
  return { ...payment, operations: { ...payment.operations, [operation.kind]: operation } };
}
