import { keyReusedDetail, type Refusal } from '../errors.js';
import { Editions } from './editions.rules.js';
import type {
  BurnRequest,
  CountChange,
  InstanceChange,
  MintRequest,
  NewInstance,
  StoredInstance,
  StoredItem,
} from './inventory.types.js';
import { keyInTitle } from './key-in-title.js';
import { canOwnInstances } from './owners.rules.js';
import { propertiesProblem } from './properties.rules.js';

/** What is kept for ever under the title, command and key of a mint or a burn. */
export interface KeptIssue {
  title: string;
  key: string;
  fingerprint: string;
  /** `ins_…` */
  instance: string;
  /** Present if the command was refused. */
  cause?: Refusal;
  /** The number of the transaction that has kept it, once it is kept. */
  keptBy?: string;
}

/** The answer to one element, before its instance is read. */
export type IssueAnswer =
  { outcome: 'done'; replayed: boolean; instance: string } | { outcome: 'refused'; replayed: boolean; cause: Refusal };

/** What `mint` came to: an answer for each element in order, and the elements that are to be written. */
export interface MintDecision {
  answers: IssueAnswer[];
  keep: KeptIssue[];
  minted: NewInstance[];
  /** What is issued of limited items. */
  counts: CountChange[];
}

/**
 * Decides a list of mints, in order. A refusal is not kept by the key: it says that the request can never be right,
 * that the item is not defined yet, or that none can be minted now.
 * @param items the defined items, by `keyInTitle`
 * @param kept what is kept, by `keyInTitle` key
 * @param earlier the transactions of earlier attempts of the same call. What one of them has kept is the answer to the
 *   first request with its key, and no replay of it.
 */
export function decideMints(
  requests: readonly MintRequest[],
  items: ReadonlyMap<string, StoredItem>,
  kept: ReadonlyMap<string, KeptIssue>,
  earlier: ReadonlySet<string> = new Set(),
): MintDecision {
  const decision: Omit<MintDecision, 'counts'> = { answers: [], keep: [], minted: [] };
  const editions = new Editions(items);
  const known = new Map(kept);
  for (const request of requests) {
    const { title, key, fingerprint, id } = request;
    const before = known.get(keyInTitle(title, key));
    const cause = before === undefined ? mintRefusal(request, editions) : undefined;
    if (before !== undefined) {
      decision.answers.push(answerAgain(before, fingerprint, earlier, known));
    } else if (cause !== undefined) {
      decision.answers.push({ outcome: 'refused', replayed: false, cause });
    } else {
      const keep = { title, key, fingerprint, instance: id };
      known.set(keyInTitle(title, key), keep);
      decision.keep.push(keep);
      decision.minted.push(instanceOf(request, editions));
      decision.answers.push(answerFrom(keep, fingerprint, false));
    }
  }
  return { ...decision, counts: editions.counts };
}

function instanceOf({ id, title, item, owner, properties = {}, reason }: MintRequest, editions: Editions): NewInstance {
  return { id, title, item, owner, properties, serial: editions.issue(title, item, false), cause: reason };
}

function mintRefusal(request: MintRequest, editions: Editions): Refusal | undefined {
  if (!canOwnInstances(request.owner))
    return { code: 'validation-failed', detail: 'Item instances belong to players and to system:store.' };
  const problem = propertiesProblem(request.properties ?? {});
  if (problem !== undefined) return { code: 'validation-failed', detail: problem };
  return editions.refusal(request.title, [request]);
}

/** What `burn` came to: an answer for each element in order, and what is to be written. */
export interface BurnDecision {
  answers: IssueAnswer[];
  keep: KeptIssue[];
  changes: InstanceChange[];
}

/**
 * Decides a list of burns, in order. Instances and kept outcomes must have been read after the instances were locked.
 * That there is no such instance is not kept by the key, because it can be minted yet; every other refusal is.
 * @param kept what is kept, by `keyInTitle` key
 * @param earlier as of `decideMints`
 */
export function decideBurns(
  requests: readonly BurnRequest[],
  instances: ReadonlyMap<string, StoredInstance>,
  kept: ReadonlyMap<string, KeptIssue>,
  earlier: ReadonlySet<string> = new Set(),
): BurnDecision {
  const decision: BurnDecision = { answers: [], keep: [], changes: [] };
  const known = new Map(kept);
  const burned = new Set<string>();
  for (const request of requests) {
    const { title, key, fingerprint } = request;
    const before = known.get(keyInTitle(title, key));
    const instance = instances.get(request.instance);
    if (before !== undefined) {
      decision.answers.push(answerAgain(before, fingerprint, earlier, known));
    } else if (instance?.title !== title) {
      decision.answers.push({
        outcome: 'refused',
        replayed: false,
        cause: { code: 'not-found', detail: `There is no item instance ${request.instance}.` },
      });
    } else {
      const cause = burnRefusal(instance, burned.has(instance.id));
      const keep = { title, key, fingerprint, instance: instance.id, ...(cause && { cause }) };
      known.set(keyInTitle(title, key), keep);
      decision.keep.push(keep);
      decision.answers.push(answerFrom(keep, fingerprint, false));
      if (cause === undefined) {
        burned.add(instance.id);
        decision.changes.push(burnChange(request, instance));
      }
    }
  }
  return decision;
}

function burnRefusal(instance: StoredInstance, burnedBefore: boolean): Refusal | undefined {
  if (instance.state === 'burned' || burnedBefore)
    return { code: 'item-burned', detail: `The item instance ${instance.id} was burned.` };
  if (instance.state === 'held')
    return { code: 'item-held', detail: `The item instance ${instance.id} is held by an exchange.` };
  return undefined;
}

function burnChange(request: BurnRequest, instance: StoredInstance): InstanceChange {
  const { id, title, item, owner, version } = instance;
  return { id, title, item, kind: 'burn', version: version + 1, from: owner, to: null, cause: request.reason };
}

/** Answers what is kept. Once it was answered to a request with its fingerprint, every later one is a replay. */
function answerAgain(
  { keptBy = '', ...kept }: KeptIssue,
  fingerprint: string,
  earlier: ReadonlySet<string>,
  known: Map<string, KeptIssue>,
): IssueAnswer {
  if (kept.fingerprint === fingerprint) known.set(keyInTitle(kept.title, kept.key), kept);
  return answerFrom(kept, fingerprint, !earlier.has(keptBy));
}

function answerFrom(kept: KeptIssue, fingerprint: string, replayed: boolean): IssueAnswer {
  if (kept.fingerprint !== fingerprint) {
    return {
      outcome: 'refused',
      replayed: false,
      cause: { code: 'idempotency-key-reused', detail: keyReusedDetail },
    };
  }
  if (kept.cause !== undefined) return { outcome: 'refused', replayed, cause: kept.cause };
  return { outcome: 'done', replayed, instance: kept.instance };
}
