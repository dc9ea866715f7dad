import type { Cause } from './nouns.js';

/* What the steps of a saga answer, one outcome for each element of their lists. */

/**
 * inventory.hold: what is kept for the exchange. `missing` are the instances in whose place the `instead` of their
 * moves is booked. A tombstone means that a release came first, so nothing is held; its cause is the one that the
 * release gave.
 */
export type HoldOutcome =
  { id: string; outcome: 'ok'; missing?: string[] } | { id: string; outcome: 'refused' | 'tombstone'; cause: Cause };

/**
 * inventory.release and inventory.move: what the hold has come to. A refused hold answers its refusal; where none ever
 * was, a tombstone is kept. `released` and `tombstone` carry the cause of the first release, which is the pivot's cause
 * when the exchange has no legs, so that every run closes the deal with the same one.
 */
export type HoldEndOutcome =
  | { id: string; outcome: 'moved' | 'ended-by-hand' }
  | { id: string; outcome: 'released' | 'tombstone' | 'refused'; cause: Cause };

/** ledger.transfer and ledger.cancel: what is kept for the exchange. */
export type TransferOutcome =
  { id: string; outcome: 'posted' } | { id: string; outcome: 'refused' | 'cancelled'; cause: Cause };

/** A payment that was not asked about, because its provider cannot be asked now. It is asked about again. */
export interface AskLater {
  id: string;
  outcome: 'later';
}

/**
 * payments.authorize: how far the payment is. `captured` was captured at once, when it was confirmed or right after.
 * `authorized` can be captured yet, by payments.capture. `waits` is for the buyer or for the provider: nothing is to be
 * done until then, and then it is asked again. `turned-back` was declined or is being voided: nothing is captured any
 * more that is not captured already, and payments.void says which.
 */
export type AuthorizeOutcome =
  | { id: string; outcome: 'authorized' | 'captured' }
  | { id: string; outcome: 'waits'; for: WaitsFor; until: string }
  | { id: string; outcome: 'turned-back'; cause: Cause }
  | AskLater;

/** Whom a payment waits for. */
export type WaitsFor = 'buyer' | 'provider';

/** payments.capture: `turned-back` as payments.authorize says it. */
export type CaptureOutcome =
  { id: string; outcome: 'captured' } | { id: string; outcome: 'turned-back'; cause: Cause } | AskLater;

/** payments.void: what the pivot has come to, for ever. `cancelled` carries the first cause that was decided. */
export type VoidOutcome = { id: string; outcome: 'captured' } | { id: string; outcome: 'cancelled'; cause: Cause };

/**
 * payments.refund: how far a refund is. `waits` is for the provider, or for the buyer whose bank asks for something.
 * `turned-back` was refused, has failed or was cancelled: no money was given back, for good.
 */
export type RefundOutcome =
  | { id: string; outcome: 'refunded' }
  | { id: string; outcome: 'waits'; for: WaitsFor; until: string }
  | { id: string; outcome: 'turned-back'; cause: Cause }
  | AskLater;

/** payments.refundCancel: what the pivot has come to, for ever. `cancelled` has the first cause that was decided. */
export type RefundEndOutcome = { id: string; outcome: 'refunded' } | { id: string; outcome: 'cancelled'; cause: Cause };

/** A deal that is let be until somebody else has done something. `until` is RFC 3339 in UTC. */
export interface Waiting {
  id: string;
  for: WaitsFor;
  until: string;
}

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
export type ClosedDeal = Closing & Omit<CloseOutcome, 'id'>;

/** What a run tells of an exchange in the end: that its row is closed, or that the row stays open for a while. */
export type RunOutcome = ClosedDeal | ({ outcome: 'waits' } & Waiting);

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

/** A participant that has decided nothing yet. */
export interface NothingKept {
  id: string;
  outcome: 'open';
}

type WithoutId<O> = O extends unknown ? Omit<O, 'id'> : never;

/**
 * One outcome for each element of a list. Nearly all come to the same, which is said once: that keeps a convoy's
 * history small, and shows in the Temporal UI what is different. See `compact` and `expand`.
 */
export interface Answers<O extends { id: string }> {
  /** How many elements there are, so that none is taken for done that was forgotten. */
  count: number;
  /** The outcome of every element that is not among the exceptions; missing where all are. */
  common?: WithoutId<O>;
  exceptions: (O | Failed)[];
}

/**
 * Says outcomes as answers. What carries a cause is said by itself. Likeness goes by the JSON text: one command makes
 * all outcomes of a list, so their members are in one order. In another order they would be exceptions, which is as
 * true.
 */
export function compact<O extends { id: string }>(outcomes: readonly (O | Failed)[]): Answers<O> {
  const said = outcomes.map((outcome) =>
    'cause' in outcome || 'error' in outcome ? undefined : JSON.stringify({ ...outcome, id: undefined }),
  );
  const common = said.find((text) => text !== undefined);
  const exceptions = outcomes.filter((_, index) => said[index] === undefined || said[index] !== common);
  return {
    count: outcomes.length,
    ...(common !== undefined && { common: JSON.parse(common) as WithoutId<O> }),
    exceptions,
  };
}

/**
 * The outcome of each element, in order.
 * @throws BrokenProtocol if the answers are not those of as many elements, or do not say what became of one
 */
export function expand<O extends { id: string }>(
  elements: readonly { id: string }[],
  { count, common, exceptions }: Answers<O>,
): (O | Failed)[] {
  if (count !== elements.length)
    throw new BrokenProtocol(`${elements.length} elements were given and ${count} answered`);
  const byId = new Map(exceptions.map((outcome) => [outcome.id, outcome]));
  return elements.map(({ id }) => {
    const outcome = byId.get(id) ?? (common && ({ id, ...common } as unknown as O));
    if (outcome === undefined) throw new BrokenProtocol(`${id} was not answered for`);
    return outcome;
  });
}

/**
 * What a step has answered, by the ids of the elements, apart from what failed.
 * @throws BrokenProtocol as `expand` does
 */
export function sortAnswers<O extends { id: string }>(
  elements: readonly { id: string }[],
  answers: Answers<O>,
): { given: Map<string, O>; failed: Failed[] } {
  const given = new Map<string, O>();
  const failed: Failed[] = [];
  for (const answer of expand(elements, answers)) {
    if (isFailed(answer)) failed.push(answer);
    else given.set(answer.id, answer);
  }
  return { given, failed };
}

function isFailed(answer: object): answer is Failed {
  return 'outcome' in answer && answer.outcome === 'failed';
}

/**
 * The type of the error by which a step says that it does nothing, because there is no deal of the exchange. It is not
 * tried again: where the exchange is alone, its run ends.
 */
export const dealNotThereError = 'DealNotThere';

/** A participant has answered what the protocol excludes, or has not answered for what it was given. */
export class BrokenProtocol extends Error {}
