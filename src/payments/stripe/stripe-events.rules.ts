import Stripe from 'stripe';
import { z } from 'zod';
import type { ProviderEvent } from '../provider.types.js';
import { outsideOfEvent, outsideOfThin } from './stripe-outside.rules.js';

/** How far the time of a signature may be from now, in seconds, in both directions. */
const tolerance = 300;

const name = z.string().min(1).max(255);
const snapshot = z.object({
  object: z.literal('event'),
  id: name,
  type: name,
  livemode: z.boolean(),
  created: z.number().int().nonnegative().max(99_999_999_999),
  data: z.object({ object: z.looseObject({ object: z.string() }) }),
});
const thin = z.object({
  object: z.literal('v2.core.event'),
  id: name,
  type: name,
  livemode: z.boolean(),
  created: z.iso.datetime({ offset: true }),
  related_object: z.object({ id: name, type: name }).nullish(),
});

const metadata = z.object({ purchase: z.string().regex(/^[\x21-\x7e]{1,128}$/) });

/**
 * Reads an event in either form: as a snapshot of what it is about, or thin, with its name alone.
 * @param now milliseconds since 1970
 * @returns undefined for what none of the secrets has signed just now, and for what is no event
 */
export function readEvent(
  rawBody: Buffer,
  signature: string | string[] | undefined,
  secrets: readonly string[],
  now: number,
): ProviderEvent | undefined {
  if (typeof signature !== 'string' || !isOfNow(signature, now)) return undefined;
  if (!secrets.some((secret) => isSignedBy(secret, rawBody, signature, now))) return undefined;
  return eventOf(rawBody);
}

/** Whether the signature says one moment, which is near now. The client looks at the past alone. */
function isOfNow(signature: string, now: number): boolean {
  const times = signature.split(',').filter((part) => part.startsWith('t='));
  const [, time] = /^t=(\d{1,12})$/.exec(times[0] ?? '') ?? [];
  if (times.length !== 1 || time === undefined) return false;
  return Math.abs(Math.floor(now / 1000) - Number(time)) <= tolerance;
}

function isSignedBy(secret: string, rawBody: Buffer, signature: string, now: number): boolean {
  try {
    return Stripe.webhooks.signature?.verifyHeader(rawBody, signature, secret, tolerance, undefined, now) ?? false;
  } catch {
    return false;
  }
}

function eventOf(rawBody: Buffer): ProviderEvent | undefined {
  const json = jsonOf(rawBody);
  const full = snapshot.safeParse(json).data;
  if (full !== undefined) {
    const { id, type, livemode, created, data } = full;
    const { object: about } = data;
    const outside = outsideOfEvent(type, about);
    const of = { reference: intentOf(about), refund: refundOf(about), purchase: purchaseOf(about), outside };
    return { ...named(id, type, livemode), ...of, createdAt: new Date(created * 1000) };
  }
  const small = thin.safeParse(json).data;
  if (small === undefined) return undefined;
  const { id, type, livemode, created, related_object: about } = small;
  const reference = about?.type === 'payment_intent' ? about.id : null;
  const refund = about?.type === 'refund' ? about.id : null;
  const names = named(id, type, livemode);
  const outside = outsideOfThin(names.type, about);
  return { ...names, reference, refund, purchase: null, outside, createdAt: new Date(created) };
}

function jsonOf(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** A thin event of what the first version of the API has says `v1.` before its type. It is the same event. */
function named(id: string, type: string, livemode: boolean): Pick<ProviderEvent, 'id' | 'type' | 'mode'> {
  return { id, type: type.replace(/^v1\./, ''), mode: livemode ? 'live' : 'test' };
}

/** Charges, refunds and disputes name the intent that they belong to. */
function intentOf(about: Readonly<Record<string, unknown>>): string | null {
  const intent = about['object'] === 'payment_intent' ? about['id'] : about['payment_intent'];
  return typeof intent === 'string' && intent !== '' ? intent : null;
}

/** The purchase that an intent was made for, as Veltrix has said when it made it. */
function purchaseOf(about: Readonly<Record<string, unknown>>): string | null {
  const said = metadata.safeParse(about['object'] === 'payment_intent' ? about['metadata'] : undefined).data;
  return said?.purchase ?? null;
}

function refundOf(about: Readonly<Record<string, unknown>>): string | null {
  const refund = about['object'] === 'refund' ? about['id'] : undefined;
  return typeof refund === 'string' && refund !== '' ? refund : null;
}
