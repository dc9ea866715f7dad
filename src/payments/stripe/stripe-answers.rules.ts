import { z } from 'zod';
import type {
  CallFailure,
  Evidence,
  ListResult,
  ProviderAnswer,
  ProviderRefund,
  RefundAnswer,
} from '../provider.types.js';
import { declineOf, intentOf, type StripeIntent } from './stripe-intent.rules.js';
import { refundOf } from './stripe-refund.rules.js';
import { withoutSecrets } from './stripe-words.rules.js';

/** An answer as it came. `body` is undefined where it was no JSON. */
export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}
/** What a call came to. */
export type HttpOutcome = HttpAnswer | { noAnswer: string };

/** What an answer is judged by beside itself. */
export interface Judging {
  /** The id of what the call is about; null where it makes an intent. */
  reference: string | null;
  /** Milliseconds since 1970. */
  now: number;
  /** From 0 up to 1. It spreads the calls that were told to come again. */
  random: number;
}

const word = z.string().min(1).nullish().catch(null);
const stripeError = z.object({
  error: z.object({
    type: z.string().min(1),
    code: word,
    decline_code: word,
    message: word,
    param: word,
    charge: word,
    payment_intent: z.unknown().optional(),
  }),
});
type StripeError = z.infer<typeof stripeError>['error'];

/** Statuses of 4xx after which a call may have been done, or may be under way. */
const undecided = [408, 409, 424, 425];

/** What a call has come to. Whatever is not surely an answer about the payment is `unknown`. */
export function answerOf(outcome: HttpOutcome, judging: Judging): ProviderAnswer {
  if ('noAnswer' in outcome) return unanswered(outcome.noAnswer);
  const error = stripeError.safeParse(outcome.body).data?.error;
  const told = intentOf(error === undefined ? outcome.body : error.payment_intent);
  const isAsked = judging.reference === null || told?.intent.reference === judging.reference;
  const intent = isAsked ? (told?.intent ?? null) : null;
  const evidence = evidenceOf(outcome, error, told);
  if (isGood(outcome)) {
    if (intent !== null && error === undefined) return { result: 'intent', intent, evidence };
    return { result: 'unknown', why: `an answer ${outcome.status} that is not the intent`, evidence };
  }
  const bad = badResultOf(outcome, error, judging);
  return bad.result === 'declined' || bad.result === 'refused' ? { ...bad, intent, evidence } : { ...bad, evidence };
}

/**
 * What a refund, or a look at one, has come to. It is judged as a call about an intent.
 * @param isAsked whether a refund is the one that the call is about
 */
export function refundAnswerOf(
  outcome: HttpOutcome,
  judging: Judging,
  isAsked: (refund: ProviderRefund) => boolean,
): RefundAnswer {
  if ('noAnswer' in outcome) return unanswered(outcome.noAnswer);
  const error = stripeError.safeParse(outcome.body).data?.error;
  const refund = error === undefined ? refundOf(outcome.body) : undefined;
  const { reference, status, amount, currency } = refund ?? {};
  const told = refund && { refund: reference, refundStatus: status, amount: String(amount), currency };
  const evidence = { ...evidenceOf(outcome, error), ...told } as Evidence;
  if (isGood(outcome)) {
    if (refund !== undefined && isAsked(refund)) return { result: 'refund', refund, evidence };
    return { result: 'unknown', why: `an answer ${outcome.status} that is not the refund`, evidence };
  }
  const bad = badResultOf(outcome, error, judging);
  return bad.result === 'declined' ? { ...bad, result: 'refused', evidence } : { ...bad, evidence };
}

/**
 * What a question has come to that changes nothing.
 * @param read reads the body of a good answer; undefined where it cannot
 */
