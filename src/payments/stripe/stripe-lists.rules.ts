import { z } from 'zod';
import type { ProviderIntent } from '../provider.types.js';
import { intentOf } from './stripe-intent.rules.js';

const list = z.object({
  object: z.literal('list'),
  has_more: z.boolean(),
  data: z.array(z.looseObject({ id: z.string().min(1), metadata: z.record(z.string(), z.unknown()) })),
});

/**
 * Reads one page of a list, newest first, for the intents that were made for a purchase.
 * @returns undefined as a whole where any of the page cannot be read, since what is missing in it proves nothing
 */
export function ownOfPage(
  json: unknown,
  purchase: string,
): { intents: ProviderIntent[]; seen: number; next: string | null } | undefined {
  const page = list.safeParse(json).data;
  if (page === undefined) return undefined;
  const own = page.data.filter(({ metadata }) => metadata['purchase'] === purchase).map((one) => intentOf(one)?.intent);
  const intents = own.filter((one) => one !== undefined);
  const next = page.has_more ? (page.data.at(-1)?.id ?? null) : null;
  if (intents.length < own.length || (page.has_more && next === null)) return undefined;
  return { intents, seen: page.data.length, next };
}

const anyList = z.object({
  object: z.literal('list'),
  has_more: z.boolean(),
  data: z.array(z.looseObject({ id: z.string().min(1) })),
});

/**
 * Reads one page of a list.
 * @returns `next`, the id that the next page begins behind; undefined as a whole where any of the page cannot be read
 */
export function pageOfList<One>(
  json: unknown,
  read: (one: unknown) => One | undefined,
): { all: One[]; next: string | undefined } | undefined {
  const page = anyList.safeParse(json).data;
  if (page === undefined) return undefined;
  const all = page.data.map(read);
  const next = page.has_more ? page.data.at(-1)?.id : undefined;
  if (all.includes(undefined) || (page.has_more && next === undefined)) return undefined;
  return { all: all as One[], next };
}
