import type { NothingKept, HoldEndOutcome } from '../../contracts/answers.js';
import type { Owner } from '../../contracts/nouns.js';
import type { Refusal } from '../errors.js';
import { Editions } from './editions.rules.js';
import { keptFor } from './hold.rules.js';
import type {
  CountChange,
  EndByHandRequest,
  InstanceChange,
  KeptHold,
  KeptParts,
  MoveRequest,
  NewInstance,
  ReleaseRequest,
  Stored,
  StoredInstance,
} from './inventory.types.js';

/*
 * The end of a hold. How a command changes the row that is kept for an exchange:
 *
 *     kept             release      move         end by hand
 *     nothing          tombstone    tombstone    ended-by-hand
 *     held             released     moved        ended-by-hand
 *     anything else    no change    no change    no change
 *
 * A move without a hold cannot come from a saga, which moves only after it was told that the hold is made. It keeps a
 * tombstone, because every answer must stay true: a hold made after this answer would never end.
 *
 * Where the instances of a hold go to their receivers, its mints are issued. Where they go back, the mints are given
 * back. What was missing when the hold was made is no part of it, and no end changes anything about it.
 */

/** What a list of releases or moves came to: an answer for each element in order, and what is to be written. */
export interface EndDecision {
  outcomes: HoldEndOutcome[];
  /** Holds that end now. */
  ended: KeptHold[];
  /** New rows, for exchanges that never held anything. */
  tombstones: KeptHold[];
  changes: InstanceChange[];
  minted: NewInstance[];
  /** What is issued and given back of limited items. */
  counts: CountChange[];
}

const neverHeld: Refusal = {
  code: 'exchange-not-held',
  detail: 'The exchange was to move item instances that it had never held.',
};

/**
 * Decides a list of releases, in order. Holds and instances must have been read after the instances were locked.
 * @throws Error if an exchange is kept under another title, or if a held exchange does not hold its instances
 */
export function decideReleases(requests: readonly ReleaseRequest[], stored: Stored): EndDecision {
  return decideEnds(requests, stored, ({ exchange, title, cause }, kept) => {
    if (kept === undefined) return { exchange, title, moves: [], state: 'tombstone', cause };
    return kept.state === 'held' ? { ...heldBy(kept), state: 'released', cause } : kept;
  });
}

/** Decides a list of moves; everything else as in decideReleases. */
export function decideMoves(requests: readonly MoveRequest[], stored: Stored): EndDecision {
  return decideEnds(requests, stored, ({ exchange, title }, kept) => {
    if (kept === undefined) return { exchange, title, moves: [], state: 'tombstone', cause: neverHeld };
    return kept.state === 'held' ? { ...heldBy(kept), state: 'moved' } : kept;
  });
}

/**
 * Decides a list of ends by hand, in order. Instances that are still held for the exchange go to their receivers if it
 * is booked, and else back. An instance that is no longer held for the exchange is skipped. Only changes by hand cause
 * that, and this command exists for that case.
 */
export function decideEndsByHand(requests: readonly EndByHandRequest[], stored: Stored): EndDecision {
  const booked = new Map(requests.map((request) => [request.exchange, request.booked]));
  const next = ({ exchange, title }: EndByHandRequest, kept: KeptHold | undefined): KeptHold => {
    if (kept === undefined) return { exchange, title, moves: [], state: 'ended-by-hand' };
    return kept.state === 'held' ? { ...heldBy(kept), state: 'ended-by-hand' } : kept;
  };
  return decideEnds(requests, stored, next, {
    isGiven: ({ exchange }) => booked.get(exchange) === true,
    changesOf: (hold, isGiven) =>
      hold.moves.flatMap((move) => {
        const instance = stored.instances.get(move.instance);
        return instance === undefined || !holds(hold, instance)
          ? []
          : [endChange(hold, instance, isGiven ? move.to : undefined)];
      }),
  });
}

