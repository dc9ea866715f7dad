import type { Cause } from './nouns.js';

/* What the steps of a saga answer, one outcome for each element of their lists. */

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

/** A participant that has decided nothing yet. */
export interface NothingKept {
  id: string;
  outcome: 'open';
}

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
