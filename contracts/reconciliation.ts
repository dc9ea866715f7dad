import type { ExchangeRef } from './nouns.js';

/* The workflow that compares records, its schedules and its activities. */

/** The workflow type that makes a run of reconciliation. */
export const reconcileWorkflow = 'reconcile';

/** The kinds of runs that have a schedule, by the name of the schedule. */
export const reconciliationSchedules = { hot: 'hot', hourly: 'incremental', daily: 'full', weekly: 'history' } as const;
export type ReconciliationScheduleName = keyof typeof reconciliationSchedules;

/** The id of a schedule, one for each installation; a run of it has the moment behind it. */
export function reconciliationScheduleId(name: ReconciliationScheduleName, taskQueue: string): string {
  return `reconciliation-${name}/${taskQueue}`;
}

/** The workflow id of a run that somebody has asked for. */
export function reconciliationWorkflowId(id: string): string {
  return `reconciliation/${id}`;
}

/** What the workflow is started with: a run that was accepted, or the name of the schedule that starts it. */
export type ReconcileInput =
  | { run: string }
  | { schedule: ReconciliationScheduleName }
  /** How it goes on as new: the runs that it has still to make, the first of which may have begun. */
  | { runs: string[]; begun: boolean };

/** What a run came to. */
export interface ReconciliationEnd {
  verdict: string;
  breaks: number;
  pending: number;
}

/** How far a run has come. */
export interface ReconciliationProgress {
  done: boolean;
  check: string | null;
  at: number;
  of: number;
  looked: number;
}

/** A payment whose provider is asked again. */
export interface PaymentToLookAt extends ExchangeRef {
  /** The intents that the provider tells for it, the payment's own and any other. */
  intents: string[];
}

/** The deals whose sagas are started again, and the payments whose providers are asked again. */
export interface PlannedRepairs {
  redrive: ExchangeRef[];
  look: PaymentToLookAt[];
  /** Behind which repair the others are; null where these are the last. */
  next: number | null;
}

/** What repairs call. Each answers the ids of those that there are. */
export interface RepairActivities {
  redriveDeals(deals: ExchangeRef[]): Promise<string[]>;
  paymentLookAgain(payments: PaymentToLookAt[]): Promise<string[]>;
}

/**
 * The type of the error by which an activity says that its run is not there, as after a restore. It is not tried again,
 * and the run ends.
 */
export const runNotThereError = 'RunNotThere';

/** The activities of reconciliation. Each can be made again at any time, and takes up where the last one was. */
export interface ReconciliationActivities {
  /**
   * Accepts the runs that a schedule has to make: that of the moment, and those that were missed before it, the oldest
   * first.
   * @param at the moment for which the schedule has started it, RFC 3339 in UTC
   */
  reconciliationAccept(schedule: ReconciliationScheduleName, at: string): Promise<string[]>;
  /** Cuts the databases. It answers once all that is behind the cut has ended, or that the run cannot be whole. */
  reconciliationBegin(run: string): Promise<void>;
  /** Looks at parts of the run for some seconds. */
  reconciliationLook(run: string): Promise<ReconciliationProgress>;
  /** How far the run has come. It changes nothing. */
  reconciliationProgress(run: string): Promise<ReconciliationProgress>;
  /** Gives up a check, where the run is at it. The run is not green then. */
  reconciliationSkip(run: string, check: string, why: string): Promise<void>;
  reconciliationFinish(run: string): Promise<ReconciliationEnd>;
  /** Some of what the run has planned to repair and may, behind one of its repairs. */
  reconciliationRepairs(run: string, after: number): Promise<PlannedRepairs>;
  /** Says that repairs were made. */
  reconciliationRepaired(run: string, action: 'redrive' | 'look', subjects: string[]): Promise<void>;
}

/** All that the workflow calls. */
export type ReconcileActivities = ReconciliationActivities & RepairActivities;
