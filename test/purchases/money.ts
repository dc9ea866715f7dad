import type { MoneyPay, NewPurchase } from '../../src/purchases/purchases.types.js';
import { purchaseOf } from './store.js';

/** What the products of tests cost in real money. */
export const euros: MoneyPay = { currency: 'EUR', amount: '499', provider: 'stripe' };

/** A purchase in real money to be accepted. */
export function moneyOrder(player: string, product: string, over: Partial<NewPurchase> = {}): NewPurchase {
  return purchaseOf(player, product, { pay: euros, ...over });
}
