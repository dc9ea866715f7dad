import type { ExchangeKind, ExchangeRef } from './nouns.js';

/* What a saga is found by, tells of itself and is steered by, and how its workflows are called. */

/** An operator's act on a saga: who does it, and why. Each is 1 to 200 characters without control characters. */
export interface OperatorAct {
  operator: string;
  reason: string;
}

/**
 * The updates by which an operator steers a run that settles one exchange. Each refuses with an ApplicationFailure whose
 * type is a code of docs/errors.md.
 *
 * `retry` makes the step that the run stands at now, and answers once it has answered. `compensate` turns the exchange back; it is answered
 * as soon as it is known what the deal's row will say, which is that it is settled where the operator came too late.
 * `resolve` ends the saga as the pivot says, by hand where the items' side cannot: see inventoryEndByHand.
 */
export const operatorActs = ['retry', 'compensate', 'resolve'] as const;
export type OperatorActName = (typeof operatorActs)[number];

/**
 * The states of a run, which are the values of the search attribute `SagaState`. A run is stuck while a step has failed
 * for a while, compensating while it is turned back, and parked while an undo step has failed for a while.
 */
export const sagaStates = ['running', 'stuck', 'compensating', 'parked'] as const;
export type SagaState = (typeof sagaStates)[number];

/** The search attributes of a run. A convoy has no business id and no players, and a title where all are of one. */
export const sagaAttributes = {
  kind: 'SagaKind',
  state: 'SagaState',
  step: 'SagaStep',
  businessId: 'BusinessId',
  title: 'Title',
  players: 'Player',
  stuckSince: 'StuckSince',
} as const;

/** What a note says of an exchange beside what happened to its run. */
export interface SagaSubject extends ExchangeRef {
  kind: ExchangeKind;
  /** The title's own ids of the players who take part. */
  players: string[];
}

/**
 * What a run tells the sagas' boundary of itself. A run that is never stuck, turned back or operated on tells nothing.
 * A run's notes are numbered from 1; one that comes twice is the same.
 */
export interface SagaNote {
  workflowId: string;
  runId: string;
  number: number;
  /** RFC 3339 in UTC. */
  at: string;
  /** The exchanges of the run, without those that have left it. */
  subjects: SagaSubject[];
  /** Whether it is a run of one exchange, which operators can steer. */
  alone: boolean;
  /** What the run is now. */
  state: SagaState | 'ended';
  /** The step that it stands at, where it is stuck or parked, since when (RFC 3339 in UTC), and what it last failed with when the note was made. */
  stands: { step: string; says: string; since: string; why: string } | null;
  /** Who is to see to a parked saga: the operator who acted on it last, or nobody in particular. */
  owner: string | null;
  /** An operator's act, when it was let in (no answer yet) and when it was answered; null for a change of state. */
  act: (OperatorAct & { name: OperatorActName; answer: { code: string; detail: string } | null }) | null;
}

/** The workflow type that settles exchanges. */
export const exchangeSagaWorkflow = 'exchangeSaga';

/** The workflow type of the sweep. */
export const sweepWorkflow = 'sweep';

/** The id of the sweep's schedule and of its runs. A task queue is one installation, and each installation sweeps its own. */
export function sweepId(taskQueue: string): string {
  return `sweep/${taskQueue}`;
}
