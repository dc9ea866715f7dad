import { describeStep } from '../../contracts/activities.js';
import type { Cause } from '../../contracts/nouns.js';
import type { StepTaken } from './sagas.types.js';

/*
 * What a run has recorded of its steps, for one of its exchanges. The shapes are what is used here of Temporal's own,
 * so that nothing of Temporal is needed to decide or to test this.
 */

interface Moment {
  seconds?: { toString(): string } | null;
  nanos?: number | null;
}

interface Payload {
  metadata?: Record<string, Uint8Array> | null;
  data?: Uint8Array | null;
}

interface Payloads {
  payloads?: Payload[] | null;
}

interface Failure {
  message?: string | null;
  cause?: Failure | null;
}

type EventId = { toString(): string } | null;

interface ScheduledStep {
  activityId?: string | null;
  activityType?: { name?: string | null } | null;
  input?: Payloads | null;
}

interface StepEnd {
  scheduledEventId?: EventId;
}

/** What is recorded of the local attempt: a `MadeStep` for each step. */
interface LocalAttempt {
  markerName?: string | null;
  /** `result` is missing where the attempt failed. */
  details?: Record<string, Payloads> | null;
}

const localAttemptMarker = 'core_local_activity';

/** One event of a run's history. */
export interface RecordedEvent {
  eventId?: EventId;
  eventTime?: Moment | null;
  userMetadata?: { summary?: Payload | null } | null;
  activityTaskScheduledEventAttributes?: ScheduledStep | null;
  activityTaskStartedEventAttributes?: (StepEnd & { attempt?: number | null }) | null;
  activityTaskCompletedEventAttributes?: (StepEnd & { result?: Payloads | null }) | null;
  activityTaskFailedEventAttributes?: (StepEnd & { failure?: Failure | null }) | null;
  activityTaskTimedOutEventAttributes?: (StepEnd & { failure?: Failure | null }) | null;
  activityTaskCancelRequestedEventAttributes?: StepEnd | null;
  activityTaskCanceledEventAttributes?: StepEnd | null;
  markerRecordedEventAttributes?: LocalAttempt | null;
  workflowExecutionStartedEventAttributes?: { input?: Payloads | null } | null;
}

/** A step that a run waits for now. */
export interface PendingStep {
  activityId?: string | null;
  attempt?: number | null;
  lastFailure?: Failure | null;
  /** When the next attempt is due. */
  nextAttemptScheduleTime?: Moment | null;
}

interface OpenStep {
  /** Null where the run waits for it no more. */
  activityId: string | null;
  /** The element of the step's list that is about the exchange. */
  element: Record<string, unknown>;
  step: StepTaken;
}

/**
 * The steps of a run that were about an exchange, in the order in which they were begun. Steps that did not include the
 * exchange are skipped, and so are activities that are not steps of a saga.
 * @param pending what the run waits for now; none where it has ended
 */
export function stepsOf(
  exchange: string,
  history: readonly RecordedEvent[],
  pending: readonly PendingStep[],
): StepTaken[] {
  const steps = new Map<string, OpenStep>();
  const inRun =
    elementOf(decode(history[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]), exchange) !==
    undefined;
  for (const event of history) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const local = event.markerRecordedEventAttributes;
    if (scheduled) begin(steps, exchange, event, scheduled);
    else if (local) made(steps, inRun, exchange, event, local);
    else goOn(steps, event);
  }
  for (const one of pending) {
    const open = [...steps.values()].find(({ activityId }) => activityId !== null && activityId === one.activityId);
    if (open !== undefined) addPending(open.step, one);
  }
  return [...steps.values()].map(({ step }) => step);
}

function begin(
  steps: Map<string, OpenStep>,
  exchange: string,
  event: RecordedEvent,
  { activityId, activityType, input }: ScheduledStep,
): void {
  const element = elementOf(decode(input?.payloads?.[0]), exchange);
  if (element === undefined) return;
  const step = {
    at: millisecondsOf(event.eventTime),
    step: activityType?.name ?? '',
    description: descriptionOf(event),
    attempts: 0,
    outcome: 'abandoned',
  };
  steps.set(String(event.eventId), { activityId: activityId ?? null, element, step });
}

/**
 * The steps that a local attempt has made. An attempt that failed is left out: the steps that were dispatched after it
 * say all that there is to say.
 */
