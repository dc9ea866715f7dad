/**
 * What the processes agree on: the types, names and id functions of workflows and activities.
 * It is the one file of workflows/ that src/ and activities/ import, so it imports nothing.
 */

/** An owner of value: `player:<id>` or `system:mint|store|fees`. */
export type Owner = string;

/** One movement of a fungible amount. The amount is a decimal string of minor units, because payloads carry no bigint. */
export interface Leg {
  from: Owner;
  to: Owner;
  asset: string;
  amount: string;
}

/** One item instance that changes its owner. */
export interface Move {
  /** `ins_…` */
  instance: string;
  from: Owner;
  to: Owner;
}

/** Why something was refused or turned back: a stable code of docs/errors.md and a sentence. */
export interface Cause {
  code: string;
  detail: string;
}

/** The deals whose exchanges a saga settles; each has a close activity of its own. */
export type ExchangeKind = 'trade';

/** What one saga settles: ledger legs, item moves, or both, all or none. */
export interface Exchange {
  /** The id of the deal, for example `trd_…`; every participant keeps its outcome under it. */
  id: string;
  title: string;
  kind: ExchangeKind;
  legs: Leg[];
  moves: Move[];
}

/** What later steps need of an exchange: its id and its title. */
export interface ExchangeRef {
  id: string;
  title: string;
}

/**
 * inventory.hold: what is kept for the exchange. A tombstone means that a release came first, so nothing is held;
 * its cause is the one that the release gave.
 */
export type HoldOutcome =
  | { id: string; outcome: 'ok' }
  | { id: string; outcome: 'refused' | 'tombstone'; cause: Cause };

/**
 * inventory.release: what the hold has come to. A refused hold answers its refusal; where none ever was, a tombstone
 * is kept. `released` and `tombstone` carry the cause of the first release, which is the pivot's cause when the
 * exchange has no legs, so that every run closes the deal with the same one.
 */
export type ReleaseOutcome =
  | { id: string; outcome: 'moved' | 'ended-by-hand' }
  | { id: string; outcome: 'released' | 'tombstone' | 'refused'; cause: Cause };

/** inventory.move: what the hold has come to. */
export type MoveOutcome = ReleaseOutcome;

/** ledger.transfer and ledger.cancel: what is kept for the exchange. */
export type TransferOutcome =
  | { id: string; outcome: 'posted' }
  | { id: string; outcome: 'refused' | 'cancelled'; cause: Cause };

/** What the deal's row is to say. */
export type Closing = { id: string; state: 'settled' } | { id: string; state: 'refused' | 'compensated'; cause: Cause };

/** close: since when the deal's row says what it was to say. */
export interface CloseOutcome {
  id: string;
  /** RFC 3339 in UTC. */
  closedAt: string;
}

/** What the deal's row says, and since when: what a run has to tell of an exchange in the end. */
export type ClosedDeal = Closing & { closedAt: string };

/**
 * What a step answers for an element that it could not do while it could do others of the same list: neither a success
 * nor a refusal. Such an exchange leaves its convoy, and its step is tried again in a run of its own.
 */
export interface Failed {
  id: string;
  outcome: 'failed';
  /** What the step failed with, for whoever looks at the convoy. */
  error: string;
}

/**
 * The type of the error by which a step says that none of a list could be done, and that this is no outage. Where the list
 * is a few exchanges of a larger run, they are taken for bad.
 */
export const badElementError = 'BadElement';

type WithoutId<O> = O extends unknown ? Omit<O, 'id'> : never;

/**
 * One outcome for each element of a list. Nearly all come to the same, which is said once: that keeps a convoy's history
 * small, and shows in the Temporal UI what is different. See `condense` and `expand`.
 */
export interface Answers<O extends { id: string }> {
  /** How many elements there are, so that none is taken for done that was forgotten. */
  count: number;
  /** The outcome of every element that is not among the others; missing where all are. */
  alike?: WithoutId<O>;
  others: (O | Failed)[];
}

/** Says outcomes as answers. What carries a cause is said by itself. */
export function condense<O extends { id: string }>(outcomes: readonly (O | Failed)[]): Answers<O> {
  const said = outcomes.map((outcome) => ('cause' in outcome || 'error' in outcome ? undefined : JSON.stringify({ ...outcome, id: undefined })));
  const alike = said.find((text) => text !== undefined);
  const others = outcomes.filter((_, index) => said[index] === undefined || said[index] !== alike);
  return { count: outcomes.length, ...(alike !== undefined && { alike: JSON.parse(alike) as WithoutId<O> }), others };
}

/**
 * The outcome of each element, in order.
 * @throws Error if the answers are not those of as many elements, or do not say what became of one
 */
export function expand<O extends { id: string }>(elements: readonly { id: string }[], { count, alike, others }: Answers<O>): (O | Failed)[] {
  if (count !== elements.length) throw new Error(`${elements.length} elements were given and ${count} answered`);
  const byId = new Map(others.map((outcome) => [outcome.id, outcome]));
  return elements.map(({ id }) => {
    const outcome = byId.get(id) ?? (alike && ({ id, ...alike } as unknown as O));
    if (outcome === undefined) throw new Error(`${id} was not answered for`);
    return outcome;
  });
}

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

/** An operator's act on a saga: who does it, and why. Each is 1 to 200 characters without control characters. */
export interface OperatorAct {
  operator: string;
  reason: string;
}

/**
 * The update by which an operator turns a lone exchange back. It is answered as soon as it is known what the deal's row
 * will say, which is that it is settled where the operator came too late.
 */
export const compensateUpdate = 'compensate';

/** What the sweep calls. */
export interface SweepActivities {
  /** Starts every open exchange that no workflow works on, and answers how many it started. */
  sweepExchanges(): Promise<number>;
}

/** The workflow id of a lone exchange, which is the id of its deal with the word of its kind: `trade/trd_…`. */
export function exchangeWorkflowId(exchange: { kind: ExchangeKind; id: string }): string {
  return `${exchange.kind}/${exchange.id}`;
}

/** The workflow id of a convoy, by its first exchange, which may itself leave it: `convoy/trd_…`. */
export function convoyWorkflowId(first: { id: string }): string {
  return `convoy/${first.id}`;
}

/** The workflow type that settles exchanges. */
export const settleExchangesWorkflow = 'settleExchanges';

/** The workflow type of the sweep. */
export const sweepWorkflow = 'sweep';

/** The id of the sweep's schedule and of its runs. A task queue is one installation, and each installation sweeps its own. */
export function sweepId(taskQueue: string): string {
  return `sweep/${taskQueue}`;
}

/** The task queue of the undo steps, beside the task queue of the steps. */
export function undoTaskQueue(taskQueue: string): string {
  return `${taskQueue}-undo`;
}
