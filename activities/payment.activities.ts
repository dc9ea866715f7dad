import { ApplicationFailure, activityInfo, heartbeat } from '@temporalio/activity';
import {
  badElementError,
  type AskingRun,
  type PaymentActivities,
  type ResolveActivities,
} from '../contracts/activities.js';
import {
  compact,
  type Answers,
  type AskLater,
  type AuthorizeOutcome,
  type CaptureOutcome,
  type RefundEndOutcome,
  type RefundOutcome,
} from '../contracts/answers.js';
import type { NothingKept, VoidOutcome } from '../contracts/answers.js';
import type { Cause, ExchangeRef, Payment, Refund } from '../contracts/nouns.js';

const heartbeatEveryMs = 3_000;

/**
 * What became of one payment of a list: the answer to it, or why it could not be given. `later` is one that was not
 * asked about, because the provider cannot be asked now. `retryMs` says when what has failed is best tried again.
 */
export type PaymentResult<O> = { answer: O } | { failed: string; retryMs?: number } | { later: string };

/**
 * What the steps call: list commands that answer one result per element, in order. They throw an outage, of their own
 * database or of the provider, which is nobody's fault.
 */
export interface PaymentCommands {
  /** Captures at once what is authorised, as far as that goes. */
  authorize(elements: readonly PaymentElement[], asking: Asking): Promise<PaymentResult<AuthorizeOutcome>[]>;
  capture(elements: readonly PaymentElement[], asking: Asking): Promise<PaymentResult<CaptureOutcome>[]>;
  void(elements: readonly (PaymentElement & { cause: Cause })[], asking: Asking): Promise<PaymentResult<VoidOutcome>[]>;
  /** What has become of payments. It calls no provider. */
  kept(elements: readonly ExchangeRef[]): Promise<(VoidOutcome | NothingKept)[]>;
}
/** How a step is asked. An impatient one waits no longer for a slow payment than its neighbours should. */
export interface Asking {
  alone: boolean;
  patient: boolean;
}
type PaymentElement = ExchangeRef & { payment: Payment };

/** What the steps of refunds call, as PaymentCommands. */
export interface RefundCommands {
  refund(elements: readonly RefundElement[], asking: Asking): Promise<PaymentResult<RefundOutcome>[]>;
  cancel(
    elements: readonly (RefundElement & { cause: Cause })[],
    asking: Asking,
  ): Promise<PaymentResult<RefundEndOutcome>[]>;
  /** What has become of refunds. It calls no provider. */
  kept(elements: readonly ExchangeRef[]): Promise<(RefundEndOutcome | NothingKept)[]>;
}
type RefundElement = ExchangeRef & { refund: Refund };

/** The payments' part in a saga. Each activity is one command on payments, by the task queue that it is on. */
export function paymentActivities(
  payments: PaymentCommands,
  refunds: RefundCommands,
): {
  payments: PaymentActivities;
  undo: Pick<ResolveActivities, 'paymentKept' | 'refundKept'>;
} {
  return {
    payments: {
      paymentAuthorize: (exchanges, run) =>
        asPaymentAnswers(exchanges, run, () => payments.authorize(exchanges, askingOf(run))),
      paymentCapture: (exchanges, run) =>
        asPaymentAnswers(exchanges, run, () => payments.capture(exchanges, askingOf(run))),
      paymentVoid: (exchanges, run) => asPaymentAnswers(exchanges, run, () => payments.void(exchanges, askingOf(run))),
      paymentRefund: (exchanges, run) =>
        asPaymentAnswers(exchanges, run, () => refunds.refund(exchanges, askingOf(run))),
      paymentRefundCancel: (exchanges, run) =>
        asPaymentAnswers(exchanges, run, () => refunds.cancel(exchanges, askingOf(run))),
    },
    undo: {
      paymentKept: async (exchanges) => compact(await payments.kept(exchanges)),
      refundKept: async (exchanges) => compact(await refunds.kept(exchanges)),
    },
  };
}

/** Where nobody of a list was answered in time, the next attempt takes the time that it needs. */
function askingOf({ alone }: AskingRun): Asking {
  return { alone, patient: alone || activityInfo().attempt > 1 };
}

/**
 * Makes one call for a step. A payment of a run of several that fails is answered as failed and leaves the run: since
 * an outage is thrown, it has failed by itself. The only payment of a run fails the step, which is tried again. The
 * heartbeat tells that the worker is still at it.
 * @throws the outage that the call has met
 * @throws ApplicationFailure of the type `BadElement` where the only payment of the run could not be done
 */
export async function asPaymentAnswers<O extends { id: string }>(
  elements: readonly { id: string }[],
  { alone }: AskingRun,
  call: () => Promise<PaymentResult<O>[]>,
): Promise<Answers<O | AskLater>> {
  const beat = setInterval(heartbeat, heartbeatEveryMs);
  try {
    const results = await call();
    const [first] = results;
    if (alone && first !== undefined && 'failed' in first)
      throw ApplicationFailure.create({
        type: badElementError,
        message: first.failed,
        ...(first.retryMs !== undefined && { nextRetryDelay: first.retryMs }),
      });
    return compact<O | AskLater>(
      elements.map(({ id }, place) => {
        const result = results[place];
        if (result === undefined || ('answer' in result && result.answer.id !== id))
          throw new Error(`${id}: the command did not answer for it`);
        if ('later' in result) return { id, outcome: 'later' };
        return 'answer' in result ? result.answer : { id, outcome: 'failed', error: result.failed };
      }),
    );
  } finally {
    clearInterval(beat);
  }
}
