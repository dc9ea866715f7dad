import type { Effect, FaultName, TableName, Tables } from '../books/records.js';
import type { Actor } from '../money/actor.js';
import { ApiError } from '../wire/api-error.js';
import { pageOf, readPage } from '../wire/list.rules.js';
import type { Wire } from '../wire/objects.js';
import type { Params } from '../wire/params.js';

/** A call that is let in. */
export interface Asked {
  actor: Actor;
  params: Params;
  /** The id in the path, or nothing. */
  id: string;
  /** A fault that changes what the call does. */
  fault: FaultName | undefined;
}

/** What is answered. An error that is answered, and not thrown, leaves its changes in the books. */
export interface Answer {
  status?: number;
  body: unknown;
  effect?: Effect;
  /** The intent that the call was about. */
  intent?: string | null;
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** The whole path, with `:id` for the id. */
  path: string;
  answer(asked: Asked): Answer;
}

/** The tables whose records belong to an account. */
export type OwnedTable = {
  [Name in TableName]: Tables[Name] extends { account: string; created: number } ? Name : never;
}[TableName];

/** @throws ApiError 404 `resource_missing` where the account has no such thing */
export function findOwned<Name extends OwnedTable>(
  actor: Actor,
  table: Name,
  id: string,
  { object, param = 'id' }: { object: string; param?: string },
): Tables[Name] {
  const record = actor.books.get(table, id);
  if (record === undefined || (record as { account: string }).account !== actor.account) {
    throw ApiError.missing(object, id, param, param === 'id' ? 404 : 400);
  }
  return record;
}

/** @returns a list in Stripe's form of what the account has in a table */
export function listOwned<Name extends OwnedTable>(
  { actor, params }: Asked,
  table: Name,
  url: string,
  {
    wire,
    isWanted = () => true,
  }: { wire: (record: Tables[Name]) => Wire; isWanted?: (record: Tables[Name]) => boolean },
): Answer {
  const request = readPage(params);
  params.finish();
  const own = actor.books
    .all(table)
    .filter((record) => (record as { account: string }).account === actor.account && isWanted(record));
  const { page, hasMore } = pageOf<Tables[Name]>(own, request);
  return { body: { object: 'list', data: page.map(wire), has_more: hasMore, url } };
}
