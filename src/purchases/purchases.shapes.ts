import { z } from 'zod';
import { statesOf } from '../exchanges/deals.types.js';
import { amount, code, instanceId, listQuery, pageOf, playerId, purchaseId, text, timestamp } from '../http/shapes.js';
import { purchaseKind } from './purchase-kind.js';

/** The largest quantity of one purchase. */
const maxQuantity = 100;

/** A total. It is "0" where the product is free. */
const pay = z
  .strictObject({ asset: code, amount: z.union([amount, z.literal('0')]) })
  .meta({ id: 'Pay', examples: [{ asset: 'gold', amount: '120' }] });

const quantity = z.int().min(1).max(maxQuantity);
const states = statesOf(purchaseKind);

/** The body of a new purchase. */
export const newPurchase = z
  .strictObject({
    player: playerId,
    product: code,
    quantity: quantity
      .optional()
      .meta({ default: 1, description: 'A purchase mints at most 100 instances, whatever its quantity' }),
    pay: pay.meta({ description: 'The total that the buyer has seen' }),
    reference: text(200).optional(),
  })
  .meta({
    id: 'NewPurchase',
    examples: [{ player: 'alice', product: 'starter-pack', pay: { asset: 'gold', amount: '120' } }],
  });

/** A purchase as it is answered. */
export const purchase = z
  .strictObject({
    id: purchaseId,
    state: z.enum(states),
    reason: z
      .strictObject({ code: z.string(), detail: z.string() })
      .optional()
      .meta({ description: 'Why it was refused or turned back' }),
    player: playerId,
    product: code,
    version: z.int().meta({ description: 'The version of the product that was bought' }),
    quantity,
    pay,
    content: z
      .strictObject({
        amounts: z.array(z.strictObject({ asset: code, amount })),
        items: z.array(
          z.strictObject({
            item: code,
            count: z.int(),
            instances: z
              .array(instanceId)
              .meta({ description: 'They are there once the purchase is completed, and never if it is refused' }),
          }),
        ),
      })
      .meta({ description: 'What the buyer gets in all' }),
    reference: z.string().optional(),
    workflow: z
      .strictObject({ id: z.string(), url: z.string() })
      .meta({ description: 'The saga, and its page in the Temporal UI' }),
    createdAt: timestamp,
    closedAt: timestamp.optional(),
  })
  .meta({ id: 'Purchase' });
export const purchasePage = pageOf(purchase).meta({ id: 'PurchasePage' });

/** The query of the list of purchases. */
export const purchasesQuery = listQuery.extend({
  player: playerId.optional(),
  product: code.optional(),
  state: z.enum(states).optional(),
  reference: text(200).optional(),
});
