import type { ReleaseOutcome } from '../../workflows/contracts.js';
import { keptFor } from './hold.rules.js';
import type { InstanceChange, KeptHold, MoveRequest, Refusal, ReleaseRequest, Stored } from './inventory.types.js';

/*
 * The end of a hold. What becomes of what is kept for an exchange:
 *
 *     kept             release      move
 *     nothing          tombstone    tombstone
 *     held             released     moved
 *     anything else    no change    no change
 *
 * A move without a hold cannot come from a saga, which moves only after it was told that the hold is made. It keeps
 * a tombstone, because every answer must stay true: a hold made after this answer would never end.
 */

/** What a list of releases or moves came to: an answer for each element in order, and what is to be written. */
export interface EndDecision {
  outcomes: ReleaseOutcome[];
  /** Holds that end now. */
  ended: KeptHold[];
  /** New rows, for exchanges that never held anything. */
  tombstones: KeptHold[];
  changes: InstanceChange[];
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
    return kept.state === 'held' ? { exchange, title, moves: kept.moves, state: 'released', cause } : kept;
  });
}

/** Decides a list of moves; everything else as in decideReleases. */
export function decideMoves(requests: readonly MoveRequest[], stored: Stored): EndDecision {
  return decideEnds(requests, stored, ({ exchange, title }, kept) => {
    if (kept === undefined) return { exchange, title, moves: [], state: 'tombstone', cause: neverHeld };
    return kept.state === 'held' ? { exchange, title, moves: kept.moves, state: 'moved' } : kept;
  });
}

function decideEnds<R extends MoveRequest>(
  requests: readonly R[],
  stored: Stored,
  next: (request: R, kept: KeptHold | undefined) => KeptHold,
): EndDecision {
  const decision: EndDecision = { outcomes: [], ended: [], tombstones: [], changes: [] };
  const decided = new Map<string, KeptHold>();
  for (const request of requests) {
    const before = decided.get(request.exchange) ?? keptFor(request, stored);
    const after = next(request, before);
    if (after !== before) {
      decided.set(request.exchange, after);
      (before === undefined ? decision.tombstones : decision.ended).push(after);
      decision.changes.push(...endChanges(after, stored));
    }
    decision.outcomes.push(endOutcome(after));
  }
  return decision;
}

function endOutcome(kept: KeptHold): ReleaseOutcome {
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

function endChanges(hold: KeptHold, stored: Stored): InstanceChange[] {
  return hold.moves.map((move) => {
    const instance = stored.instances.get(move.instance);
    if (instance?.state !== 'held' || instance.heldFor !== hold.exchange) {
      throw new Error(`The exchange ${hold.exchange} is kept as holding ${move.instance} and does not hold it.`);
    }
    const { id, title, item, owner } = instance;
    const moved = hold.state === 'moved';
    return { id, title, item, kind: moved ? 'move' : 'release', version: instance.version + 1, from: owner, to: moved ? move.to : owner, cause: hold.exchange };
  });
}
