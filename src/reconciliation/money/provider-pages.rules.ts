import { z } from 'zod';
import { objectOf } from './provider-bodies.rules.js';
import type { ObjectKind, ReadObject } from './provider-objects.types.js';

/* What one page of a list at a provider is worth. */

/** How many records a page has. */
export const pageSize = 100;

/** The lists of an account in the order in which they are read, with the kind of record that each has. */
export const lists = [
  { name: 'payment_intents', path: '/v1/payment_intents', kind: 'payment_intent' },
  { name: 'charges', path: '/v1/charges', kind: 'charge' },
  { name: 'refunds', path: '/v1/refunds', kind: 'refund' },
  { name: 'disputes', path: '/v1/disputes', kind: 'dispute' },
  { name: 'balance_transactions', path: '/v1/balance_transactions', kind: 'balance_transaction' },
  { name: 'payouts', path: '/v1/payouts', kind: 'payout' },
  { name: 'payout_contents', path: '/v1/balance_transactions', kind: 'balance_transaction' },
] as const satisfies readonly { name: string; path: string; kind: ObjectKind }[];
export type ListName = (typeof lists)[number]['name'];

/** Where the reading of all accounts is. */
export interface ImportPlace {
  title: string;
  provider: string;
  list: ListName;
  /** The payout whose contents are read, or null. */
  payout: string | null;
  /** The page that was read before, or null where this is the first of its list. */
  read: PageRead | null;
}

/** What the next page of a list is held to. */
interface PageRead {
  /** The id that the page begins behind. */
  behind: string;
  /** When the last record of the page before was made, in seconds since 1970. */
  made: number;
  /** The first id of the list. */
  first: string;
}

const placeForm = z.object({
  title: z.string(),
  provider: z.string(),
  list: z.enum(lists.map(({ name }) => name)),
  payout: z.string().nullable(),
  read: z.object({ behind: z.string(), made: z.number(), first: z.string() }).nullable(),
});

/** A place as text. */
export function placeText({ title, provider, list, payout, read }: ImportPlace): string {
  return JSON.stringify({ title, provider, list, payout, read });
}

/** @throws Error for what is no place */
export function placeOf(text: string): ImportPlace {
  return placeForm.parse(JSON.parse(text));
}

/** The query of the page at a place. Stripe counts time in whole seconds. */
export function queryOf({ payout, read }: ImportPlace, from: Date | null): Record<string, string> {
  return {
    limit: String(pageSize),
    ...(payout !== null && { payout }),
    ...(payout === null && from !== null && { 'created[gte]': String(Math.floor(from.getTime() / 1000)) }),
    ...(read !== null && { starting_after: read.behind }),
  };
}

/** What was answered for a page. */
export type PageAnswer = { status: number; body: unknown } | { noAnswer: string };

/** How a page that cannot be used is bad. */
export interface BadPage {
  code: 'short-page' | 'side-unreadable' | 'permission';
  detail: string;
}

export interface GoodPage {
  objects: ReadObject[];
  /** What the next page is held to, or null where this was the last. */
  read: PageRead | null;
}

const page = z.object({
  object: z.literal('list'),
  has_more: z.boolean(),
  data: z.array(z.unknown()),
});

/** Reads a page, newest first. What is missing on a page cannot be seen on the next, so a page is good as a whole. */
export function pageOf(
  kind: ObjectKind,
  answer: PageAnswer,
  before: PageRead | null,
): { bad: BadPage } | { page: GoodPage } {
  if ('noAnswer' in answer) return unreadable(answer.noAnswer);
  const { status, body } = answer;
  if (status === 401 || status === 403)
    return { bad: { code: 'permission', detail: `The provider answers ${status}: the key may not read it.` } };
  if (status !== 200) return unreadable(`The provider answers ${status}.`);
  const { data } = page.safeParse(body);
  if (data === undefined) return unreadable('The answer is no list.');
  const objects = data.data.map((one) => objectOf(kind, one));
  const read = objects.filter((one) => one !== undefined);
  if (read.length < objects.length)
    return unreadable(`${objects.length - read.length} records of the page cannot be read.`);
  const short = shortness(read, data.has_more, before);
  if (short !== undefined) return { bad: { code: 'short-page', detail: short } };
  const [first, last] = [read[0], read.at(-1)];
  const isLast = !data.has_more || first === undefined || last === undefined;
  const next = isLast ? null : { behind: last.id, made: last.created, first: before?.first ?? first.id };
  return { page: { objects: read, read: next } };
}

function unreadable(detail: string): { bad: BadPage } {
  return { bad: { code: 'side-unreadable', detail } };
}

/** Why a page is not all of what it ought to be, or undefined where it is. */
function shortness(objects: readonly ReadObject[], hasMore: boolean, before: PageRead | null): string | undefined {
  const [first] = objects;
  if (first === undefined)
    return before !== null || hasMore ? 'A page is empty that was said to have records.' : undefined;
  if (hasMore && objects.length < pageSize)
    return `A page has ${objects.length} records of ${pageSize}, and says that there are more.`;
  const ids = new Set(objects.map(({ id }) => id));
  if (ids.size < objects.length) return 'A page has a record twice.';
  if (before === null) return undefined;
  if (ids.has(before.behind) || ids.has(before.first)) return 'A list leads back to where it was.';
  return first.created > before.made ? 'A list goes on with what is newer.' : undefined;
}
