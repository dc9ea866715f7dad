import type { Cause } from '../../contracts/nouns.js';
import type { OperatorActName, SagaState } from '../../contracts/sagas.js';
import type { ShownOperation } from '../payments/payments.reads.js';

/** The state of a saga as an operator sees it: that of its run, or that its deal is closed. */
export type SagaViewState = SagaState | 'ended';

/** The last that runs have told of a saga. */
export interface NotedSaga {
  /** The id of its deal, for example `trd_…`. */
  id: string;
  kind: string;
  state: SagaViewState;
  step: string | null;
  description: string | null;
  why: string | null;
  since: Date | null;
  owner: string | null;
  players: string[];
  workflowId: string;
  /** Whether its run settles it alone, so that an operator can steer it. */
  alone: boolean;
}

/** One note of a run, as it was kept for one saga. */
export interface TimelineNote {
  workflowId: string;
  runId: string;
  at: Date;
  state: SagaViewState;
  step: string | null;
  why: string | null;
  owner: string | null;
  /** What an operator did, and how it was answered; null for a change of state. */
  act: {
    name: OperatorActName;
    operator: string;
    reason: string;
    answer: { code: string; detail: string } | null;
  } | null;
}

/** A saga as an operator sees it. */
export interface Saga {
  id: string;
  kind: string;
  state: SagaViewState;
  /** What it waits for, while it is neither running nor ended. */
  stuckAt: {
    step: string | null;
    description: string | null;
    why: string | null;
    since: Date | null;
    owner: string | null;
  } | null;
  players: string[];
  dealState: string;
  workflowId: string;
  acceptedAt: Date;
}

/** How a step of a run went, for one of the exchanges of the run. */
export interface StepTaken {
  /** Milliseconds since 1970. */
  at: number;
  step: string;
  /** What it does, in words. */
  description: string;
  attempts: number;
  /**
   * What was answered for the exchange; `pending` while the step is tried, `failed` where it was given up, `abandoned`
   * where nobody waits for it any more.
   */
  outcome: string;
  /** Why it was refused or turned back. */
  cause?: Cause;
  /** What the last attempt failed with. */
  lastError?: string;
  /** Milliseconds since 1970. */
  nextAttemptAt?: number;
}

/** One thing that happened to a saga. */
export type SagaEvent = { at: Date } & (
  | { event: 'accepted' }
  | { event: 'closed'; state: string; reason: Cause | null }
  | ({ event: 'step'; workflowId: string } & Omit<StepTaken, 'at'>)
  | { event: 'transfer'; id: string; legs: { from: string; to: string; asset: string; amount: bigint }[] }
  | ({ event: 'payment' } & Omit<ShownOperation, 'sentAt'>)
  | { event: 'movement'; instance: string; kind: string; from: string | null; to: string }
  | {
      event: 'stuck' | 'freed' | 'compensating' | 'parked' | 'ended';
      workflowId: string;
      step: string | null;
      why: string | null;
      owner: string | null;
    }
  | { event: 'operator'; act: OperatorActName; operator: string; reason: string }
  | { event: 'answer'; act: OperatorActName; operator: string; code: string; detail: string }
);

/**
 * Whether the steps of a saga could be read: Temporal may be away, or may have no run of it (not yet, or not any more).
 */
export type StepsRead = 'read' | 'unavailable' | 'forgotten';
