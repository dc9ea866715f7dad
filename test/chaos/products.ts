import { currency } from './money.js';

/** A product as every title sells it from the start of a run to its end. Its version is 1. */
export interface Product {
  code: string;
  /** In gold. */
  price: string;
  /** In minor units of real money, where it is sold for that too. */
  money?: string;
  amounts: { asset: string; amount: string }[];
  items: { item: string; count: number }[];
  stock?: number;
  perPlayer?: number;
  perPlayerAndDay?: number;
  /** Why nobody can buy it, where that is so. */
  notSold?: 'withdrawn' | 'not yet';
}

/** What a buyer pays: some of an asset, or real money and how it is got. */
export type Price =
  { asset: string; amount: string } | { currency: string; amount: string; provider: string; method?: string };

/** More gold than anybody has. */
export const fortune = '1000000000000';

/** The limited item, and how many of it are ever minted. A run asks for more. */
export const edition = { item: 'seal', limit: 20 };

const points = (amount: string): Product['amounts'] => [{ asset: 'points', amount }];
const seal: Product['items'] = [{ item: edition.item, count: 1 }];

/** What is sold. Stock, limits and the edition are small enough to be reached in a short run. */
export const products: readonly Product[] = [
  { code: 'potion', price: '3', money: '99', amounts: points('5'), items: [] },
  { code: 'blades', price: '4', money: '249', amounts: [], items: [{ item: 'sword', count: 2 }] },
  { code: 'relic', price: '5', money: '499', amounts: points('2'), items: seal },
  { code: 'scarf', price: '6', money: '150', amounts: points('1'), items: [], stock: 25 },
  { code: 'badge', price: '2', money: '79', amounts: points('3'), items: [], perPlayer: 2 },
  { code: 'ration', price: '1', money: '50', amounts: points('4'), items: [], perPlayerAndDay: 2 },
  { code: 'gift', price: '0', amounts: points('1'), items: [] },
  // Whoever wants it is accepted and cannot pay, so that its stock and the edition are given back.
  { code: 'castle', price: fortune, amounts: [], items: seal, stock: 300 },
  { code: 'banner', price: '2', amounts: points('1'), items: [], notSold: 'withdrawn' },
  { code: 'comet', price: '2', amounts: points('1'), items: [], notSold: 'not yet' },
];

/** Those that can be bought and paid for. */
export const buyable = products.filter(({ notSold, price }) => notSold === undefined && price !== fortune);

export function productOf(code: unknown): Product | undefined {
  return products.find((product) => product.code === code);
}

/** What some of a product costs, as it is agreed to: in gold, or in real money where it is sold for that. */
export function priceOf({ price, money }: Product, quantity: number, inMoney: boolean): Price {
  if (!inMoney) return { asset: 'gold', amount: times(price, quantity) };
  return { currency, amount: times(money ?? '0', quantity), provider: 'stripe' };
}

/** What clients choose from: what there is plenty of comes up twice as often as what is sold out at some time. */
export const wanted = [
  ...buyable,
  ...buyable.filter(({ stock, perPlayer, perPlayerAndDay, items }) => {
    const isEdition = items.some(({ item }) => item === edition.item);
    return stock === undefined && perPlayer === undefined && perPlayerAndDay === undefined && !isEdition;
  }),
];

/** So many times an amount. */
export function times(amount: string, quantity: number): string {
  return String(BigInt(amount) * BigInt(quantity));
}

/** The body of the draft of a product. */
export function draftOf({
  code,
  price,
  money,
  amounts,
  items,
  stock,
  perPlayer,
  perPlayerAndDay,
  notSold,
}: Product): object {
  const limits = { ...(perPlayer && { perPlayer }), ...(perPlayerAndDay && { perPlayerAndDay }) };
  return {
    name: code,
    content: { amounts, items },
    prices: {
      virtual: [{ asset: 'gold', amount: price }],
      ...(money !== undefined && { money: [{ currency, amount: money }] }),
    },
    ...(stock !== undefined && { stock }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(notSold === 'not yet' && { onSale: { from: '2100-01-01T00:00:00Z' } }),
  };
}
