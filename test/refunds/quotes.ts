import type { PurchasedContent } from '../../src/purchases/purchases.types.js';
import { quote, type Refundable } from '../../src/refunds/refunds.rules.js';
import type { RefundOrder, RefundTerms, Totals } from '../../src/refunds/refunds.types.js';
import { noTotals } from '../../src/refunds/totals.statements.js';

/* A purchase and orders for refunds of it, for the tests of what a refund takes. */

export const content: PurchasedContent = {
  amounts: [{ asset: 'gem', amount: '50' }],
  items: [
    { item: 'sword', instances: ['ins_1', 'ins_2'] },
    { item: 'crown', instances: ['ins_3'] },
  ],
};

export function purchaseOf(over: Partial<Refundable> = {}): Refundable {
  return {
    id: 'pur_1',
    state: 'completed',
    player: 'ann',
    product: 'pack',
    pay: { asset: 'gold', amount: '101' },
    content,
    ...over,
  };
}

export function orderOf(amount: bigint | null, over: Partial<RefundOrder> = {}): RefundOrder {
  return { amount, policy: 'debt', restock: false, grounds: 'asked for', found: null, ...over };
}

export function termsOf(order: RefundOrder, purchase = purchaseOf(), totals: Totals = noTotals): RefundTerms {
  const quoted = quote(order, purchase, totals);
  if ('declined' in quoted) throw new Error(quoted.declined.detail);
  return quoted.terms;
}
