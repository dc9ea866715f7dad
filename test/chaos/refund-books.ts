import type { AnyDealRow, Leg } from './books.js';
import { deals, millis } from './deal-query.js';

/** What a refund takes, what it gives back, and what became of it. */
export interface RefundRow extends AnyDealRow {
  /** The provider's id of it, where there is one. */
  reference: string | null;
  /** `pur_…` */
  purchase: string;
  player: string;
  product: string;
  /** What is given back of what was paid. */
  amount: string;
  /** What was paid. */
  pay: { asset: string; amount: string } | { currency: string; amount: string; provider: string };
  takes: { amounts: { asset: string; amount: string }[]; items: { instance: string; owed: string }[] };
  policy: string;
  restock: boolean;
  grounds: string;
  /** By what it was found at the provider, or null where it was asked for. */
  found: string | null;
  /** `rfd_…`, the refund that it takes back, or null; and what it books for that beside its items. */
  reverses: string | null;
  legs: Leg[];
  /** The place of its decision among those about its purchase. */
  decidedAt: number;
  /** The instances that the player had no more when the hold was made. */
  missing: string[];
}

/** A debt that a transfer has made. */
export interface DebtRow {
  title: string;
  owner: string;
  asset: string;
  transfer: string;
  amount: string;
}

/** An account whose state was changed, or is not the one that all begin with. */
export interface FreezeRow {
  title: string;
  owner: string;
  asset: string;
  state: string;
  /** How often its state was changed. */
  changes: number;
  /** When it was changed first, in milliseconds. */
  at: number;
}

/** What the provider's own books say of a refund. */
export interface ProviderRefundRow {
  title: string;
  reference: string;
  intent: string;
  status: string;
  amount: string;
  currency: string;
  metadata: Record<string, string>;
}

export const refunds = deals(
  'refund',
  `(select p.reference from payments.refunds p where p.id = 'rfd_' || t.id) as reference,
    'pur_' || purchase as purchase, player, product, amount::text as amount, pay, takes, policy, restock, grounds,
    found, 'rfd_' || (to_jsonb(t)->>'reverses') as reverses, coalesce(to_jsonb(t)->'legs', '[]') as legs,
    decided_at::float8 as "decidedAt",
    coalesce((select h.missing from inventory.holds h where h.exchange = 'rfd_' || t.id), '[]') as missing`,
);

export const debts = `
  select a.title, a.owner, a.asset, 'trf_' || d.transfer_id as transfer, d.amount::text as amount
  from ledger.debts d join ledger.accounts a on a.id = d.account_id`;

export const freezes = `
  select a.title, a.owner, a.asset, a.state, count(c.account_id)::int as changes,
    coalesce(min(${millis('c.created_at')}), 0) as at
  from ledger.accounts a left join ledger.account_changes c on c.account_id = a.id and c.setting = 'state'
  group by a.id having a.state <> 'open' or count(c.account_id) > 0`;
