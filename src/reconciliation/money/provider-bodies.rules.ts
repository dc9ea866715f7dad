import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Bodies, ObjectKind, ReadObject } from './provider-objects.types.js';

/*
 * What is kept of a record of Stripe. A record that lacks any of it, or has an amount that a JSON number cannot carry
 * exactly, cannot be read.
 */

const text = z.string().min(1).max(255);
// What is no safe integer was rounded when the answer was parsed.
const amount = z.number().int().refine(Number.isSafeInteger).transform(String);
const unsigned = amount.refine((digits) => !digits.startsWith('-'));
const currency = z
  .string()
  .regex(/^[a-z]{3}$/i)
  .transform((code) => code.toUpperCase());
const created = z.number().int().nonnegative().max(99_999_999_999);
/** An object in the place of an id is named by its own. */
const reference = z
  .union([text, z.object({ id: text }).transform(({ id }) => id)])
  .nullish()
  .transform((id) => id ?? null);
const metadata = z
  .record(z.string(), z.string())
  .nullish()
  .transform((all) => all ?? {});
const known = { id: text, created };
const told = { metadata, application: reference, description: z.string().nullish() };

type Told = z.infer<z.ZodObject<typeof told>>;

const ourKeys = ['title', 'purchase', 'refund'];

/** Our own key on a record, and by what it says that another application has made it. */
function keyOf({ metadata: all, application, description }: Told): {
  title: string | null;
  purchase: string | null;
  foreign: string | null;
} {
  const isOthers = Object.keys(all).some((name) => !ourKeys.includes(name));
  const words = [
    ...(application !== null ? ['application'] : []),
    ...(isOthers ? ['metadata'] : []),
    ...(description ? ['description'] : []),
  ];
  return { title: all['title'] || null, purchase: all['purchase'] || null, foreign: words[0] ?? null };
}

const intent = z
  .object({
    ...known,
    ...told,
    object: z.literal('payment_intent'),
    status: text,
    amount: unsigned,
    amount_received: unsigned,
    amount_capturable: unsigned,
    currency,
    latest_charge: reference,
  })
  .transform((one) => ({
    ...one,
    body: {
      status: one.status,
      amount: one.amount,
      received: one.amount_received,
      capturable: one.amount_capturable,
      currency: one.currency,
      charge: one.latest_charge,
      ...keyOf(one),
    } satisfies Bodies['payment_intent'],
    settled: one.status === 'succeeded' ? [one.amount, one.amount_received, one.currency] : null,
    about: null,
  }));

const captureBefore = z.object({ capture_before: created });
const details = z
  .looseObject({ type: text })
  .transform(({ type, ...rest }) => captureBefore.safeParse(rest[type]).data?.capture_before ?? null)
  .nullish()
  .catch(null);

const charge = z
  .object({
    ...known,
    ...told,
    object: z.literal('charge'),
    status: text,
    amount: unsigned,
    amount_captured: unsigned,
    currency,
    payment_intent: reference,
    balance_transaction: reference,
    payment_method_details: details,
  })
  .transform((one) => ({
    ...one,
    body: {
      status: one.status,
      amount: one.amount,
      captured: one.amount_captured,
      currency: one.currency,
      intent: one.payment_intent,
      transaction: one.balance_transaction,
      captureBefore: one.payment_method_details ?? null,
      ...keyOf(one),
    } satisfies Bodies['charge'],
    settled: one.amount_captured === '0' ? null : [one.amount_captured, one.currency, one.payment_intent],
    about: one.payment_intent,
  }));

const refund = z
  .object({
    ...known,
    ...told,
    object: z.literal('refund'),
    // Some methods tell no status.
    status: text.nullish(),
    amount: unsigned,
    currency,
    payment_intent: reference,
    charge: reference,
    balance_transaction: reference,
  })
  .transform((one) => ({
    ...one,
    body: {
      status: one.status ?? 'unknown',
      amount: one.amount,
      currency: one.currency,
      intent: one.payment_intent,
      charge: one.charge,
      transaction: one.balance_transaction,
      refund: one.metadata['refund'] || null,
      ...keyOf(one),
    } satisfies Bodies['refund'],
    settled: one.status === 'succeeded' ? [one.amount, one.currency, one.charge] : null,
    about: one.payment_intent ?? one.charge,
  }));

const closedDisputes = ['won', 'lost', 'warning_closed', 'prevented'];

const dispute = z
  .object({
    ...known,
    object: z.literal('dispute'),
    status: text,
    amount: unsigned,
    currency,
    payment_intent: reference,
    charge: reference,
    balance_transactions: z.array(z.object({ id: text, amount, fee: amount, currency, created })),
  })
  .transform((one) => ({
    ...one,
    body: {
      status: one.status,
      amount: one.amount,
      currency: one.currency,
      intent: one.payment_intent,
      charge: one.charge,
      transactions: one.balance_transactions,
    } satisfies Bodies['dispute'],
    settled: closedDisputes.includes(one.status) ? [one.amount, one.currency] : null,
    about: one.payment_intent ?? one.charge,
  }));

const transaction = z
  .object({
    ...known,
    object: z.literal('balance_transaction'),
    type: text,
    amount,
    fee: amount,
    currency,
    source: reference,
  })
  .transform((one) => ({
    ...one,
    body: {
      type: one.type,
      amount: one.amount,
      fee: one.fee,
      currency: one.currency,
      source: one.source,
    } satisfies Bodies['balance_transaction'],
    settled: [one.type, one.amount, one.fee, one.currency, one.source],
    about: one.source,
  }));

const payout = z
  .object({
    ...known,
    object: z.literal('payout'),
    status: text,
    amount,
    currency,
    automatic: z.boolean(),
    reconciliation_status: text.nullish().catch(null),
    balance_transaction: reference,
  })
  .transform((one) => ({
    ...one,
    body: {
      status: one.status,
      amount: one.amount,
      currency: one.currency,
      automatic: one.automatic,
      contents: one.reconciliation_status ?? null,
      transaction: one.balance_transaction,
    } satisfies Bodies['payout'],
    settled: one.status === 'paid' ? [one.amount, one.currency] : null,
    about: null,
  }));

const readers = { payment_intent: intent, charge, refund, dispute, balance_transaction: transaction, payout };

/** @returns undefined for what is no record of this kind, or lacks what is needed of one */
export function objectOf(kind: ObjectKind, json: unknown): ReadObject | undefined {
  const { data } = readers[kind].safeParse(json);
  if (data === undefined) return undefined;
  const { id, created: seconds, body, settled, about } = data;
  const purchase = 'purchase' in body ? body.purchase : null;
  const settledHash = settled === null ? null : hashOf(settled);
  return { kind, id, body, version: hashOf(body), settled: settledHash, purchase, about, created: seconds };
}

/** The same for the same content, whatever the order in which its members were put. */
function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
}
