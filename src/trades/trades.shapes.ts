import { z } from 'zod';
import { statesOf } from '../exchanges/deals.types.js';
import { amount, code, instanceId, listQuery, pageOf, playerId, text, timestamp, tradeId } from '../http/shapes.js';
import { tradeKind } from './trade-kind.js';
import { maxParts } from './trades.rules.js';

const states = statesOf(tradeKind);

const given = z.strictObject({ asset: code, amount }).meta({ id: 'GivenAmount' });
const gives = { amounts: z.array(given).max(maxParts), items: z.array(instanceId).max(maxParts) };

const sentParty = z
  .strictObject({ player: playerId, gives: z.strictObject(gives).partial() })
  .meta({ id: 'SentParty' });
const party = z.strictObject({ player: playerId, gives: z.strictObject(gives) }).meta({ id: 'Party' });

/** The body of a new trade. */
export const newTrade = z
  .strictObject({ parties: z.array(sentParty).length(2), reference: text(200).optional() })
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
    reason: z
      .strictObject({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Why it was refused or turned back' }),
    parties: z.array(party).length(2),
    reference: z.string().optional(),
    workflow: z
      .strictObject({ id: z.string(), url: z.string() })
      .meta({ description: 'The saga, and its page in the Temporal UI' }),
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
