import { z } from 'zod';
import type { ProviderRefund, RefundListAnswer, RefundStatus } from '../provider.types.js';
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

const list = z.object({
  object: z.literal('list'),
  has_more: z.boolean(),
  data: z.array(z.looseObject({ id: text })),
});

/**
 * Reads one page of the refunds of an intent.
 * @returns undefined for what is no page, and where one of them cannot be read: what is missing in it proves nothing
 */
export function refundsOfPage(json: unknown): { refunds: ProviderRefund[]; next: string | undefined } | undefined {
  const { data: page } = list.safeParse(json);
  if (page === undefined) return undefined;
  const refunds = page.data.map((one) => refundOf(one)).filter((one) => one !== undefined);
  const next = page.has_more ? page.data.at(-1)?.id : undefined;
  if (refunds.length < page.data.length || (page.has_more && next === undefined)) return undefined;
  return { refunds, next };
}

/** The refunds of all pages as one answer. */
export function allRefunds(refunds: ProviderRefund[]): RefundListAnswer {
  const told = refunds.map(({ reference, status, amount }) => `${reference} ${status} ${amount}`).join(', ');
  return { result: 'refunds', refunds, evidence: { refunds: told.slice(0, 1_000) } };
}
