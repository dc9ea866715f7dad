import type { HoldOutcome } from '../../contracts/answers.js';
import type { Move } from '../../contracts/nouns.js';
import type { Refusal } from '../errors.js';
import { idPrefixes, uuidForm, whole } from '../forms.js';
import { Editions } from './editions.rules.js';
import type {
  CountChange,
  HoldRequest,
  InstanceChange,
  KeptHold,
  MoveRequest,
  Stored,
  StoredInstance,
} from './inventory.types.js';
import { canOwnInstances } from './owners.rules.js';

/** What `hold` came to: an answer for each element in order, and what is to be written. */
export interface HoldDecision {
  outcomes: HoldOutcome[];
  /** New rows, held or refused. */
  keep: KeptHold[];
  changes: InstanceChange[];
  /** What is reserved of limited items. */
  counts: CountChange[];
}

/**
 * Decides a list of holds, in order. An exchange for which something is kept is answered from that and never acts
 * again. An accepted element is visible to the later ones; a refused one leaves nothing but its refusal.
 * Everything that the items' side can refuse is refused here, because nothing may be refusable after the pivot. Where a
 * move says what is booked instead, its instance may be missing, and that is decided here too.
 * @throws Error if an exchange is kept under another title
 */
export function decideHolds(requests: readonly HoldRequest[], stored: Stored): HoldDecision {
  const outcomes: HoldOutcome[] = [];
  const keep: KeptHold[] = [];
  const changes: InstanceChange[] = [];
  const decided = new Map<string, KeptHold>();
  const taken = new Set<string>();
  const editions = new Editions(stored.items);
  for (const request of requests) {
    const { exchange, title, moves, mints = [] } = request;
    let kept = decided.get(exchange) ?? keptFor(request, stored);
    if (kept === undefined) {
      const verdict = judge(request, stored.instances, taken, editions);
      if ('refused' in verdict) {
        kept = { exchange, title, moves: [], state: 'refused', cause: verdict.refused };
      } else {
        const { missing } = verdict;
        kept = {
          exchange,
          title,
          moves: moves.filter(({ instance }) => !missing.includes(instance)),
          ...(mints.length > 0 && { mints }),
          ...(missing.length > 0 && { missing }),
          state: 'held',
        };
        for (const instance of verdict.held) taken.add(instance.id);
        changes.push(...verdict.held.map((instance) => holdChange(exchange, instance)));
        if (mints.length > 0) editions.reserve(title, mints);
      }
      decided.set(exchange, kept);
      keep.push(kept);
    }
    outcomes.push(holdOutcome(kept));
  }
  return { outcomes, keep, changes, counts: editions.counts };
}

/**
 * What is kept for the exchange of a request, or undefined.
 * @throws Error if it is kept under another title, which no caller may learn anything about
 */
export function keptFor(request: MoveRequest, stored: Stored): KeptHold | undefined {
  const kept = stored.holds.get(request.exchange);
  if (kept !== undefined && kept.title !== request.title)
    throw new Error(`The exchange ${request.exchange} is kept under another title.`);
  return kept;
}

/** The answer that `hold` gave when it decided, whatever the hold has come to since. */
function holdOutcome(kept: KeptHold): HoldOutcome {
  const id = kept.exchange;
  if (kept.state === 'refused' || kept.state === 'tombstone') return { id, outcome: kept.state, cause: kept.cause };
  return { id, outcome: 'ok', ...(kept.missing !== undefined && { missing: kept.missing }) };
}

/** What a request comes to that is not refused. */
interface Accepted {
  held: StoredInstance[];
  /** The instances that are not held, in the order of their moves. */
  missing: string[];
}

