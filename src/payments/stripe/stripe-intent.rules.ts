import { z } from 'zod';
import type { IntentStatus, ProviderIntent } from '../provider.types.js';
import { withoutSecrets } from './stripe-words.rules.js';

const minorUnits = z.number().int().nonnegative().transform(BigInt);
const seconds = z.number().int().nonnegative().max(99_999_999_999);
const text = z.string().min(1);

const balanceTransaction = z
  .object({ id: text, fee: minorUnits, currency: z.string().regex(/^[a-z]{3}$/i) })
  .transform(({ id, fee, currency }) => ({ amount: fee, currency: currency.toUpperCase(), transaction: id }));

const charge = z.object({
  id: text,
  // It is an id where it was not asked for, and null until the charge is settled.
  balance_transaction: balanceTransaction.nullish().catch(null),
  amount_refunded: minorUnits.nullish().catch(null),
  payment_method_details: z
    .looseObject({ type: text })
    .transform(({ type, ...details }) => details[type])
    .nullish()
    .catch(null),
});
const declined = z.object({ code: text.nullish(), decline_code: text.nullish(), message: z.string().nullish() });

/** What is needed of an intent. What only explains it is null where it cannot be read. */
const wire = z.object({
  object: z.literal('payment_intent'),
  id: text,
  status: text,
  amount: minorUnits,
  currency: z.string().regex(/^[a-z]{3}$/i),
  amount_capturable: minorUnits,
  amount_received: minorUnits,
  livemode: z.boolean(),
  created: seconds,
  metadata: z.record(z.string(), z.string()).nullish(),
  client_secret: text.nullish().catch(null),
  cancellation_reason: text.nullish().catch(null),
  last_payment_error: declined.nullish().catch(null),
  latest_charge: z.union([text, charge]).nullish().catch(null),
});
const captureBefore = z.object({ capture_before: seconds });

const statuses: Readonly<Record<string, IntentStatus>> = {
  requires_payment_method: 'requires-payment-method',
  requires_confirmation: 'requires-confirmation',
  requires_action: 'requires-action',
  processing: 'processing',
  requires_capture: 'requires-capture',
  succeeded: 'succeeded',
  canceled: 'canceled',
};

/** An intent as Stripe tells it, with the id of its latest charge. */
export interface StripeIntent {
  intent: ProviderIntent;
  charge: string | null;
}

/** @returns undefined for what is no intent, or lacks what is needed of one */
export function intentOf(json: unknown): StripeIntent | undefined {
  const parsed = wire.safeParse(json);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  const latest = data.latest_charge ?? null;
  const until = typeof latest === 'string' ? undefined : captureBefore.safeParse(latest?.payment_method_details).data;
  const error = data.last_payment_error;
  const intent: ProviderIntent = {
    reference: data.id,
    status: Object.hasOwn(statuses, data.status) ? (statuses[data.status] ?? 'other') : 'other',
    amount: data.amount,
    currency: data.currency.toUpperCase(),
    capturable: data.amount_capturable,
    received: data.amount_received,
    refunded: typeof latest === 'string' ? null : (latest?.amount_refunded ?? null),
    mode: data.livemode ? 'live' : 'test',
    title: data.metadata?.['title'] ?? null,
    purchase: data.metadata?.['purchase'] ?? null,
    clientSecret: data.client_secret ?? null,
    captureBefore: until === undefined ? null : new Date(until.capture_before * 1000),
    cancellation: data.cancellation_reason ?? null,
    fee: typeof latest === 'string' ? null : (latest?.balance_transaction ?? null),
    declined: error ? declineOf(error) : null,
    createdAt: new Date(data.created * 1000),
  };
  return { intent, charge: typeof latest === 'string' ? latest : (latest?.id ?? null) };
}

/** Why something was declined. The bank's own code says more than Stripe's, and is not always there. */
export function declineOf(error: {
  code?: string | null | undefined;
  decline_code?: string | null | undefined;
  message?: string | null | undefined;
}): { code: string; detail: string } {
  return {
    code: withoutSecrets(error.decline_code || error.code || 'unknown'),
    detail: withoutSecrets(error.message ?? ''),
  };
}
