import type { FastifyReply } from 'fastify';
import type { Cause } from '../../contracts/nouns.js';
import { exchangeWorkflowId } from '../../contracts/nouns.js';
import { VeltrixError, keyReusedDetail } from '../errors.js';
import { accepted, completed, preferenceApplied } from '../http/answers.js';
import type { Config } from '../process/config.js';
import { workflowUrl } from '../temporal/ui.js';
import { statesOf, type AcceptOutcome, type KindStates, type StatesOf, type StoredDeal } from './deals.types.js';

/* How deals are answered over HTTP, whatever their kind. */

/**
 * The deal that a request has come to.
 * @throws VeltrixError `idempotency-key-reused`, and with the code of what has declined it
 */
export function dealOf<Terms>(kind: string, outcome: AcceptOutcome<Terms>): StoredDeal<Terms> {
  switch (outcome.outcome) {
    case 'key-reused':
      throw new VeltrixError('idempotency-key-reused', keyReusedDetail);
    case 'declined': {
      const { code, detail, errors, ...members } = outcome.cause;
      throw new VeltrixError(code, detail, errors, members);
    }
    case 'outdated':
      throw new Error(`A ${kind} was asked for with terms that are not those of now.`);
    default:
      return outcome.deal;
  }
}

/** The run that settles a deal. One that is not chosen yet will be the deal's own, or the row will say which. */
export function workflowIdOf(kind: string, { id, workflowId }: StoredDeal<unknown>): string {
  return workflowId ?? exchangeWorkflowId({ kind, id });
}

/**
 * Answers a request for a deal: 202, or 200 where the caller has waited and the deal is closed.
 * @param waited the seconds that the caller wanted to wait, if they wanted to
 */
export function answerDeal(
  reply: FastifyReply,
  { path }: { path: string },
  { id, closedAt }: StoredDeal<unknown>,
  waited: number | undefined,
): void {
  const location = `${path}/${id}`;
  if (waited !== undefined) preferenceApplied(reply, waited);
  if (waited !== undefined && closedAt !== null) completed(reply, location);
  else accepted(reply, location);
}

/** What the body of every deal says. Its kind says the rest. */
interface DealBody<K extends KindStates> {
  id: string;
  state: StatesOf<K>;
  reason?: Cause;
  workflow: { id: string; url: string };
  createdAt: string;
  closedAt?: string;
}

/** The part of a deal's body that all kinds share. */
export function dealBodyOf<K extends KindStates & { kind: string }>(
  config: Config,
  kind: K,
  row: StoredDeal<unknown>,
): DealBody<K> {
  const state = statesOf(kind).find((one) => one === row.state);
  if (state === undefined) throw new Error(`No ${kind.kind} is ${row.state}.`);
  const id = workflowIdOf(kind.kind, row);
  return {
    id: row.id,
    state,
    ...(row.reason !== null && { reason: row.reason }),
    workflow: { id, url: workflowUrl(config, id) },
    createdAt: row.createdAt.toISOString(),
    ...(row.closedAt !== null && { closedAt: row.closedAt.toISOString() }),
  };
}
