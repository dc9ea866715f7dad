import { z } from 'zod';
import { assetAmount } from '../catalog/catalog.shapes.js';
import { statesOf } from '../exchanges/deals.types.js';
import {
  amount,
  amountOrZero,
  cause,
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
  workflow,
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
        description:
          'Whether the stock of the product and the limits of the player are given back. They are once all of the ' +
          'purchase is refunded, if each of its refunds says so. False where it is missing',
      }),
  })
  .meta({ id: 'NewRefund', examples: [{ reason: 'asked for by the buyer' }] });

const refundedAsset = z.strictObject({ asset: code }).meta({ id: 'RefundedAsset' });
const refundedMoney = z.strictObject({ currency, provider }).meta({ id: 'RefundedMoney' });

const pay = z.union([refundedAsset, refundedMoney]).meta({ id: 'RefundPay' });

const takenItem = z
  .strictObject({
    instance: instanceId,
    owed: amountOrZero.meta({ description: 'What is owed in its place where it is not there to be taken' }),
  })
  .meta({ id: 'TakenItem' });

const takes = z.strictObject({ amounts: z.array(assetAmount), items: z.array(takenItem) }).meta({
  id: 'TakenGoods',
  description: 'What is taken from the player, or given to them where it `reverses` another refund',
});

/** A refund as it is answered. */
export const refund = z
  .strictObject({
    id: refundId,
    state: z.enum(shownStates),
    reason: cause.optional().meta({ description: 'Why it has failed or was turned back' }),
    purchase: purchaseId,
    player: playerId,
    product: code,
    amount: amount.meta({ description: 'In the asset or the currency that was paid' }),
    pay,
    takes,
    spentGoods,
    restock: z.boolean(),
    grounds: grounds.meta({ description: 'The `reason` of the request, or what has happened at the provider' }),
    reference: z
      .string()
      .optional()
      .meta({ description: "The provider's id of a refund of real money, once it is known" }),
    found: z.string().optional().meta({
      description: "The provider's id of a refund or dispute that was found there, whose money has left or come back",
    }),
    reverses: refundId.optional().meta({
      description:
        'The refund that it takes back, because the money of that one has come back. Its `amount` is what is ' +
        'refunded no more',
    }),
    workflow,
    createdAt: timestamp,
    closedAt: timestamp.optional(),
  })
  .meta({ id: 'Refund' });
export const refundPage = pageOf(refund).meta({ id: 'RefundPage' });

/** The query of the list of refunds. */
export const refundsQuery = listQuery.extend({
  purchase: purchaseId.optional(),
  player: playerId.optional(),
  found: text(255).optional().meta({ description: "The provider's id of a refund or a dispute that they follow" }),
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