/** All that the request holds, or why the exchange is refused: then none of them is held and nothing is minted. */
function judge(
  request: HoldRequest,
  instances: Stored['instances'],
  taken: ReadonlySet<string>,
  editions: Editions,
): Accepted | { refused: Refusal } {
  const { mints = [] } = request;
  if (request.moves.length + mints.length === 0)
    return { refused: { code: 'validation-failed', detail: 'The exchange moves and mints no item instance.' } };
  const judged = judgeMoves(request, instances, taken);
  if (mints.length === 0 || 'refused' in judged) return judged;
  const receiver = mints.find(({ to }) => !canOwnInstances(to));
  if (receiver !== undefined)
    return {
      refused: { code: 'validation-failed', detail: `The receiver of ${receiver.item} cannot own item instances.` },
    };
  const cause = editions.refusal(request.title, mints);
  return cause === undefined ? judged : { refused: cause };
}

function judgeMoves(
  { title, moves }: HoldRequest,
  instances: Stored['instances'],
  taken: ReadonlySet<string>,
): Accepted | { refused: Refusal } {
  const held = new Map<string, StoredInstance>();
  const missing: string[] = [];
  for (const move of moves) {
    const { instance: id, instead } = move;
    const isNamedTwice = held.has(id) || missing.includes(id);
    const found = instances.get(id);
    const instance = found?.title === title ? found : undefined;
    if (instead !== undefined) {
      const cause = replaceableRefusal(move, instance !== undefined || instanceId.test(id), isNamedTwice);
      if (cause !== undefined) return { refused: cause };
      if (instance === undefined || !canBeGiven(move, instance, taken)) missing.push(id);
      else held.set(id, instance);
      continue;
    }
    if (instance === undefined)
      return { refused: { code: 'item-not-found', detail: `There is no item instance ${nameable(id)}.` } };
    const cause = refusal(move, instance, taken.has(id) || isNamedTwice);
    if (cause !== undefined) return { refused: cause };
    held.set(id, instance);
  }
  return { held: [...held.values()], missing };
}

/** Whether the giver of a move has the instance to give. Whether it can be traded does not matter: it was sold. */
function canBeGiven({ from }: Move, { id, state, owner }: StoredInstance, taken: ReadonlySet<string>): boolean {
  return state === 'owned' && owner === from && !taken.has(id);
}

/**
 * Why an exchange is refused for a move that something can be booked instead of: it could be made for no instance. An
 * instance that is named twice would be held and missing at once.
 */
function replaceableRefusal({ instance, to }: Move, isNameable: boolean, isNamedTwice: boolean): Refusal | undefined {
  const refused = (detail: string): Refusal => ({ code: 'validation-failed', detail });
  if (!isNameable) return refused('A move names no item instance.');
  if (isNamedTwice) return refused(`The item instance ${instance} is named twice.`);
  return canOwnInstances(to) ? undefined : refused(`The receiver of ${instance} cannot own item instances.`);
}

function refusal(move: Move, instance: StoredInstance, taken: boolean): Refusal | undefined {
  const { id, state, owner, item, tradeable } = instance;
  if (state === 'burned') return { code: 'item-burned', detail: `The item instance ${id} was burned.` };
  if (owner !== move.from)
    return { code: 'item-not-owned', detail: `The item instance ${id} does not belong to its giver.` };
  if (state === 'held' || taken)
    return { code: 'item-held', detail: `The item instance ${id} is held by another exchange.` };
  if (!tradeable) return { code: 'item-not-tradeable', detail: `The item ${item} of ${id} cannot be traded.` };
  if (!canOwnInstances(move.to))
    return { code: 'validation-failed', detail: `The receiver of ${id} cannot own item instances.` };
  return undefined;
}

const instanceId = whole(`${idPrefixes.instance}_${uuidForm}`);

/** The id for the message, or a placeholder if it is malformed, because the refusal is stored. */
function nameable(id: string): string {
  return instanceId.test(id) ? id : 'with that id';
}

function holdChange(exchange: string, instance: StoredInstance): InstanceChange {
  const { id, title, item, owner, version } = instance;
  return { id, title, item, kind: 'hold', version: version + 1, from: owner, to: owner, cause: exchange };
}
