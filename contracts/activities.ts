import type { HoldOutcome, ReleaseOutcome, MoveOutcome, TransferOutcome, Closing, CloseOutcome, NothingKept, Answers } from './answers.js';
import type { Leg, Move, Cause, Exchange, ExchangeRef } from './nouns.js';
import type { SagaNote } from './sagas.js';

/* The activities by their names in the Temporal UI, their task queues, and the errors by which they speak to a run. */

/**
 * The type of the error by which a step says that none of a list could be done, and that this is no outage. Where the list
 * is a few exchanges of a larger run, they are taken for bad.
 */
export const badElementError = 'BadElement';

/**
 * The type of the error by which a step says that it has failed for so long that its run is stuck. A run that is stuck
 * already has it tried again like any other.
 */
export const stuckError = 'StepStuck';

/** The steps, by their names in the Temporal UI. Each takes a list and answers one outcome per element. */
export interface StepActivities {
  inventoryHold(exchanges: (ExchangeRef & { moves: Move[] })[]): Promise<Answers<HoldOutcome>>;
  ledgerTransfer(exchanges: (ExchangeRef & { legs: Leg[] })[]): Promise<Answers<TransferOutcome>>;
  inventoryMove(exchanges: ExchangeRef[]): Promise<Answers<MoveOutcome>>;
  closeTrades(closings: Closing[]): Promise<Answers<CloseOutcome>>;
}

/** The undo steps. They run on a task queue of their own, so that a crowd of steps never delays an undo. */
export interface UndoActivities {
  ledgerCancel(exchanges: (ExchangeRef & { cause: Cause })[]): Promise<Answers<TransferOutcome>>;
  inventoryRelease(exchanges: (ExchangeRef & { cause: Cause })[]): Promise<Answers<ReleaseOutcome>>;
}

/** How exchanges leave a convoy. */
export interface LeaveActivities {
  /** Starts a run for each exchange by itself, where it retries in plain sight; one that runs already is used. */
  startAlone(exchanges: Exchange[]): Promise<void>;
}

/** What tells others how a saga fares. No run waits for it while it goes on, and every run waits for it at its end. */
export interface NoteActivities {
  noteSaga(note: SagaNote): Promise<void>;
  /** Says on the rows of open deals whether they are stuck. */
  markTrades(ids: string[], mark: 'stuck' | 'going-on'): Promise<void>;
}

/** What `resolve` asks and does. It runs on the task queue of the undo steps. */
export interface ResolveActivities {
  /** What the ledger has kept. It changes nothing. */
  ledgerKept(exchanges: ExchangeRef[]): Promise<Answers<TransferOutcome | NothingKept>>;
  /** What the inventory has kept; an open hold is nothing kept. It changes nothing. */
  inventoryKept(exchanges: ExchangeRef[]): Promise<Answers<ReleaseOutcome | NothingKept>>;
  /**
   * Ends a hold by hand, for good, where it is open or was never made. Instances that are still set aside for the exchange
   * go to whom the ledger says: to their receivers if it has booked, and else back. It answers what is kept.
   */
  inventoryEndByHand(exchanges: (ExchangeRef & { booked: boolean })[]): Promise<Answers<ReleaseOutcome>>;
}

/** What the sweep calls. */
export interface SweepActivities {
  /** Starts every open exchange that no workflow works on, and answers how many it started. */
  sweepExchanges(): Promise<number>;
}

/** The task queue of the undo steps, beside the task queue of the steps. */
export function undoTaskQueue(taskQueue: string): string {
  return `${taskQueue}-undo`;
}
