import type { Exchange, Leg } from '../../contracts/nouns.js';
import type { AssetAmount, SaleVersion } from '../catalog/catalog.types.js';
import type { Declined } from '../exchanges/deals.types.js';
import { playerOwner } from '../forms.js';
import type { Order, PurchasedContent } from './purchases.types.js';

/** How many instances one purchase may mint. */
export const maxMinted = 100;

/** The largest amount that can be told, of 18 digits. */
const maxAmount = 999_999_999_999_999_999n;

/** What an order comes to: the version and what the buyer gets, or why it is declined. */
export type Quote = { declined: Declined } | { version: number; content: PurchasedContent };

/**
 * Holds an order to the product as it is published now. Stock, limits and the time of the sale are decided when the
 * purchase is accepted.
 * @param product undefined where nothing of that code was ever published
 * @param newInstance makes the id of an instance
 */
export function quote(order: Order, product: SaleVersion | undefined, newInstance: () => string): Quote {
  if (product === undefined)
    return { declined: { code: 'unknown-product', detail: `There is no product ${order.product}.` } };
  if (product.withdrawn) return { declined: notOnSale(order.product) };
  const price = product.prices.virtual.find(({ asset }) => asset === order.pay.asset);
  const declined = price === undefined ? assetDeclined(order, product) : orderDeclined(order, product, price);
  if (declined !== undefined) return { declined };
  return {
    version: product.version,
    content: {
      amounts: product.content.amounts.map((one) => times(one, order.quantity)),
      items: product.content.items.map(({ item, count }) => ({
        item,
        instances: Array.from({ length: count * order.quantity }, newInstance),
      })),
    },
  };
}

/** What is said of a product that nobody can buy now. */
export function notOnSale(product: string): Declined {
  return { code: 'not-on-sale', detail: `The product ${product} is not on sale now.` };
}

function assetDeclined(order: Order, product: SaleVersion): Declined {
  const { virtual } = product.prices;
  const assets =
    virtual.length === 0
      ? 'It is sold for real money alone.'
      : `It is sold for ${virtual.map(({ asset }) => asset).join(', ')}.`;
  return priceChanged(
    order,
    product,
    '/pay/asset',
    `The product ${order.product} has no price in ${order.pay.asset}. ${assets}`,
  );
}

function priceChanged({ quantity }: Order, product: SaleVersion, pointer: string, detail: string): Declined {
  const prices = product.prices.virtual.filter((price) => fits(price, quantity)).map((price) => times(price, quantity));
  return { code: 'price-changed', detail, errors: [{ pointer, code: 'price-changed', detail }], prices };
}

/** The size comes first: a total that does not fit could not be agreed to. */
function orderDeclined(order: Order, version: SaleVersion, price: AssetAmount): Declined | undefined {
  const { product, quantity, pay } = order;
  const { content } = version;
  const minted = content.items.reduce((sum, { count }) => sum + count, 0) * quantity;
  if (minted > maxMinted)
    return tooMany(`A purchase mints at most ${maxMinted} instances; this one would mint ${minted}.`);
  const largest = [...content.amounts, price].find((one) => !fits(one, quantity));
  if (largest !== undefined) return tooMany(`So much of ${largest.asset} does not fit 18 digits.`);
  const total = times(price, quantity).amount;
  if (total === pay.amount) return undefined;
  return priceChanged(
    order,
    version,
    '/pay/amount',
    `The price of ${quantity} of ${product} is ${total} ${pay.asset}.`,
  );
}

function tooMany(detail: string): Declined {
  return { code: 'validation-failed', detail, errors: [{ pointer: '/quantity', code: 'validation-failed', detail }] };
}

function fits({ amount }: AssetAmount, quantity: number): boolean {
  return BigInt(amount) * BigInt(quantity) <= maxAmount;
}

function times({ asset, amount }: AssetAmount, quantity: number): AssetAmount {
  return { asset, amount: String(BigInt(amount) * BigInt(quantity)) };
}

/** What a saga is to settle for a purchase: the price goes to the store, and the content comes from the mint. */
export function exchangeOf(purchase: {
  id: string;
  title: string;
  player: string;
  pay: AssetAmount;
  content: PurchasedContent;
}): Exchange {
  const { id, title, player, pay, content } = purchase;
  const owner = playerOwner(player);
  const price: Leg[] = BigInt(pay.amount) > 0n ? [{ from: owner, to: 'system:store', ...pay }] : [];
  const mints = content.items.flatMap(({ item, instances }) =>
    instances.map((instance) => ({ instance, item, to: owner })),
  );
  return {
    id,
    title,
    kind: 'purchase',
    legs: [...price, ...content.amounts.map((one) => ({ from: 'system:mint', to: owner, ...one }))],
    moves: [],
    ...(mints.length > 0 && { mints }),
  };
}
