import { ApiError } from './api-error.js';
import type { Params, Range } from './params.js';

interface Listed {
  id: string;
  created: number;
}

/** Which part of a list is asked for. */
export interface PageRequest {
  created: Range;
  limit: number;
  after: string | undefined;
  before: string | undefined;
}

/** @returns the parameters that every list takes */
export function readPage(params: Params): PageRequest {
  const created = params.range('created');
  const limit = params.integer('limit') ?? 10n;
  if (limit < 1n || limit > 100n) throw ApiError.parameter('Limit must be between 1 and 100.', 'limit');
  const after = params.text('starting_after');
  const before = params.text('ending_before');
  if (after !== undefined && before !== undefined) {
    throw ApiError.parameter('Give starting_after or ending_before, not both.', 'starting_after');
  }
  return { created, limit: Number(limit), after, before };
}

/**
 * @param oldestFirst all that the account has, in the order in which it came
 * @returns a page, newest first, and whether there is more in the direction that was read
 * @throws ApiError 400 `resource_missing` for a cursor that the list does not have
 */
export function pageOf<Record extends Listed>(
  oldestFirst: Record[],
  { created, limit, after, before }: PageRequest,
): { page: Record[]; hasMore: boolean } {
  const all = oldestFirst.toReversed();
  let from = 0;
  let to = all.length;
  if (after !== undefined) from = placeOf(all, after, 'starting_after') + 1;
  if (before !== undefined) to = placeOf(all, before, 'ending_before');
  const matching = all.slice(from, to).filter((record) => isWithin(record.created, created));
  const page = before === undefined ? matching.slice(0, limit) : matching.slice(-limit);
  return { page, hasMore: matching.length > page.length };
}

function placeOf(all: Listed[], id: string, param: string): number {
  const place = all.findIndex((record) => record.id === id);
  if (place < 0) throw ApiError.missing('object', id, param, 400);
  return place;
}

function isWithin(moment: number, { gt, gte, lt, lte }: Range): boolean {
  return (
    (gt === undefined || moment > gt) &&
    (gte === undefined || moment >= gte) &&
    (lt === undefined || moment < lt) &&
    (lte === undefined || moment <= lte)
  );
}
