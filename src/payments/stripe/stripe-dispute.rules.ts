import { z } from 'zod';
import type { DisputeStatus, ProviderDispute } from '../outside-port.types.js';
import { withoutSecrets } from './stripe-words.rules.js';

const text = z.string().min(1);
const seconds = z.number().int().nonnegative().max(99_999_999_999);
const moment = seconds.transform((since) => new Date(since * 1000));
const currency = z
  .string()
  .regex(/^[a-z]{3}$/i)
  .transform((code) => code.toUpperCase());
const minorUnits = z.number().int().transform(BigInt);

const transaction = z
  .object({ id: text, amount: minorUnits, fee: minorUnits, currency, created: moment })
  .transform(({ id: reference, created: createdAt, ...rest }) => ({ reference, createdAt, ...rest }));

/** What is needed of a dispute. What only explains it is null where it cannot be read. */
const wire = z.object({
  object: z.literal('dispute'),
  id: text,
  status: text,
  amount: minorUnits.refine((amount) => amount >= 0n),
  currency,
  reason: text.nullish().catch(null),
  livemode: z.boolean(),
  created: moment,
  evidence_details: z
    .object({ due_by: moment.nullish().catch(null), has_evidence: z.boolean().catch(false) })
    .nullish()
    .catch(null),
  balance_transactions: z.array(transaction),
});

const statuses: Readonly<Record<string, DisputeStatus>> = {
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: 'inquiry_closed',
  needs_response: 'needs_response',
  under_review: 'under_review',
  prevented: 'prevented',
  lost: 'lost',
  appeal_needs_response: 'appealed',
  appeal_under_review: 'appealed',
  won: 'won',
};

/** @returns undefined for what is no dispute, or lacks what is needed of one */
export function disputeOf(json: unknown): ProviderDispute | undefined {
  const { data } = wire.safeParse(json);
  if (data === undefined) return undefined;
  return {
    reference: data.id,
    status: Object.hasOwn(statuses, data.status) ? (statuses[data.status] ?? 'other') : 'other',
    said: withoutSecrets(data.status),
    amount: data.amount,
    currency: data.currency,
    reason: data.reason ? withoutSecrets(data.reason) : null,
    mode: data.livemode ? 'live' : 'test',
    dueBy: data.evidence_details?.due_by ?? null,
    hasEvidence: data.evidence_details?.has_evidence ?? false,
    openedAt: data.created,
    transactions: data.balance_transactions,
  };
}
