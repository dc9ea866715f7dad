import { z } from 'zod';
import type { Evidence, ProviderIntent } from '../provider.types.js';
import { evidenceOf, type HttpOutcome } from './stripe-answers.rules.js';
import { intentOf } from './stripe-intent.rules.js';

const list = z.object({
  object: z.literal('list'),
  has_more: z.boolean(),
  data: z.array(z.looseObject({ id: z.string().min(1), metadata: z.record(z.string(), z.unknown()) })),
});

/** What one page of a list says of a purchase. */
export interface OwnOfPage {
  /** Whether all of the page could be read. What is missing in another proves nothing. */
  isWhole: boolean;
  intents: ProviderIntent[];
  /** How many intents are on the page, of whomever. */
  seen: number;
  /** The id that the next page begins behind, or undefined where there is none. */
  next: string | undefined;
  evidence: Evidence;
}

/** Reads one page of a list, newest first, for the intents that were made for a purchase. */
export function ownOfPage(outcome: HttpOutcome, purchase: string): OwnOfPage {
  const broken = { isWhole: false, intents: [], seen: 0, next: undefined };
  if ('noAnswer' in outcome) return { ...broken, evidence: { noAnswer: outcome.noAnswer } };
  const evidence = evidenceOf(outcome);
  const page = outcome.status === 200 ? list.safeParse(outcome.body).data : undefined;
  if (page === undefined) return { ...broken, evidence };
  const own = page.data.filter(({ metadata }) => metadata['purchase'] === purchase).map((one) => intentOf(one)?.intent);
  const intents = own.filter((one) => one !== undefined);
  const next = page.has_more ? page.data.at(-1)?.id : undefined;
  const isWhole = intents.length === own.length && (next !== undefined || !page.has_more);
  return { isWhole, intents, seen: page.data.length, next, evidence };
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
