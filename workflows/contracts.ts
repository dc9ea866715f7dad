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
  /** Whether the row said that it was stuck until then. */
  wasStuck?: true;
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

/**
 * The type of the error by which a step says that it has failed for so long that its run is stuck. A run that is stuck
 * already has it tried again like any other.
 */
export const stuckError = 'StepStuck';

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
  /** For local steps only: their input, which the history lacks. `ids` is set if the step covered only some of the run's exchanges. */
  asked?: Answers<Asked> & { ids?: string[] };
}
export type Asked = { id: string } | Closing;

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

/** A participant that has decided nothing yet. */
export interface NothingKept {
  id: string;
  outcome: 'open';
}

/** The players of an exchange by their title's own ids, in the order in which they come up. */
export function playersOf({ legs, moves }: Exchange): string[] {
  const owners = [...legs, ...moves].flatMap(({ from, to }) => [from, to]);
  return [...new Set(owners)].filter((owner) => owner.startsWith('player:')).map((owner) => owner.slice('player:'.length));
}

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
export const exchangeSagaWorkflow = 'exchangeSaga';

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