function made(
  steps: Map<string, OpenStep>,
  inRun: boolean,
  exchange: string,
  event: RecordedEvent,
  { markerName, details }: LocalAttempt,
): void {
  const list = decode(details?.['result']?.payloads?.[0]);
  if (markerName !== localAttemptMarker || !Array.isArray(list)) return;
  for (const [place, one] of list.entries()) {
    if (!isObject(one) || !isObject(one['asked'])) continue;
    const element = askedOf(one['asked'], inRun, exchange);
    if (element === undefined) continue;
    const name = String(one['step']);
    const step = {
      at: Date.parse(String(one['at'])),
      step: name,
      description: describeStep(name, Number(one['asked']['count']), exchange),
      attempts: 1,
      outcome: 'done',
    };
    steps.set(`${String(event.eventId)}/${place}`, {
      activityId: null,
      element,
      step: { ...step, ...outcomeIn(one['answers'], element) },
    });
  }
}

function goOn(steps: Map<string, OpenStep>, event: RecordedEvent): void {
  const cancelled = event.activityTaskCancelRequestedEventAttributes;
  const given = cancelled ? steps.get(String(cancelled.scheduledEventId)) : undefined;
  if (given !== undefined) given.activityId = null;
  const ended = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  const about = event.activityTaskStartedEventAttributes ?? event.activityTaskCompletedEventAttributes ?? ended;
  const open = about ? steps.get(String(about.scheduledEventId)) : undefined;
  if (open === undefined) return;
  if (event.activityTaskStartedEventAttributes)
    open.step.attempts = event.activityTaskStartedEventAttributes.attempt ?? 1;
  else if (ended) Object.assign(open.step, { outcome: 'failed', lastError: messageOfFailure(ended.failure) });
  else
    Object.assign(
      open.step,
      outcomeIn(decode(event.activityTaskCompletedEventAttributes?.result?.payloads?.[0]), open.element),
    );
}

function addPending(step: StepTaken, { attempt, lastFailure, nextAttemptScheduleTime }: PendingStep): void {
  step.outcome = 'pending';
  step.attempts = attempt ?? 1;
  if (lastFailure) step.lastError = messageOfFailure(lastFailure);
  if (nextAttemptScheduleTime) step.nextAttemptAt = millisecondsOf(nextAttemptScheduleTime);
}

/** What `Answers` say of one exchange. A close answers only the time; the state is in its input. */
function outcomeIn(answers: unknown, element: Record<string, unknown>): Partial<StepTaken> {
  const { common, exceptions } = isObject(answers) ? answers : {};
  const own =
    (Array.isArray(exceptions) ? elementOf(exceptions, String(element['id'])) : undefined) ??
    (isObject(common) ? common : {});
  const outcome = own['outcome'] ?? element['state'];
  const cause = own['cause'] ?? (own['outcome'] === undefined ? element['cause'] : undefined);
  return {
    outcome: typeof outcome === 'string' ? outcome : 'done',
    ...(isCause(cause) && { cause: { code: cause.code, detail: cause.detail } }),
    ...(typeof own['error'] === 'string' && { lastError: own['error'] }),
  };
}

/**
 * This exchange's part of what a step of the local attempt was asked; undefined if the step did not include the
 * exchange.
 */
function askedOf(asked: Record<string, unknown>, inRun: boolean, id: string): Record<string, unknown> | undefined {
  const { ids, common, exceptions } = asked;
  const about = Array.isArray(ids) ? ids.includes(id) : inRun;
  return about ? (elementOf(exceptions, id) ?? { ...(isObject(common) && common), id }) : undefined;
}

/** In words what a step does. */
function descriptionOf({ userMetadata }: RecordedEvent): string {
  const description = decode(userMetadata?.summary);
  return typeof description === 'string' ? description : '';
}

function elementOf(list: unknown, id: string): Record<string, unknown> | undefined {
  return Array.isArray(list)
    ? list.find((element): element is Record<string, unknown> => isObject(element) && element['id'] === id)
    : undefined;
}

/** The value of a payload; undefined where it is none of JSON. */
function decode(payload: Payload | null | undefined): unknown {
  const encoding = payload?.metadata?.['encoding'];
  if (!payload?.data || !encoding || text(encoding) !== 'json/plain') return undefined;
  return JSON.parse(text(payload.data));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** What went wrong, in the words of who failed; a failure without words says those of its cause. */
function messageOfFailure(failure: Failure | null | undefined): string {
  return failure?.message || (failure?.cause ? messageOfFailure(failure.cause) : 'The step did not answer in time.');
}

function millisecondsOf(moment: Moment | null | undefined): number {
  return Number(moment?.seconds?.toString() ?? 0) * 1_000 + Math.floor((moment?.nanos ?? 0) / 1_000_000);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCause(value: unknown): value is Cause {
  return isObject(value) && typeof value['code'] === 'string' && typeof value['detail'] === 'string';
}
