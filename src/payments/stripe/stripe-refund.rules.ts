import { z } from 'zod';
import type { ListedRefund, ProviderRefund, RefundListAnswer, RefundStatus } from '../provider.types.js';
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
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
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
  const ours = data.metadata?.['refund'];
  return {
    reference: data.id,
    status: Object.hasOwn(statuses, data.status ?? '') ? (statuses[data.status ?? ''] ?? 'other') : 'other',
    amount: data.amount,
    currency: data.currency.toUpperCase(),
    reason: reason ? withoutSecrets(reason) : null,
    refund: typeof ours === 'string' && ours !== '' ? ours : null,
  };
}

const listed = z.object({
  created: z.number().int().nonnegative().max(99_999_999_999),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/** @returns undefined for what is no refund, or lacks what is needed of one in a list */
export function listedRefundOf(json: unknown): ListedRefund | undefined {
  const refund = refundOf(json);
  const { data } = listed.safeParse(json);
  if (refund === undefined || data === undefined) return undefined;
  const said = (name: string): string | null => data.metadata?.[name] ?? null;
  const of = { title: said('title'), purchase: said('purchase') };
  return { ...refund, ...of, createdAt: new Date(data.created * 1000) };
}

/** The refunds of all pages as one answer. */
export function allRefunds(refunds: ListedRefund[]): RefundListAnswer {
  const told = refunds.map(({ reference, status, amount }) => `${reference} ${status} ${amount}`).join(', ');
  return { result: 'refunds', refunds, evidence: { refunds: told.slice(0, 1_000) } };
}
