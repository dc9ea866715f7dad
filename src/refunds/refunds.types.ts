import type { Leg } from '../../contracts/nouns.js';
import type { AssetAmount, MoneyAmount } from '../catalog/catalog.types.js';
import type { NewDeal, StoredDeal } from '../exchanges/deals.types.js';
import type { Provider, SpentGoods } from '../payments/accounts.types.js';

/** What was paid for a purchase in all, and where it goes back to. */
export type RefundedPay = AssetAmount | (MoneyAmount & { provider: Provider });

/** An instance that a refund takes, and what is owed in its place where the player has it no more; 0 for nothing. */
export interface TakenInstance {
  instance: string;
  owed: string;
}

/** What a refund takes from the player. */
export interface Takes {
  amounts: AssetAmount[];
  items: TakenInstance[];
}

/** What a refund says beside what all deals say. */
export interface RefundTerms {
  /** `pur_…` */
  purchase: string;
  /** The title's own id of the player who bought. */
  player: string;
  product: string;
  /** What is given back, in the asset or the currency that was paid. */
  amount: string;
  pay: RefundedPay;
  takes: Takes;
  /** What becomes of goods that the player has no more. */
  policy: SpentGoods;
  /** Whether the product may be bought again in the place of the purchase, once all of it is refunded. */
  restock: boolean;
  /** Why, in the words of the caller. */
  grounds: string;
  /** The provider's id of a refund that was found at the provider, whose money has moved; null for a requested one. */
  found: string | null;
  /**
   * Which refund it takes back, because the money of that one has come back, and what the ledger is to book of that;
   * null for one that takes. What `takes` says goes to the player then.
   */
  reverses: { refund: string; legs: Leg[] } | null;
  /** The version of the purchase's totals that its terms were decided by. */
  decidedAt: number;
}

/** A refund as its row says. Its id is `rfd_…`. */
export type Refund = StoredDeal<RefundTerms>;

/** A refund to be accepted. */
export type NewRefund = NewDeal<RefundTerms>;

/** What is asked to be refunded. */
export interface RefundOrder {
  /** All that is left where it is null. */
  amount: bigint | null;
  policy: SpentGoods;
  restock: boolean;
  grounds: string;
  found: string | null;
}

/** What is counted of the refunds of one purchase. A refund that has failed, or was turned back, counts no more. */
export interface Totals {
  /** Another one after each refund that was accepted or turned back. */
  version: number;
  /** What open refunds will give back. */
  promised: bigint;
  /** What was given back, less what was taken back of that. */
  refunded: bigint;
  /** What was refunded that open refunds take back. */
  reversing: bigint;
  /** What the refunds take that count and are not reversed, each. */
  taken: readonly Takes[];
}
