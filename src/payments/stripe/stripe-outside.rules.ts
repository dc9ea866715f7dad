import { z } from 'zod';
import type { FraudWarning, OutsideEntry, OutsideName } from '../outside-port.types.js';

/* What Stripe tells of money that has moved without our asking. */

const text = z.string().min(1).max(255);

/** The object of each kind, and where it is asked for. */
const kinds: Readonly<Record<string, { kind: OutsideName['kind']; path: string }>> = {
  payment_intent: { kind: 'intent', path: '/v1/payment_intents' },
  refund: { kind: 'refund', path: '/v1/refunds' },
  dispute: { kind: 'dispute', path: '/v1/disputes' },
  charge: { kind: 'charge', path: '/v1/charges' },
  'radar.early_fraud_warning': { kind: 'fraud-warning', path: '/v1/radar/early_fraud_warnings' },
};

/** The events after which money has moved, or may move soon. */
const telling = /^(?:charge\.dispute\.|refund\.|charge\.refund|radar\.early_fraud_warning\.)/;

/** Where an object is asked for by its id. */
export function pathOfNamed({ kind, id }: OutsideName): string {
  const path = Object.values(kinds).find((one) => one.kind === kind)?.path ?? '';
  return `${path}/${encodeURIComponent(id)}`;
}

/**
 * The lists that are walked, one after the other. Movements are asked for by type, so that those of everyday, which are
 * of payments and payouts, are never read. What does not move money has a list of its own.
 */
const streams: readonly { path: string; query: Readonly<Record<string, string>> }[] = [
  ...['refund', 'payment_refund', 'refund_failure', 'payment_failure_refund', 'adjustment'].map(movementsOf),
  { path: '/v1/disputes', query: {} },
  { path: '/v1/radar/early_fraud_warnings', query: {} },
  // A payment that a bank takes back after it has succeeded. A walk under way goes by the place in this list.
  movementsOf('payment_reversal'),
];

function movementsOf(type: string): { path: string; query: Readonly<Record<string, string>> } {
  return { path: '/v1/balance_transactions', query: { type, 'expand[0]': 'data.source' } };
}

/** A place in the walk through the lists: `<list>:<the id that the page begins behind>`. */
function placeOf(after: string | undefined): { stream: number; behind: string | undefined } {
  const [, stream = '0', behind = ''] = /^(\d+):(.*)$/.exec(after ?? '') ?? [];
  return { stream: Number(stream), behind: behind || undefined };
}

/** The path of one page of the walk, or undefined behind its end. */
export function pathOfOutside({ from, to }: { from: Date; to: Date }, after: string | undefined): string | undefined {
  const { stream, behind } = placeOf(after);
  const one = streams[stream];
  if (one === undefined) return undefined;
  const query = new URLSearchParams({
    ...one.query,
    'created[gte]': String(Math.floor(from.getTime() / 1000)),
    'created[lte]': String(Math.ceil(to.getTime() / 1000)),
    limit: '100',
    ...(behind !== undefined && { starting_after: behind }),
  });
  return `${one.path}?${query.toString()}`;
}

const page = z.object({
  object: z.literal('list'),
  has_more: z.boolean(),
  data: z.array(z.looseObject({ object: text, id: text })),
});

/** @returns what a page of the walk tells, or undefined where it cannot be read, so that nothing is left out */
export function outsidePageOf(
  json: unknown,
  after: string | undefined,
): { entries: OutsideEntry[]; next: string | null } | undefined {
  const { data } = page.safeParse(json);
  if (data === undefined) return undefined;
  const { stream } = placeOf(after);
  const last = data.data.at(-1);
  if (data.has_more && last === undefined) return undefined;
  const following = stream + 1 < streams.length ? `${stream + 1}:` : null;
  const next = data.has_more && last !== undefined ? `${stream}:${last.id}` : following;
  return { entries: data.data.map(entryOf), next };
}

function entryOf(told: { object: string; id: string; source?: unknown }): OutsideEntry {
  const about = told.object === 'balance_transaction' ? told.source : told;
  return { id: told.id, about: outsideNameOf(about), isOwn: isOwn(about) };
}

const named = z.looseObject({
  object: text,
  id: text,
  payment_intent: z.union([text, z.object({ id: text }).transform(({ id }) => id)]).nullish(),
});

/** What is to be looked at for an object: the intent, where the object says it. A warning is looked at itself. */
export function outsideNameOf(json: unknown): OutsideName | null {
  const { data } = named.safeParse(json);
  const kind = data && Object.hasOwn(kinds, data.object) ? kinds[data.object]?.kind : undefined;
  if (data === undefined || kind === undefined) return null;
  if (kind === 'fraud-warning' || kind === 'intent') return { kind, id: data.id };
  return data.payment_intent ? { kind: 'intent', id: data.payment_intent } : null;
}

const metadata = z.object({
  metadata: z.object({ refund: text.optional(), title: text.optional(), purchase: text.optional() }),
});

/** Whether an object is a refund that Veltrix has asked for, which says so in its metadata. */
function isOwn(json: unknown): boolean {
  const { data } = metadata.safeParse(json);
  const isRefund = named.safeParse(json).data?.object === 'refund';
  const { refund, title, purchase } = data?.metadata ?? {};
  return isRefund && (refund !== undefined || (title !== undefined && purchase !== undefined));
}

/** What an event is about, where money may have moved by it. A thin event names the object alone. */
export function outsideOfEvent(type: string, about: unknown): OutsideName | null {
  if (!telling.test(type) || isOwn(about)) return null;
  return outsideNameOf(about);
}

/** As outsideOfEvent, for an event that names the object alone. */
export function outsideOfThin(
  type: string,
  about: { id: string; type: string } | null | undefined,
): OutsideName | null {
  if (!telling.test(type) || !about || !Object.hasOwn(kinds, about.type)) return null;
  const kind = kinds[about.type]?.kind;
  return kind === undefined ? null : { kind, id: about.id };
}

const warning = z.object({ fraud_type: text.catch('unknown'), actionable: z.boolean(), livemode: z.boolean() });

/** Which intent an object is about, and what it warns of. @returns undefined for another object than was asked for */
export function namedOf(
  json: unknown,
  { kind, id }: OutsideName,
): { intent: string | null; warning: FraudWarning | null } | undefined {
  const { data } = named.safeParse(json);
  if (data?.id !== id || !Object.hasOwn(kinds, data.object) || kinds[data.object]?.kind !== kind) return undefined;
  const intent = kind === 'intent' ? id : (data.payment_intent ?? null);
  if (kind !== 'fraud-warning') return { intent, warning: null };
  const said = warning.safeParse(json).data;
  if (said === undefined) return undefined;
  const mode = said.livemode ? 'live' : 'test';
  return { intent, warning: { fraud: said.fraud_type, isActionable: said.actionable, mode } };
}
