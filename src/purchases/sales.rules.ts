import type { SaleVersion } from '../catalog/catalog.types.js';
import type { Declined } from '../exchanges/deals.types.js';
import { notOnSale } from './purchases.rules.js';
import type { NewPurchase } from './purchases.types.js';

/*
 * Who may still buy. A purchase counts from its acceptance on, unless it was refused or compensated. Everything here is
 * decided under the lock of the products' rows of sales, so that two processes never see the last one both.
 */

/** For how long a limit of a player counts. */
export type Period = 'ever' | 'day' | 'week' | 'month';

/** How many a player has bought of a product, by the period that now is in. */
export type Bought = Readonly<Record<Period, number>>;

/** What is read under the locks. */
export interface LockedSales {
  now: Date;
  /** The published versions, by `productKey`. */
  products: ReadonlyMap<string, SaleVersion>;
  /** How many were sold, by `productKey`. */
  sold: ReadonlyMap<string, number>;
  /** The keys that stand for a purchase already, by `orderKey`. Their requests are replays, which count nothing. */
  kept: ReadonlySet<string>;
  /** What players have bought before, by `buyerKey`; missing for nothing. */
  bought: ReadonlyMap<string, Bought>;
}

export function productKey({ title, product }: { title: string; product: string }): string {
  return `${title}/${product}`;
}

/** The product that `productKey` has made the key of. The id of a title has no slash. */
export function productOfKey(key: string): { title: string; product: string } {
  const slash = key.indexOf('/');
  return { title: key.slice(0, slash), product: key.slice(slash + 1) };
}

export function orderKey({ title, key }: { title: string; key: string }): string {
  return `${title}/${key}`;
}

export function buyerKey(purchase: { title: string; product: string; player: string }): string {
  return `${productKey(purchase)}/${purchase.player}`;
}

const limits: readonly [Period, keyof SaleVersion['limits'], string][] = [
  ['ever', 'perPlayer', 'in all'],
  ['day', 'perPlayerAndDay', 'a day'],
  ['week', 'perPlayerAndWeek', 'a week'],
  ['month', 'perPlayerAndMonth', 'a month'],
];

/**
 * Decides a list of purchases, in order. What one that is accepted takes, the later ones find gone. A key that stands
 * for a purchase already, or that an earlier one of the list has taken, counts nothing: its row answers for it.
 * @param judge decides last about one that can be accepted, and counts it if it is
 * @returns `outdated` for a purchase of a version that is not the published one any more, and undefined for one that
 *   can be accepted
 */
export function decideSales(
  purchases: readonly NewPurchase[],
  { now, products, sold, kept, bought }: LockedSales,
  judge: (purchase: NewPurchase) => Declined | undefined,
): (Declined | 'outdated' | undefined)[] {
  const soldHere = new Map<string, number>();
  const boughtHere = new Map<string, number>();
  const accepted = new Set<string>();
  return purchases.map((purchase) => {
    const key = orderKey(purchase);
    if (kept.has(key) || accepted.has(key)) return undefined;
    const { quantity } = purchase;
    const [ofProduct, ofBuyer] = [productKey(purchase), buyerKey(purchase)];
    const product = products.get(ofProduct);
    const verdict =
      product?.version !== purchase.version
        ? 'outdated'
        : (saleDeclined(product, now) ??
          stockDeclined(product, quantity, (sold.get(ofProduct) ?? 0) + (soldHere.get(ofProduct) ?? 0)) ??
          limitDeclined(product, quantity, bought.get(ofBuyer), boughtHere.get(ofBuyer) ?? 0) ??
          judge(purchase));
    if (verdict === undefined) {
      accepted.add(key);
      soldHere.set(ofProduct, (soldHere.get(ofProduct) ?? 0) + quantity);
      boughtHere.set(ofBuyer, (boughtHere.get(ofBuyer) ?? 0) + quantity);
    }
    return verdict;
  });
}

/** What is left of a product, and of a player's limits. */
export interface Left {
  onSale: boolean;
  sold: number;
  /** Missing where there is no stock to come to an end. */
  left?: number;
  /** The limits of the product, where a player is asked for. */
  limits?: { period: Period; limit: number; bought: number; left: number }[];
}

/**
 * Says what is left to buy. A later version may have less stock or lower limits than were sold already, and then
 * nothing is left.
 * @param bought what the player has bought before, or undefined where no player is asked for
 */
export function leftOf(product: SaleVersion, now: Date, sold: number, bought: Bought | undefined): Left {
  const { stock } = product;
  const inForce = limits.flatMap(([period, name]) => {
    const limit = product.limits[name];
    return limit === null ? [] : [{ period, limit }];
  });
  return {
    onSale: isOnSale(product, now),
    sold,
    ...(stock !== null && { left: Math.max(stock - sold, 0) }),
    ...(bought !== undefined && {
      limits: inForce.map(({ period, limit }) => ({
        period,
        limit,
        bought: bought[period],
        left: Math.max(limit - bought[period], 0),
      })),
    }),
  };
}

function isOnSale({ withdrawn, onSale: { from, until } }: SaleVersion, now: Date): boolean {
  return !withdrawn && (from === null || now >= from) && (until === null || now < until);
}

function saleDeclined(product: SaleVersion, now: Date): Declined | undefined {
  return isOnSale(product, now) ? undefined : notOnSale(product.code);
}

function stockDeclined({ code, stock }: SaleVersion, quantity: number, sold: number): Declined | undefined {
  if (stock === null || sold + quantity <= stock) return undefined;
  return { code: 'out-of-stock', detail: `Of the product ${code} ${Math.max(stock - sold, 0)} are left.` };
}

function limitDeclined(
  product: SaleVersion,
  quantity: number,
  before: Bought | undefined,
  here: number,
): Declined | undefined {
  for (const [period, name, words] of limits) {
    const limit = product.limits[name];
    const has = (before?.[period] ?? 0) + here;
    if (limit !== null && has + quantity > limit)
      return {
        code: 'purchase-limit-reached',
        detail: `A player may buy ${limit} of ${product.code} ${words}, and this one has bought ${has}.`,
      };
  }
  return undefined;
}