/** The end that is kept for each exchange, in order. An open hold has no end yet, so it is answered as nothing kept. */
export function keptEnds(requests: readonly MoveRequest[], stored: Stored): (HoldEndOutcome | NothingKept)[] {
  return requests.map((request) => {
    const kept = keptFor(request, stored);
    return kept === undefined || kept.state === 'held' ? { id: request.exchange, outcome: 'open' } : endOutcome(kept);
  });
}

/** How the instances and mints of an ended hold go on. */
interface Ending {
  /** Whether the receivers get them. */
  isGiven(hold: KeptHold): boolean;
  changesOf(hold: KeptHold, isGiven: boolean, stored: Stored): InstanceChange[];
}

const asKept: Ending = { isGiven: ({ state }) => state === 'moved', changesOf: endChanges };

function decideEnds<R extends MoveRequest>(
  requests: readonly R[],
  stored: Stored,
  next: (request: R, kept: KeptHold | undefined) => KeptHold,
  { isGiven, changesOf } = asKept,
): EndDecision {
  const decision: EndDecision = { outcomes: [], ended: [], tombstones: [], changes: [], minted: [], counts: [] };
  const editions = new Editions(stored.items);
  const decided = new Map<string, KeptHold>();
  for (const request of requests) {
    const before = decided.get(request.exchange) ?? keptFor(request, stored);
    const after = next(request, before);
    if (after !== before) {
      decided.set(request.exchange, after);
      if (before === undefined) decision.tombstones.push(after);
      else decision.ended.push(after);
      const given = isGiven(after);
      decision.changes.push(...changesOf(after, given, stored));
      if (given) decision.minted.push(...mintsOf(after, editions));
      else if (after.mints !== undefined) editions.giveBack(after.title, after.mints);
    }
    decision.outcomes.push(endOutcome(after));
  }
  return { ...decision, counts: editions.counts };
}

/** The parts of a hold that stay as they are when it ends. */
function heldBy({ exchange, title, moves, mints, missing }: KeptHold): KeptParts {
  return {
    exchange,
    title,
    moves,
    ...(mints !== undefined && { mints }),
    ...(missing !== undefined && { missing }),
  };
}

/** The instances that a hold has reserved, as they are issued now. */
function mintsOf({ exchange, title, mints = [] }: KeptHold, editions: Editions): NewInstance[] {
  return mints.map(({ instance, item, to }) => ({
    id: instance,
    title,
    item,
    owner: to,
    properties: {},
    serial: editions.issue(title, item, true),
    cause: exchange,
  }));
}

function endOutcome(kept: KeptHold): HoldEndOutcome {
  const id = kept.exchange;
  switch (kept.state) {
    case 'held':
      throw new Error(`The hold of ${id} was to end and did not.`);
    case 'moved':
    case 'ended-by-hand':
      return { id, outcome: kept.state };
    default:
      return { id, outcome: kept.state, cause: kept.cause };
  }
}

function endChanges(hold: KeptHold, isGiven: boolean, stored: Stored): InstanceChange[] {
  return hold.moves.map((move) => {
    const instance = stored.instances.get(move.instance);
    if (instance === undefined || !holds(hold, instance)) {
      throw new Error(`The exchange ${hold.exchange} is kept as holding ${move.instance} and does not hold it.`);
    }
    return endChange(hold, instance, isGiven ? move.to : undefined);
  });
}

function holds(hold: KeptHold, { state, heldFor }: StoredInstance): boolean {
  return state === 'held' && heldFor === hold.exchange;
}

/** @param to the new owner; undefined if the owner stays */
function endChange(
  { exchange }: KeptHold,
  { id, title, item, owner, version }: StoredInstance,
  to: Owner | undefined,
): InstanceChange {
  return {
    id,
    title,
    item,
    kind: to === undefined ? 'release' : 'move',
    version: version + 1,
    from: owner,
    to: to ?? owner,
    cause: exchange,
  };
}
