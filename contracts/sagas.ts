import type { Closing } from './answers.js';
import type { ExchangeRef } from './nouns.js';

/* The acts, states, search attributes and notes of sagas, and the names of workflows. */

/** An operator's act on a saga: who does it, and why. Each is 1 to 200 characters without control characters. */
export interface OperatorAct {
  operator: string;
  reason: string;
}

/**
 * The updates by which an operator steers a run that settles one exchange. Each refuses with an ApplicationFailure
 * whose type is a code of docs/errors.md.
 *
 * `retry` makes the step at which the run is stuck now, and answers once it has answered. `compensate` turns the
 * exchange back; it is answered as soon as it is known what the deal's row will say, which is that it is settled where
 * the operator came too late. `park` has the run make no forward step until it is resumed, compensated or resolved.
 * `resume` lets it go on. `resolve` ends the saga as the pivot says, by hand where the items' side cannot: see
 * inventoryEndByHand.
 */
export const operatorActs = ['retry', 'compensate', 'resolve', 'park', 'resume'] as const;
export type OperatorActName = (typeof operatorActs)[number];

/** How an act is answered, to the operator and in the timeline. */
export interface ActAnswer {
  code: string;
  detail: string;
}

/** What a run answers to each act. */
export interface ActResults {
  retry: { step: string };
  compensate: Closing;
  resolve: Closing;
  park: { parked: true };
  resume: { parked: false };
}

/** The result of an act in words. `too-late` means that the exchange was to be turned back and is settled. */
export function answerOfAct<N extends OperatorActName>(name: N, result: ActResults[N]): ActAnswer {
  if ('step' in result) return { code: 'retried', detail: `The step ${result.step} has answered.` };
  if ('parked' in result) return result.parked ? parked : resumed;
  if (result.state !== 'settled') return { code: result.state, detail: `${result.cause.code}: ${result.cause.detail}` };
  if (name === 'compensate')
    return { code: 'too-late', detail: 'The pivot has booked it, so the deal is settled or will be.' };
  return { code: 'settled', detail: 'The deal is settled.' };
}

const parked: ActAnswer = {
  code: 'parked',
  detail: 'The saga makes no further forward step until it is resumed, compensated or resolved.',
};
const resumed: ActAnswer = { code: 'resumed', detail: 'The saga goes on.' };

/**
 * The states of a run, which are the values of the search attribute `SagaState`. A run is stuck while a step has failed
 * for a while, compensating while it is turned back, and parked while an undo step has failed for a while or an
 * operator has it wait.
 */
export const sagaStates = ['running', 'stuck', 'compensating', 'parked'] as const;
export type SagaState = (typeof sagaStates)[number];

/**
 * The search attributes of a run. A convoy has no business id and no players. It has a title where all of its exchanges
 * are of one title.
 */
export const sagaAttributes = {
  kind: 'SagaKind',
  state: 'SagaState',
  step: 'SagaStep',
  businessId: 'BusinessId',
  title: 'Title',
  players: 'Player',
  stuckSince: 'StuckSince',
} as const;

/** The deal that a saga settles, as the boundary `sagas` knows it. */
export interface SagaSubject extends ExchangeRef {
  kind: string;
  /** The title's own ids of the players who take part. */
  players: string[];
}

/**
 * What a run tells the sagas' boundary of itself. A run that is never stuck, turned back or operated on tells nothing,
 * except the end of a deal that an earlier run has marked as stuck. The notes of a run are numbered from 1. A note that
 * comes twice has the same number and is kept once.
 */
export interface SagaNote {
  workflowId: string;
  runId: string;
  number: number;
  /** RFC 3339 in UTC. */
  at: string;
  /** The subjects of the run, without those that have left it. */
  subjects: SagaSubject[];
  /** Whether it is a run of one exchange, which operators can steer. */
  alone: boolean;
  /** What the run is now. */
  state: SagaState | 'ended';
  /**
   * Where the run is stuck or parked, or what it waits for while it is turned back: the step, what it does in words,
   * since when (RFC 3339 in UTC), and what it last failed with when the note was made. Where an operator has parked the
   * run, `why` is the operator's reason, and there may be no step.
   */
  stuckAt: { step: string | null; description: string; since: string; why: string } | null;
  /** Who is to see to a parked saga: the operator who acted on it last, or nobody in particular. */
  owner: string | null;
  /** An operator's act, when it was let in (no answer yet) and when it was answered; null for a change of state. */
  act: (OperatorAct & { name: OperatorActName; answer: ActAnswer | null }) | null;
}

/** The workflow type that settles exchanges. */
export const exchangeSagaWorkflow = 'exchangeSaga';

/** The workflow type that books the fees of payment providers. */
export const feesWorkflow = 'bookFees';

/** The id of its schedule and of its runs, one for each installation. */
export function feesId(taskQueue: string): string {
  return `fees/${taskQueue}`;
}

/** The workflow type that sees to the orphans of payment providers. */
export const orphansWorkflow = 'seeToOrphans';

/** The id of its schedule and of its runs, one for each installation. */
export function orphansId(taskQueue: string): string {
  return `orphans/${taskQueue}`;
}

/** The workflow type that finds and books what moves at payment providers without our asking. */
export const outsideWorkflow = 'seeToOutside';

/** The id of its schedule and of its runs, one for each installation. */
export function outsideId(taskQueue: string): string {
  return `outside/${taskQueue}`;
}

/** The workflow type of the sweep. */
export const sweepWorkflow = 'sweep';

/**
 * The id of the sweep's schedule and of its runs. A task queue is one installation, and each installation sweeps its
 * own.
 */
export function sweepId(taskQueue: string): string {
  return `sweep/${taskQueue}`;
}
