import type {
  AskLater,
  AuthorizeOutcome,
  CaptureOutcome,
  RefundEndOutcome,
  RefundOutcome,
  VoidOutcome,
  Waiting,
  HoldOutcome,
  HoldEndOutcome,
  TransferOutcome,
  Closing,
  CloseOutcome,
  NothingKept,
  Answers,
} from './answers.js';
import type { Leg, Mint, Move, Cause, Debit, Exchange, ExchangeRef, Payment, Refund } from './nouns.js';
import type { ReconcileActivities } from './reconciliation.js';
import type { SagaNote } from './sagas.js';

/* The activities by their names in the Temporal UI, their task queues, and the errors by which they speak to a run. */

/**
 * The type of the error by which a step says that none of a list could be done, and that this is no outage. Where the
 * list is a few exchanges of a larger run, they are taken for bad.
 */
export const badElementError = 'BadElement';

/**
 * The type of the error by which a step says that it has failed for so long that its run is stuck. A run that is stuck
 * already has it tried again like any other.
 */
export const stuckError = 'StepStuck';

/**
 * The forward steps, by their names in the Temporal UI. Each takes a list and answers one outcome per element. Each
 * kind of deal has a step that closes its deals, under the name that `closeActivity` makes. A local attempt gives
 * `stop`, after which a step looks for no more bad elements.
 */
export interface StepActivities {
  inventoryHold(
    exchanges: (ExchangeRef & { moves: Move[]; mints?: Mint[] })[],
    stop?: AbortSignal,
  ): Promise<Answers<HoldOutcome>>;
  /** `paid` says that its money is captured, or given back: it is refused for nothing. */
  ledgerTransfer(
    exchanges: (ExchangeRef & { legs: Leg[]; paid?: true; debit?: Debit })[],
    stop?: AbortSignal,
  ): Promise<Answers<TransferOutcome>>;
  inventoryMove(exchanges: ExchangeRef[], stop?: AbortSignal): Promise<Answers<HoldEndOutcome>>;
  [close: `close${string}`]: (closings: Closing[], stop?: AbortSignal) => Promise<Answers<CloseOutcome>>;
}

/** All that the forward way asks, the steps of payments included. */
type ForwardWay = StepActivities & Pick<PaymentActivities, 'paymentAuthorize' | 'paymentCapture' | 'paymentRefund'>;

export type StepName = keyof ForwardWay & string;
export type StepElement<N extends StepName> = Parameters<ForwardWay[N]>[0][number];
export type StepAnswer<N extends StepName> = Awaited<ReturnType<ForwardWay[N]>> extends Answers<infer O> ? O : never;

/** The steps of the forward way that make calls to a provider. */
export const paymentSteps = ['paymentAuthorize', 'paymentCapture', 'paymentRefund'] as const;

/** Whether a step of the forward way makes calls to a provider, so that no local attempt makes it. */
export function isPaymentStep(name: StepName): name is (typeof paymentSteps)[number] {
  return paymentSteps.some((one) => one === name);
}

/**
 * Parts of the forward way as local activities. A run tries each once before it has the steps dispatched. They answer
 * what each step has answered, in order, and throw where a step did not answer.
 */
export interface ForwardActivities {
  /** The whole way; of exchanges with a payment or a refund, what comes before it. */
  settleForward(exchanges: Exchange[]): Promise<MadeStep[]>;
  /**
   * What comes after the capture or the refund.
   * @param runSize how many exchanges the run has
   */
  grantCaptured(exchanges: Exchange[], runSize: number): Promise<MadeStep[]>;
}

/** A step that the local activity has made, as far as a history must tell of it. */
export interface MadeStep {
  step: StepName;
  /** RFC 3339 in UTC. */
  at: string;
  /** What the step was asked. Its ids are left out where they are those of the whole run. */
  asked: Answers<Asked> & { ids?: string[] };
  answers: Answers<{ id: string }>;
}
export type Asked = { id: string } | Closing;

/** The undo steps. They run on a task queue of their own, so that a crowd of steps never delays an undo. */
export interface UndoActivities {
  ledgerCancel(exchanges: (ExchangeRef & { cause: Cause })[]): Promise<Answers<TransferOutcome>>;
  inventoryRelease(exchanges: (ExchangeRef & { cause: Cause })[]): Promise<Answers<HoldEndOutcome>>;
}

/** The run that asks a step of a payment. Of several exchanges none waits long for another one's payment. */
export interface AskingRun {
  alone: boolean;
}

