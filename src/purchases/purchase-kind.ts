import type { DealKind } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import { exchangeOf } from './purchases.rules.js';
import type { Pay, PurchasedContent, PurchaseTerms } from './purchases.types.js';

/** The kind of deal that is between a player and the store. */
export const purchaseKind = {
  kind: 'purchase',
  prefix: idPrefixes.purchase,
  path: '/v1/purchases',
  schema: 'purchases',
  table: 'purchases',
  done: 'completed' as const,
  waiting: ['requires_action', 'processing'] as const,
  ends: {
    'payment-declined': 'declined',
    'purchase-cancelled': 'cancelled',
    'payment-expired': 'expired',
  } as const,
  columns: [
    { name: 'player', type: 'text', of: ({ player }) => player },
    { name: 'product', type: 'text', of: ({ product }) => product },
    { name: 'version', type: 'bigint', of: ({ version }) => version },
    { name: 'quantity', type: 'bigint', of: ({ quantity }) => quantity },
    { name: 'pay', type: 'jsonb', of: ({ pay }) => pay },
    { name: 'content', type: 'jsonb', of: ({ content }) => content },
    { name: 'reference', type: 'text', of: ({ reference }) => reference },
  ],
  players: ['player'],
  told: ['player', 'product', 'version', 'quantity', 'pay', 'content', 'reference'],
  termsOf: ({ player, product, version, quantity, pay, content, reference }) => ({
    player: player as string,
    product: product as string,
    version: Number(version),
    quantity: Number(quantity),
    pay: pay as Pay,
    content: content as PurchasedContent,
    reference: reference as string | null,
  }),
  exchangeOf,
} satisfies DealKind<PurchaseTerms>;
