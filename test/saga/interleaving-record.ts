import { ApplicationFailure } from '@temporalio/common';
import type { Answers, Closing, RunOutcome } from '../../contracts/answers.js';
import type { Cause, Exchange } from '../../contracts/nouns.js';
import type { Act, Plan, RunPlan } from './interleaving-plans.js';
import type { Deal } from './interleaving-deals.js';
import type { Snapshot } from './interleaving-snapshot.js';
import type { StepName } from './interleaving-world.js';
import type { PaymentRow } from './payments-in-memory.js';
import { UpdateNotAdmitted, type WorkflowRun } from './workflow-double.js';

/** What a participant answered for one exchange. */
export interface Answer {
  id: string;
  outcome: string;
  cause?: Cause;
}

/** What happened in a schedule, in order; a list is one event for each of its exchanges. */
export interface Event {
  run: number;
  /** A step is asked by a run, takes effect any number of times, and the run is told at most once. */
  what: 'asked' | 'took effect' | 'told';
  step: StepName;
  id: string;
  /**
   * The element of the list: for a close what the row is to say, for an undo its cause, for an end by hand what
   * is booked.
   */
  given: { cause?: Cause; booked?: boolean };
  answer: Answer | undefined;
}

/** What somebody did to a run and was told. */
export interface Acted {
  run: number;
  act: Act;
  cause: Cause;
  /** How many events there had been when it came, and when it was answered. */
  from: number;
  at: number;
  /** Refused is by a code. */
  outcome: { answered: Closing } | { notAdmitted: string } | { refused: string } | { failed: string } | 'unanswered';
}

/** A run that was started. */
export interface StartedRun {
  plan: RunPlan;
  exchanges: Exchange[];
  workflow: WorkflowRun<Answers<RunOutcome>>;
  commands: number;
  /** The ids of the exchanges that have left it. */
  left: Set<string>;
  /** How many commands of `resolve` it has given up. */
  gaveUp: number;
  /** Whether the operator who sees its step fail has resolved, or is about to. */
  resolving: boolean;
}

/** Everything that there is to judge a schedule by. */
export interface Played {
  plan: Plan;
  deals: Deal[];
  runs: StartedRun[];
  events: Event[];
  acted: Acted[];
  failures: string[];
  /** How many sweeps found a row open. */
  swept: number;
  /** What became in the end of the payments of deals that are paid in real money, by the ids of the deals. */
  payments: Map<string, PaymentRow>;
  /** When all was quiet, and again after the attempts and starts that came last. */
  quiet: Snapshot;
  last: Snapshot;
}

/** What an act is told that its run refuses, or fails. */
export function refusalOf(error: Error): Acted['outcome'] {
  if (error instanceof UpdateNotAdmitted) return { notAdmitted: error.message };
  return error instanceof ApplicationFailure && error.type ? { refused: error.type } : { failed: error.message };
}
