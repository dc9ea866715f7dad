import { ApplicationFailure, heartbeat } from '@temporalio/activity';
import { badElementError, type PaymentActivities, type ResolveActivities } from '../contracts/activities.js';
import { compact, type Answers, type AuthorizeOutcome, type CaptureOutcome } from '../contracts/answers.js';
import type { NothingKept, VoidOutcome } from '../contracts/answers.js';
import type { Cause, ExchangeRef, Payment } from '../contracts/nouns.js';

const heartbeatEveryMs = 3_000;

/** What became of one payment of a list: the answer to it, or why it could not be given. */
export type PaymentResult<O> = { answer: O } | { failed: string };

/**
 * What the steps call: list commands that answer one result per element, in order. They throw an outage of the
 * payments' own database. A provider that cannot be reached has failed each payment by itself.
 */
export interface PaymentCommands {
  authorize(elements: readonly PaymentElement[]): Promise<PaymentResult<AuthorizeOutcome>[]>;
  capture(elements: readonly PaymentElement[]): Promise<PaymentResult<CaptureOutcome>[]>;
  void(elements: readonly (PaymentElement & { cause: Cause })[]): Promise<PaymentResult<VoidOutcome>[]>;
  /** What has become of payments. It calls no provider. */
  kept(elements: readonly ExchangeRef[]): Promise<PaymentResult<VoidOutcome | NothingKept>[]>;
}
type PaymentElement = ExchangeRef & { payment: Payment };

/** The payments' part in a saga. Each activity is one call of the service. */
export function paymentActivities(payments: PaymentCommands): {
  payments: PaymentActivities;
  undo: Pick<ResolveActivities, 'paymentKept'>;
} {
  return {
    payments: {
      paymentAuthorize: (exchanges) => asPaymentAnswers(exchanges, () => payments.authorize(exchanges)),
      paymentCapture: (exchanges) => asPaymentAnswers(exchanges, () => payments.capture(exchanges)),
      paymentVoid: (exchanges) => asPaymentAnswers(exchanges, () => payments.void(exchanges)),
    },
    undo: { paymentKept: (exchanges) => asPaymentAnswers(exchanges, () => payments.kept(exchanges)) },
  };
}

/**
 * Makes one call for a step. A payment that fails while another is done is answered as failed, and leaves the convoy.
 * If nothing is done, the step fails as a whole and is tried again. The heartbeat tells that the worker is still at it.
 * @throws the outage that the call has met
 * @throws ApplicationFailure of the type `BadElement` where no payment could be done
 */
export async function asPaymentAnswers<O extends { id: string }>(
  elements: readonly { id: string }[],
  call: () => Promise<PaymentResult<O>[]>,
): Promise<Answers<O>> {
  const beat = setInterval(heartbeat, heartbeatEveryMs);
  try {
    const results = await call();
    const [first] = results;
    if (first !== undefined && 'failed' in first && results.every((result) => 'failed' in result))
      throw ApplicationFailure.create({ type: badElementError, message: first.failed });
    return compact(
      elements.map(({ id }, place) => {
        const result = results[place];
        if (result === undefined || ('answer' in result && result.answer.id !== id))
          throw new Error(`${id}: the command did not answer for it`);
        return 'answer' in result ? result.answer : { id, outcome: 'failed', error: result.failed };
      }),
    );
  } finally {
    clearInterval(beat);
  }
}
