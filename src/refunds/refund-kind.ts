import type { DealKind } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import { idOf, uuidOf } from '../ids.js';
import type { SpentGoods } from '../payments/accounts.types.js';
import { exchangeOf } from './refunds.rules.js';
import type { RefundedPay, RefundTerms, Takes } from './refunds.types.js';

/** The kind of deal that gives back what was paid for a purchase, and takes back what was bought. */
export const refundKind = {
  kind: 'refund',
  prefix: idPrefixes.refund,
  path: '/v1/refunds',
  schema: 'refunds',
  table: 'refunds',
  done: 'succeeded' as const,
  waiting: ['requires_action', 'processing'] as const,
  ends: { 'refund-failed': 'failed', 'refund-canceled': 'canceled' } as const,
  columns: [
    {
      name: 'purchase',
      type: 'uuid',
      toldAs: `'${idPrefixes.purchase}_' || purchase`,
      of: ({ purchase }) => uuidOf(idPrefixes.purchase, purchase),
    },
    { name: 'player', type: 'text', of: ({ player }) => player },
    { name: 'product', type: 'text', of: ({ product }) => product },
    { name: 'amount', type: 'bigint', toldAs: 'amount::text', of: ({ amount }) => amount },
    { name: 'pay', type: 'jsonb', of: ({ pay }) => pay },
    { name: 'takes', type: 'jsonb', of: ({ takes }) => takes },
    { name: 'policy', type: 'text', of: ({ policy }) => policy },
    { name: 'restock', type: 'boolean', of: ({ restock }) => restock },
    { name: 'grounds', type: 'text', of: ({ grounds }) => grounds },
    { name: 'found', type: 'text', of: ({ found }) => found },
    { name: 'decided_at', type: 'bigint', of: ({ decidedAt }) => decidedAt },
  ],
  players: ['player'],
  told: ['purchase', 'player', 'product', 'amount', 'pay', 'takes', 'policy', 'restock', 'grounds', 'found'],
  termsOf: ({ purchase, player, product, amount, pay, takes, policy, restock, grounds, found, decided_at }) => ({
    purchase: idOf(idPrefixes.purchase, purchase as string),
    player: player as string,
    product: product as string,
    amount: amount as string,
    pay: pay as RefundedPay,
    takes: takes as Takes,
    policy: policy as SpentGoods,
    restock: restock as boolean,
    grounds: grounds as string,
    found: found as string | null,
    decidedAt: Number(decided_at),
  }),
  exchangeOf,
} satisfies DealKind<RefundTerms>;
