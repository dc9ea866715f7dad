import { z } from 'zod';
import { statesOf } from '../exchanges/deals.types.js';
import {
  amount,
  cause,
  code,
  instanceId,
  listQuery,
  pageOf,
  playerId,
  text,
  timestamp,
  tradeId,
  workflow,
} from '../http/shapes.js';
import { tradeKind } from './trade-kind.js';
import { maxParts } from './trades.rules.js';

const states = statesOf(tradeKind);

const given = z.strictObject({ asset: code, amount }).meta({ id: 'GivenAmount' });
const gifts = z.strictObject({
  amounts: z.array(given).max(maxParts).meta({ description: 'No asset twice' }),
  items: z.array(instanceId).max(maxParts).meta({ uniqueItems: true }),
});

const sentParty = z
  .strictObject({ player: playerId, gives: gifts.partial().meta({ id: 'SentGifts' }) })
  .meta({ id: 'SentParty' });
const party = z.strictObject({ player: playerId, gives: gifts.meta({ id: 'Gifts' }) }).meta({ id: 'Party' });

/** The body of a new trade. */
export const newTrade = z
  .strictObject({
    parties: z
      .array(sentParty)
      .length(2)
      .meta({
        description: `Two different players, who give 1 to ${maxParts} amounts and items in all, and no item twice`,
      }),
    reference: text(200).optional(),
  })
  .meta({
    id: 'NewTrade',
    examples: [
      {
        parties: [
          { player: 'alice', gives: { amounts: [{ asset: 'gold', amount: '100' }] } },
          { player: 'bob', gives: { items: ['ins_0198c0de-7a11-7000-8000-000000000001'] } },
        ],
      },
    ],
  });

/** A trade as it is answered. */
export const trade = z
  .strictObject({
    id: tradeId,
    state: z.enum(states),
    reason: cause.optional().meta({ description: 'Why it was refused or turned back' }),
    parties: z.array(party).length(2),
    reference: z.string().optional(),
    workflow,
    createdAt: timestamp,
    closedAt: timestamp.optional(),
  })
  .meta({ id: 'Trade' });
export const tradePage = pageOf(trade).meta({ id: 'TradePage' });

/** The query of the list of trades. */
export const tradesQuery = listQuery.extend({
  player: playerId.optional(),
  state: z.enum(states).optional(),
  reference: text(200).optional(),
});