export function foundAnswerOf<Found>(
  outcome: HttpOutcome,
  judging: Judging,
  read: (body: unknown) => Found | undefined,
): ListResult<Found> & { evidence: Evidence } {
  if ('noAnswer' in outcome) return unanswered(outcome.noAnswer);
  const error = stripeError.safeParse(outcome.body).data?.error;
  const evidence = evidenceOf(outcome, error);
  if (isGood(outcome)) {
    const found = error === undefined ? read(outcome.body) : undefined;
    if (found !== undefined) return { ...found, evidence };
    return { result: 'unknown', why: `an answer ${outcome.status} that cannot be read`, evidence };
  }
  const bad = badResultOf(outcome, error, judging);
  return bad.result === 'declined' ? { ...bad, result: 'refused', evidence } : { ...bad, evidence };
}

function unanswered(why: string): { result: 'unknown'; why: string; evidence: Evidence } {
  return { result: 'unknown', why, evidence: { noAnswer: why } };
}

function isGood({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

/** An answer that is no 2xx. */
type BadResult =
  | CallFailure
  | { result: 'declined'; code: string; detail: string }
  | { result: 'refused'; code: string; detail: string };

function badResultOf(answer: HttpAnswer, error: StripeError | undefined, judging: Judging): BadResult {
  const { status } = answer;
  const isTooMany = status === 429 || (status === 400 && error?.code === 'rate_limit');
  if (status >= 500 || isTooMany) {
    if (isReplay(answer)) return { result: 'stored-error', why: `an answer ${status} that is kept under the key` };
    if (!isTooMany) return { result: 'unknown', why: `an answer ${status}` };
    return { result: 'throttled', retryAfterMs: retryAfterMs(answer.headers['retry-after'], judging) };
  }
  // What is in between, such as a proxy, answers in other forms, and does not know what was done.
  if (status < 400 || error === undefined)
    return { result: 'unknown', why: `an answer ${status} that is not Stripe's` };
  return resultOfError(status, error, judging);
}

function resultOfError(status: number, error: StripeError, { reference }: Judging): BadResult {
  const { code, detail } = declineOf({ ...error, decline_code: null });
  if (status === 401 || status === 403) return { result: 'denied', why: detail };
  if (undecided.includes(status) || error.type === 'api_error') {
    return { result: 'unknown', why: `an answer ${status} (${code})` };
  }
  if (error.type === 'idempotency_error') return { result: 'key-misused', why: detail };
  if (error.type === 'card_error') return { result: 'declined', ...declineOf(error) };
  const isAboutIntent = reference !== null && error.code === 'resource_missing' && error.param !== 'payment_method';
  if (status === 404 && isAboutIntent) return { result: 'missing' };
  return { result: 'refused', code, detail };
}

/** Whether the answer was given before, to a call with the same key. */
function isReplay({ headers }: HttpAnswer): boolean {
  return headers['idempotent-replayed'] === 'true';
}

/** How long to wait, as the header says in seconds or by a date: a second at least, and a minute at most. */
function retryAfterMs(header: string | string[] | undefined, { now, random }: Judging): number {
  const said = typeof header === 'string' ? header.trim() : '';
  const ms = /^\d+(\.\d+)?$/.test(said) ? Number(said) * 1000 : Date.parse(said) - now;
  const atLeast = Math.max(Number.isNaN(ms) ? 0 : ms, 1000);
  return Math.min(Math.round(atLeast * (1 + random / 4)), 60_000);
}

/** What is kept of an answer. Each field is named here, so that nothing else of a body can be in it. */
export function evidenceOf(answer: HttpAnswer, error?: StripeError, told?: StripeIntent): Evidence {
  const requestId = answer.headers['request-id'];
  const intent = told?.intent;
  const all = {
    http: answer.status,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    replayed: isReplay(answer) || undefined,
    errorType: error?.type,
    code: error?.code,
    declineCode: error?.decline_code,
    intent: intent?.reference,
    status: intent?.status,
    amount: intent?.amount.toString(),
    currency: intent?.currency,
    capturable: intent?.capturable.toString(),
    captured: intent?.received.toString(),
    mode: intent?.mode,
    cancellation: intent?.cancellation,
    charge: told?.charge ?? error?.charge,
  };
  const kept = Object.entries(all).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, typeof value === 'string' ? withoutSecrets(value) : value]],
  );
  return Object.fromEntries(kept) as Evidence;
}
