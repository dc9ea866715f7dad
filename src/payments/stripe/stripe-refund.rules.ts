import { z } from 'zod';
import type { ProviderRefund, RefundStatus } from '../provider.types.js';
import { withoutSecrets } from './stripe-words.rules.js';

const text = z.string().min(1);
const word = text.nullish().catch(null);

const wire = z.object({
  object: z.literal('refund'),
  id: text,
  // Some methods tell no status. Nothing is taken for done by it.
  status: z.string().nullish(),
  amount: z.number().int().positive().transform(BigInt),
  currency: z.string().regex(/^[a-z]{3}$/i),
  failure_reason: word,
  pending_reason: word,
});

const statuses: Readonly<Record<string, RefundStatus>> = {
  pending: 'pending',
  requires_action: 'requires-action',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'canceled',
};

/** @returns undefined for what is no refund, or lacks what is needed of one */
export function refundOf(json: unknown): ProviderRefund | undefined {
  const { data } = wire.safeParse(json);
  if (data === undefined) return undefined;
  const reason = data.failure_reason ?? data.pending_reason;
  return {
    reference: data.id,
    status: Object.hasOwn(statuses, data.status ?? '') ? (statuses[data.status ?? ''] ?? 'other') : 'other',
    amount: data.amount,
    currency: data.currency.toUpperCase(),
    reason: reason ? withoutSecrets(reason) : null,
  };
}
