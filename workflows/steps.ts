import { ActivityFailure, ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { ActivityCancellationType, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import {
  isPaymentStep,
  paymentsTaskQueue,
  undoTaskQueue,
  waitActivity,
  type AskingRun,
  type ForwardActivities,
  type LeaveActivities,
  type MadeStep,
  type NoteActivities,
  type PaymentActivities,
  type ResolveActivities,
  type StepActivities,
  type StepAnswer,
  type StepElement,
  type StepName,
  type UndoActivities,
} from '../contracts/activities.js';
import { compact, type Answers, type Waiting } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';

/**
 * A step is tried until it answers, because every step is idempotent and none may be given up half way: a refusal is
 * an answer, and what is not an answer is an outage that ends. There is no bound on the attempts and none on the
 * whole, only on one attempt, which is longer than any statement may run.
 */
export const untilAnswered = {
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
} satisfies ActivityOptions;

/** A step or an undo step by its name. Temporal dispatches it, and tries it again as the options say. */
export interface Step<E, O extends { id: string }> {
  name: string;
  /** Whether it undoes. A saga whose undo cannot be done is parked, and not only stuck. */
  undo: boolean;
  run(options: ActivityOptions, elements: readonly E[], run: AskingRun): Promise<Answers<O>>;
}

type UndoElement<N extends keyof UndoActivities> = Parameters<UndoActivities[N]>[0][number];
type UndoAnswer<N extends keyof UndoActivities> =
  Awaited<ReturnType<UndoActivities[N]>> extends Answers<infer O> ? O : never;

/** A forward step, on the task queue of the workflow itself, or on that of the steps of payments. */
export function forwardStep<N extends StepName>(name: N): Step<StepElement<N>, StepAnswer<N>> {
  if (isPaymentStep(name)) return paymentStep(name) as unknown as Step<StepElement<N>, StepAnswer<N>>;
  return dispatched(name, false, proxyActivities<StepActivities>(untilAnswered));
}

type PaymentElement<N extends keyof PaymentActivities> = Parameters<PaymentActivities[N]>[0][number];
type PaymentAnswer<N extends keyof PaymentActivities> =
  Awaited<ReturnType<PaymentActivities[N]>> extends Answers<infer O> ? O : never;

/**
 * A step of a payment or a refund. One attempt makes several calls to a provider, so it may take minutes, and its
 * heartbeat tells that its worker is still at it.
 */
export function paymentStep<N extends keyof PaymentActivities>(name: N): Step<PaymentElement<N>, PaymentAnswer<N>> {
  const options = {
    ...untilAnswered,
    startToCloseTimeout: '3 minutes',
    heartbeatTimeout: '15 seconds',
    taskQueue: paymentsTaskQueue(workflowInfo().taskQueue),
  } satisfies ActivityOptions;
  const { [name]: activity } = proxyActivities<PaymentActivities>(options);
  return {
    name,
    undo: name === 'paymentVoid' || name === 'paymentRefundCancel',
    run: (more, elements, run) =>
      (activity as unknown as Dispatched<PaymentAnswer<N>>).executeWithOptions(more, [[...elements], run]),
  };
}

/** The step that says on the rows of deals of a kind whom they wait for. The rows have nothing to answer. */
export function waitStep(kind: string): Step<Waiting, { id: string; outcome: 'waits' }> {
  const name = waitActivity(kind);
  const activity = proxyActivities<NoteActivities>(untilAnswered)[name];
  if (activity === undefined) throw new Error(`There is no step ${name}.`);
  return {
    name,
    undo: false,
    async run(options, waiting) {
      await activity.executeWithOptions(options, [[...waiting]]);
      return compact(waiting.map(({ id }) => ({ id, outcome: 'waits' })));
    },
  };
}

/** An undo step, on the task queue of the undo steps. */
export function undoStep<N extends keyof UndoActivities>(name: N): Step<UndoElement<N>, UndoAnswer<N>> {
  return dispatched(name, true, proxyActivities<UndoActivities>(onUndoQueue(untilAnswered)));
}

interface Dispatched<O extends { id: string }> {
  executeWithOptions(options: ActivityOptions, args: unknown[]): Promise<Answers<O>>;
}

function dispatched<E, O extends { id: string }>(name: string, undo: boolean, activities: object): Step<E, O> {
  const activity = (activities as Record<string, Dispatched<O>>)[name];
  if (activity === undefined) throw new Error(`There is no step ${name}.`);
  return { name, undo, run: (options, elements) => activity.executeWithOptions(options, [[...elements]]) };
}

/**
 * An attempt that the worker makes within the workflow task. It is short, because until the task ends nobody sees the
 * run wait, and all else that the run is told or asks for waits.
 */
function localAttempts(): ActivityInterfaceFor<ForwardActivities> {
  return proxyLocalActivities<ForwardActivities>({
    startToCloseTimeout: '2 seconds',
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });
}

/** The one attempt at the whole forward way, or at what comes before a payment. */
export function settleLocally(exchanges: readonly Exchange[]): Promise<MadeStep[]> {
  return localAttempts().settleForward.executeWithOptions({ summary: attemptAt('settle', exchanges) }, [
    [...exchanges],
  ]);
}

/** The one attempt at what comes after the capture. */
export function grantLocally(captured: readonly Exchange[], runSize: number): Promise<MadeStep[]> {
  return localAttempts().grantCaptured.executeWithOptions({ summary: attemptAt('grant', captured) }, [
    [...captured],
    runSize,
  ]);
}

function attemptAt(what: string, exchanges: readonly Exchange[]): string {
  const [only] = exchanges;
  return exchanges.length === 1 && only !== undefined ? `${what} ${only.id}` : `${what} ${exchanges.length} exchanges`;
}

/** Activities beside the protocol: exchanges leave by them, and others are told of the saga by them. */
export function sideActivities(): ActivityInterfaceFor<LeaveActivities & NoteActivities> {
  return proxyActivities<LeaveActivities & NoteActivities>(untilAnswered);
}

/** What an operator's `resolve` asks and does. The operator waits for it, so it is not tried for ever. */
export function manualActivities(): ActivityInterfaceFor<ResolveActivities> {
  return proxyActivities<ResolveActivities>(
    onUndoQueue({
      startToCloseTimeout: '10 seconds',
      retry: { initialInterval: '200 milliseconds', maximumAttempts: 2 },
    }),
  );
}

function onUndoQueue(options: ActivityOptions): ActivityOptions {
  return { ...options, taskQueue: undoTaskQueue(workflowInfo().taskQueue) };
}

/**
 * The type and the words of what an activity has failed with, or undefined for any other error. A dispatched activity's
 * failure is wrapped in an ActivityFailure. A local activity's error is not wrapped. Its timeout is wrapped live and
 * not on replay. So the type and the message decide, never the class.
 */
export function failureOf(error: unknown): { type: string; message: string } | undefined {
  if (!(error instanceof TemporalFailure)) return undefined;
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Error', message: cause.message };
  return { type: cause?.name ?? 'Error', message: cause?.message ?? error.message };
}
