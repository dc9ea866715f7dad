import { z } from 'zod';
import { statesOf } from '../exchanges/deals.types.js';
import { assetAmount } from '../catalog/catalog.shapes.js';
import { maxQuantity } from '../catalog/products.rules.js';
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
  text,
  timestamp,
  workflow,
} from '../http/shapes.js';
import { provider } from '../payments/accounts.shapes.js';
import { purchaseKind } from './purchase-kind.js';
import { maxMinted } from './purchases.rules.js';
import { shownStates } from './shown.rules.js';

/** A total in virtual currency. It is "0" where the product is free. */
const virtualPay = z
  .strictObject({ asset: code, amount: amountOrZero })
  .meta({ id: 'Pay', examples: [{ asset: 'gold', amount: '120' }] });

/** A total in real money. */
const moneyPay = z
  .strictObject({
    currency,
    amount,
    provider,
    method: z
      .string()
      .regex(/^[A-Za-z0-9_]{1,255}$/, 'must be 1 to 255 characters of A-Z a-z 0-9 _')
      .optional()
      .meta({
        description:
          "The provider's id of what the buyer pays with, which is charged at once. " +
          'Without it the buyer pays in a page of their own, with the `clientSecret` of the payment',
      }),
  })
  .meta({ id: 'MoneyPay', examples: [{ currency: 'EUR', amount: '499', provider: 'stripe', method: 'pm_card_visa' }] });

const pay = z.union([virtualPay, moneyPay]).meta({ id: 'PurchasePay' });

const quantity = z.int().min(1).max(maxQuantity);
const states = statesOf(purchaseKind);

/** The body of a new purchase. */
export const newPurchase = z
  .strictObject({
    player: playerId,
    product: code,
    quantity: quantity.optional().meta({
      description: `1 where it is missing. A purchase mints at most ${maxMinted} instances, whatever its quantity`,
    }),
    pay: pay.meta({ description: 'The total that the buyer has seen' }),
    reference: text(200).optional(),
  })
  .meta({
    id: 'NewPurchase',
    examples: [{ player: 'alice', product: 'starter-pack', pay: { asset: 'gold', amount: '120' } }],
  });

const purchasedItem = z
  .strictObject({
    item: code,
    count: z.int(),
    instances: z
      .array(instanceId)
      .meta({ description: 'They are there once the purchase is completed, and never if it is refused' }),
  })
  .meta({ id: 'PurchasedItem' });

const content = z
  .strictObject({ amounts: z.array(assetAmount), items: z.array(purchasedItem) })
  .meta({ id: 'PurchasedContent', description: 'What the buyer gets in all' });

const payment = z
  .strictObject({
    provider,
    reference: z.string().optional().meta({ description: "The provider's id of the payment" }),
    clientSecret: z
      .string()
      .optional()
      .meta({ description: "By it the buyer's page pays; there while the buyer can still pay in one" }),
  })
  .meta({ id: 'PurchasePayment' });

/** A purchase as it is answered. */
export const purchase = z
  .strictObject({
    id: purchaseId,
    state: z.enum(shownStates).meta({
      description:
        'Of an open purchase in real money it says how far its payment is, ' +
        'and of a completed one how far it is refunded',
    }),
    reason: cause.optional().meta({ description: 'Why it was refused or turned back' }),
    player: playerId,
    product: code,
    version: z.int().meta({ description: 'The version of the product that was bought' }),
    quantity,
    pay,
    content,
    payment: payment.optional().meta({ description: 'Of a purchase in real money' }),
    refunded: amount.optional().meta({ description: 'How much was given back of what was paid; missing for nothing' }),
    reference: z.string().optional(),
    workflow,
    createdAt: timestamp,
    closedAt: timestamp.optional(),
  })
  .meta({ id: 'Purchase' });
export const purchasePage = pageOf(purchase).meta({ id: 'PurchasePage' });

/** The query of the list of purchases. */
export const purchasesQuery = listQuery.extend({
  player: playerId.optional(),
  product: code.optional(),
  state: z
    .enum(states)
    .optional()
    .meta({
      description:
        'How a purchase has ended, or how it is open: `accepted` while it goes on, however far its payment is; ' +
        '`stuck`; `requires_action` and `processing` while it waits for the buyer and for the provider',
    }),
  reference: text(200).optional(),
});
