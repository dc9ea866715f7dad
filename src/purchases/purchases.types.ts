import type { AssetAmount, MoneyAmount } from '../catalog/catalog.types.js';
import type { NewDeal, StoredDeal } from '../exchanges/deals.types.js';
import type { Provider } from '../payments/accounts.types.js';

/** What a buyer pays in real money, and how. */
export interface MoneyPay extends MoneyAmount {
  provider: Provider;
  /** The provider's id of what the buyer pays with. It is missing where the buyer pays in a page of their own. */
  method?: string;
}

/** What a buyer pays. */
export type Pay = AssetAmount | MoneyPay;

/** Whether it is real money. */
export function isMoney(pay: Pay): pay is MoneyPay {
  return 'currency' in pay;
}

/** What a buyer asks for. */
export interface Order {
  /** The title's own id of the player. */
  player: string;
  product: string;
  /** How many of it, 1 or more. */
  quantity: number;
  /** The total that the buyer has seen. */
  pay: Pay;
}

/** What a buyer gets in all. */
export interface PurchasedContent {
  amounts: AssetAmount[];
  /** The instances are chosen when the purchase is accepted, and made by its saga. */
  items: { item: string; instances: string[] }[];
}

/** What a purchase says beside what all deals say. A later version of the product changes nothing of it. */
export interface PurchaseTerms extends Order {
  /** The version of the product that is bought. */
  version: number;
  content: PurchasedContent;
  reference: string | null;
}

/** A purchase as its row says. Its id is `pur_…`. */
export type Purchase = StoredDeal<PurchaseTerms>;

/** A purchase to be accepted. */
export type NewPurchase = NewDeal<PurchaseTerms>;

/** What is refunded of a purchase, and what open refunds will give back or take back. */
export interface RefundSum {
  promised: bigint;
  refunded: bigint;
}

/** What says how much of purchases is refunded. Purchases know no refunds. */
export interface RefundSums {
  /** By the ids of the purchases; one that has no refund may be missing. */
  sumsOf(title: string, purchases: readonly string[]): Promise<ReadonlyMap<string, RefundSum>>;
}
