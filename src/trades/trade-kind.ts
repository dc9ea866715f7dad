import type { DealKind } from '../exchanges/deals.types.js';
import { idPrefixes } from '../forms.js';
import { exchangeOf } from './trades.rules.js';
import type { Parties, TradeTerms } from './trades.types.js';

/** The kind of deal that is between two players. */
export const tradeKind = {
  kind: 'trade',
  prefix: idPrefixes.trade,
  path: '/v1/trades',
  schema: 'trades',
  table: 'trades',
  done: 'settled' as const,
  columns: [
    { name: 'player_a', type: 'text', of: ({ parties }) => parties[0].player },
    { name: 'player_b', type: 'text', of: ({ parties }) => parties[1].player },
    { name: 'parties', type: 'jsonb', of: ({ parties }) => parties },
    { name: 'reference', type: 'text', of: ({ reference }) => reference },
  ],
  players: ['player_a', 'player_b'],
  told: ['parties', 'reference'],
  termsOf: ({ parties, reference }) => ({ parties: parties as Parties, reference: reference as string | null }),
  exchangeOf,
} satisfies DealKind<TradeTerms>;
