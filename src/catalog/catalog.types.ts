/** Some of an asset, in minor units as a decimal string. The catalog passes amounts on and calculates with none. */
export interface AssetAmount {
  asset: string;
  amount: string;
}

/** So many new instances of an item. */
export interface ItemCount {
  item: string;
  count: number;
}

/** Real money, in minor units of a currency of ISO 4217 as a decimal string. */
export interface MoneyAmount {
  currency: string;
  amount: string;
}

/** How many of a product may be bought; null where there is no such limit. */
export interface Limits {
  perPlayer: number | null;
  perPlayerAndDay: number | null;
  perPlayerAndWeek: number | null;
  perPlayerAndMonth: number | null;
}

/** The product of a title, by its code. */
export interface ProductKey {
  title: string;
  code: string;
}

/** What one of a product is, what it costs, and to whom and when it is sold. */
export interface SaleTerms {
  content: { amounts: AssetAmount[]; items: ItemCount[] };
  /** A buyer pays one of them. A virtual price of "0" is that of a gift. */
  prices: { virtual: AssetAmount[]; money: MoneyAmount[] };
  /** How many are sold in all; null for any number. */
  stock: number | null;
  limits: Limits;
  /** From the first moment on, until just before the second one; null for ever. */
  onSale: { from: Date | null; until: Date | null };
}

/** A product as a purchase buys it. */
export interface SaleVersion extends ProductKey, SaleTerms {
  version: number;
  /** It is not for sale until it is published again. */
  withdrawn: boolean;
}

/** All that a version of a product says. */
export interface ProductTerms extends SaleTerms {
  /** The name that is shown to people. */
  name: string;
}

/** Where a product stands. A version that is neither the published one nor the draft is superseded. */
export interface ProductState {
  /** Grows by one with every change. */
  revision: bigint;
  /** The version that is sold, or was until the product was withdrawn; null before the first publish. */
  published: number | null;
  /** The version that is being written; null where there is none. */
  draft: number | null;
  withdrawn: boolean;
}

export type ProductStateName = 'draft' | 'published' | 'withdrawn';
export type VersionStateName = ProductStateName | 'superseded';

/** A version of a product, as it is shown. */
export interface ProductVersion {
  code: string;
  /** That of the product. */
  revision: bigint;
  version: number;
  state: VersionStateName;
  /** The version that is being written besides this one. */
  draft: number | null;
  terms: ProductTerms;
  createdAt: Date;
  publishedAt: Date | null;
}
