import type { Leg } from '../../contracts/nouns.js';
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
    {
      name: 'reverses',
      type: 'uuid',
      toldAs: `'${idPrefixes.refund}_' || reverses`,
      of: ({ reverses }) => reverses && uuidOf(idPrefixes.refund, reverses.refund),
    },
    { name: 'legs', type: 'jsonb', of: ({ reverses }) => reverses?.legs ?? [] },
    { name: 'decided_at', type: 'bigint', of: ({ decidedAt }) => decidedAt },
  ],
  players: ['player'],
  told: [
    'purchase',
    'player',
    'product',
    'amount',
    'pay',
    'takes',
    'policy',
    'restock',
    'grounds',
    'found',
    'reverses',
  ],
  termsOf: ({ purchase, player, product, amount, pay, takes, policy, restock, grounds, found, ...row }) => ({
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
    reverses:
      row['reverses'] === null
        ? null
        : { refund: idOf(idPrefixes.refund, row['reverses'] as string), legs: row['legs'] as Leg[] },
    decidedAt: Number(row['decided_at']),
  }),
  exchangeOf,
} satisfies DealKind<RefundTerms>;