/**
 * The steps of a payment. Each makes calls to a provider, so they run on a task queue of their own, and never within a
 * workflow task. `paymentVoid` and `paymentRefundCancel` undo.
 */
export interface PaymentActivities {
  /** It captures at once what is authorised, as far as that goes. */
  paymentAuthorize(
    exchanges: (ExchangeRef & { payment: Payment })[],
    run: AskingRun,
  ): Promise<Answers<AuthorizeOutcome>>;
  paymentCapture(exchanges: (ExchangeRef & { payment: Payment })[], run: AskingRun): Promise<Answers<CaptureOutcome>>;
  paymentVoid(
    exchanges: (ExchangeRef & { payment: Payment; cause: Cause })[],
    run: AskingRun,
  ): Promise<Answers<VoidOutcome | AskLater>>;
  paymentRefund(exchanges: (ExchangeRef & { refund: Refund })[], run: AskingRun): Promise<Answers<RefundOutcome>>;
  /** It undoes: a refund that was not sent never is, and one that was sent is followed to its end. */
  paymentRefundCancel(
    exchanges: (ExchangeRef & { refund: Refund; cause: Cause })[],
    run: AskingRun,
  ): Promise<Answers<RefundEndOutcome | AskLater>>;
}

/** How exchanges leave a convoy. */
export interface LeaveActivities {
  /** Starts a run for each exchange by itself, where it retries in plain sight; one that runs already is used. */
  startAlone(exchanges: Exchange[]): Promise<void>;
}

/**
 * What tells others how a saga fares. No run waits for it while it goes on, and every run waits for it at its end. Each
 * kind of deal has an activity that says on the rows of open deals whether they are stuck, under the name that
 * `markActivity` makes.
 */
export interface NoteActivities {
  noteSaga(note: SagaNote): Promise<void>;
  /** Says on the rows of open deals whom they wait for, under the name that `waitActivity` makes. */
  [wait: `wait${string}`]: (waiting: Waiting[]) => Promise<void>;
  [mark: `mark${string}`]: (ids: string[], mark: 'stuck' | 'going-on') => Promise<void>;
}

/** What `resolve` asks and does. It runs on the task queue of the undo steps. */
export interface ResolveActivities {
  /** What the ledger has kept. It changes nothing. */
  ledgerKept(exchanges: ExchangeRef[]): Promise<Answers<TransferOutcome | NothingKept>>;
  /** What the payment has come to. It changes nothing, and calls no provider. */
  paymentKept(exchanges: ExchangeRef[]): Promise<Answers<VoidOutcome | NothingKept>>;
  /** What the refund has come to. It changes nothing, and calls no provider. */
  refundKept(exchanges: ExchangeRef[]): Promise<Answers<RefundEndOutcome | NothingKept>>;
  /** What the inventory has kept; an open hold is nothing kept. It changes nothing. */
  inventoryKept(exchanges: ExchangeRef[]): Promise<Answers<HoldEndOutcome | NothingKept>>;
  /**
   * Ends a hold by hand, for good, where it is open or was never made. Instances that are still set aside for the
   * exchange go to whom the ledger says: to their receivers if it has booked, and else back. It answers what is kept.
   */
  inventoryEndByHand(exchanges: (ExchangeRef & { booked: boolean })[]): Promise<Answers<HoldEndOutcome>>;
}

/** What has moved at a payment provider apart from what a purchase was paid with. */
export type MovementKind = 'fee' | 'late-capture' | 'late-refund' | 'late-fee' | OutsideMovementKind;

/** What moves at a payment provider without our asking: refunds from its dashboard, and disputes. */
export type OutsideMovementKind =
  | 'outside-refund'
  | 'outside-refund-failed'
  | 'dispute'
  | 'dispute-reinstated'
  | 'dispute-fee'
  | 'dispute-fee-returned';

/** An amount that has moved at a payment provider, and that is to be booked. Its id is that of the purchase. */
export interface Movement extends ExchangeRef {
  /** By it the movement is booked once: `fee/pur_…`. */
  key: string;
  kind: MovementKind;
  provider: string;
  currency: string;
  /** Minor units as a decimal string. */
  amount: string;
}

/** A movement of an orphan: an intent at a provider that no purchase takes. */
export interface OrphanMovement extends Movement {
  kind: Exclude<MovementKind, 'fee' | OutsideMovementKind>;
  orphan: string;
}

