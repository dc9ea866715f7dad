import { z } from 'zod';
import { statesOf } from '../exchanges/deals.types.js';
import {
  amount,
  code,
  currency,
  instanceId,
  listQuery,
  pageOf,
  playerId,
  purchaseId,
  refundId,
  text,
  timestamp,
} from '../http/shapes.js';
import { provider } from '../payments/accounts.shapes.js';
import { spentGoodsPolicies } from '../payments/accounts.types.js';
import { refundKind } from './refund-kind.js';
import { shownStates } from './shown.rules.js';

const states = statesOf(refundKind);
const spentGoods = z.enum(spentGoodsPolicies);
const grounds = text(200);

/** The body of a new refund. */
export const newRefund = z
  .strictObject({
    amount: amount
      .optional()
      .meta({ description: 'In the asset or the currency that was paid; all that is left where it is missing' }),
    reason: grounds,
    spentGoods: spentGoods.optional().meta({
      description:
        'What becomes of goods that the player has no more. Where it is missing, the payment account says it, ' +
        'and for a purchase in virtual currency it is `debt`',
    }),
    restock: z
      .boolean()
      .optional()
      .meta({
        default: false,
        description:
          'Whether the stock of the product and the limits of the player are given back. They are once all of the ' +
          'purchase is refunded, if each of its refunds says so',
      }),
  })
  .meta({ id: 'NewRefund', examples: [{ reason: 'asked for by the buyer' }] });

/** A refund as it is answered. */
export const refund = z
  .strictObject({
    id: refundId,
    state: z.enum(shownStates),
    reason: z
      .strictObject({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Why it has failed or was turned back' }),
    purchase: purchaseId,
    player: playerId,
    product: code,
    amount: amount.meta({ description: 'In the asset or the currency that was paid' }),
    pay: z.union([z.strictObject({ asset: code }), z.strictObject({ currency, provider })]),
    takes: z
      .strictObject({
        amounts: z.array(z.strictObject({ asset: code, amount })),
        items: z.array(
          z.strictObject({
            instance: instanceId,
            owed: z
              .union([amount, z.literal('0')])
              .meta({ description: 'What is owed in its place where the player has it no more' }),
          }),
        ),
      })
      .meta({ description: 'What is taken from the player' }),
    spentGoods,
    restock: z.boolean(),
    grounds: grounds.meta({ description: 'The `reason` of the request' }),
    reference: z
      .string()
      .optional()
      .meta({ description: "The provider's id of a refund of real money, once it is known" }),
    found: z
      .string()
      .optional()
      .meta({ description: "The provider's id of a refund or dispute that was found there, whose money has moved" }),
    workflow: z
      .strictObject({ id: z.string(), url: z.string() })
      .meta({ description: 'The saga, and its page in the Temporal UI' }),
    createdAt: timestamp,
    closedAt: timestamp.optional(),
  })
  .meta({ id: 'Refund' });
export const refundPage = pageOf(refund).meta({ id: 'RefundPage' });

/** The query of the list of refunds. */
export const refundsQuery = listQuery.extend({
  purchase: purchaseId.optional(),
  player: playerId.optional(),
  state: z
    .enum(states)
    .optional()
    .meta({
      description:
        'How a refund has ended, or how it is open: `accepted` while it goes on, shown as `planned`, `sent` or ' +
        '`pending`; `stuck`; `requires_action` and `processing` while it waits for the buyer and for the provider',
    }),
});

/** The query of the list of one purchase's refunds. */
export const refundsOfPurchaseQuery = listQuery;
