import { isGrpcServiceError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { sagaAttributes } from '../../contracts/sagas.js';

const { IndexedValueType } = proto.temporal.api.enums.v1;
const {
  INDEXED_VALUE_TYPE_KEYWORD: keyword,
  INDEXED_VALUE_TYPE_KEYWORD_LIST: keywordList,
  INDEXED_VALUE_TYPE_DATETIME: datetime,
} = IndexedValueType;

/** The search attributes with their types. */
const types: Record<(typeof sagaAttributes)[keyof typeof sagaAttributes], number> = {
  SagaKind: keyword,
  SagaState: keyword,
  SagaStep: keyword,
  BusinessId: keyword,
  Title: keyword,
  Player: keywordList,
  StuckSince: datetime,
};

/** A condition that no run meets, and that a server refuses where it does not know each attribute. */
const noRun = Object.entries(types)
  .map(([name, type]) => `${name} = ${type === datetime ? "'1970-01-01T00:00:00Z'" : "''"}`)
  .join(' and ');

/** PERMISSION_DENIED, UNIMPLEMENTED and UNAUTHENTICATED: whoever uses attributes need not be allowed to list them. */
const notForUs = new Set([7, 12, 16]);

const invalidArgument = 3;

/**
 * Whether a namespace knows all search attributes. It is asked for what no run has, so that the question costs nothing,
 * and whoever may use attributes may ask it.
 * @throws what Temporal throws
 */
export async function areKnown(client: Client, namespace: string): Promise<boolean> {
  try {
    await client.workflowService.countWorkflowExecutions({ namespace, query: noRun });
    return true;
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === invalidArgument) return false;
    throw error;
  }
}

/** What a namespace has of the search attributes. */
export interface KnownAttributes {
  /** Those that it does not have, with their types, as they are registered. */
  missing: Record<string, number>;
  /** In one sentence, which it has as another type. Nothing can be started there. */
  wrong: string | undefined;
}

/**
 * Asks a namespace for the search attributes.
 * @returns undefined where the caller may not list them
 * @throws what Temporal throws
 */
export async function knownAttributes(client: Client, namespace: string): Promise<KnownAttributes | undefined> {
  let known: Record<string, number>;
  try {
    known = (await client.connection.operatorService.listSearchAttributes({ namespace })).customAttributes;
  } catch (error) {
    if (isGrpcServiceError(error) && notForUs.has(Number(error.code))) return undefined;
    throw error;
  }
  const all = Object.entries(types);
  const wrong = all.find(([name, type]) => name in known && known[name] !== type);
  return {
    missing: Object.fromEntries(all.filter(([name]) => !(name in known))),
    wrong: wrong && wrongSentence(namespace, wrong[0], known[wrong[0]] ?? 0, wrong[1]),
  };
}

function wrongSentence(namespace: string, name: string, is: number, wanted: number): string {
  return (
    `The namespace ${namespace} has the search attribute ${name} as ${nameOf(is)}, and Veltrix needs it as ` +
    `${nameOf(wanted)}: remove it there, or set TEMPORAL_NAMESPACE to a namespace of its own.`
  );
}

/** A type as Temporal's own tools call it, for example `KeywordList`. */
function nameOf(type: number): string {
  const words = (IndexedValueType[type] ?? 'UNSPECIFIED').replace('INDEXED_VALUE_TYPE_', '').toLowerCase().split('_');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