/** A movement that we have not asked for, with the id by which it is told to be booked. */
export interface OutsideMovement extends Movement {
  kind: OutsideMovementKind;
  movement: string;
}

/** What books the movements at payment providers. They run on the task queues of their participants. */
export interface MovementActivities {
  /** Asks for fees that are due, and answers those that are known; `looked` is how many were due. */
  paymentFees(): Promise<{ looked: number; movements: Movement[] }>;
  paymentFeesBooked(movements: Movement[]): Promise<void>;
  /** Cancels or gives back what is due of orphans, and answers what has moved; `looked` is how many were due. */
  paymentOrphans(): Promise<{ looked: number; movements: OrphanMovement[] }>;
  paymentOrphansBooked(movements: OrphanMovement[]): Promise<void>;
  /** Looks for what has moved without our asking, and answers what is not booked; `looked` is how much was due. */
  paymentOutside(): Promise<{ looked: number; movements: OutsideMovement[] }>;
  paymentOutsideBooked(movements: OutsideMovement[]): Promise<void>;
  /** Has goods follow what has moved without our asking. It answers for how many movements that was due. */
  outsideGoods(): Promise<number>;
  /** Books movements, each once. It answers the keys of those that are booked: one that is refused keeps no other. */
  ledgerMovements(movements: Movement[]): Promise<string[]>;
}

/** Those of them that are the payments'. */
export type PaymentMovements = Omit<MovementActivities, 'ledgerMovements' | 'outsideGoods'>;

/** What the sweep calls. */
export interface SweepActivities {
  /**
   * Sends every open exchange that no workflow works on. It answers how many got a seat in a convoy or were started
   * alone; a convoy may start after that, or fail.
   */
  sweepExchanges(): Promise<number>;
}

/** What a kind of deal brings to the worker. */
export type DealActivities = Pick<StepActivities, `close${string}`> &
  Pick<NoteActivities, `mark${string}` | `wait${string}`>;

/** The name of the step that closes the deals of a kind: `closeTrades`. */
export function closeActivity(kind: string): `close${string}` {
  return `close${namedAfter(kind)}`;
}

/** The name of the activity that marks the deals of a kind as stuck: `markTrades`. */
export function markActivity(kind: string): `mark${string}` {
  return `mark${namedAfter(kind)}`;
}

/** The name of the activity that says whom the deals of a kind wait for: `waitPurchases`. */
export function waitActivity(kind: string): `wait${string}` {
  return `wait${namedAfter(kind)}`;
}

function namedAfter(kind: string): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}s`;
}

const inWords: Record<string, string> = {
  inventoryHold: 'hold the items of',
  ledgerTransfer: 'book the legs of',
  inventoryMove: 'move the items of',
  ledgerCancel: 'cancel the legs of',
  inventoryRelease: 'give back the items of',
  paymentAuthorize: 'authorise the payment of',
  paymentCapture: 'capture the payment of',
  paymentVoid: 'void the payment of',
  paymentRefund: 'give back the money of',
  paymentRefundCancel: 'cancel the refund of',
};

/** The steps that each kind of deal has under a name of its own. */
const ofKind = [
  ['close', 'close'],
  ['wait', 'note the wait of'],
] as const;

/**
 * What a step does, in words, for the Temporal UI and for the timeline: `hold the items of trd_1`.
 * @param count how many elements the step is asked about
 * @param first the id of the first of them
 */
export function describeStep(step: string, count: number, first: string | undefined): string {
  const verb = inWords[step] ?? ofKind.find(([name]) => step.startsWith(name))?.[1] ?? step;
  return `${verb} ${count === 1 && first !== undefined ? first : `${count} exchanges`}`;
}

/** The task queue of the undo steps, beside the task queue of the steps. */
export function undoTaskQueue(taskQueue: string): string {
  return `${taskQueue}-undo`;
}

/** The task queue of the steps of payments, which may hang with their provider. */
export function paymentsTaskQueue(taskQueue: string): string {
  return `${taskQueue}-payments`;
}

/** Every activity of a worker, by the task queue that it is on. */
export interface WorkerActivities {
  steps: StepActivities &
    ForwardActivities &
    LeaveActivities &
    NoteActivities &
    SweepActivities &
    ReconcileActivities &
    Pick<MovementActivities, 'ledgerMovements'>;
  undo: UndoActivities & ResolveActivities;
  payments: PaymentActivities & PaymentMovements;
}
