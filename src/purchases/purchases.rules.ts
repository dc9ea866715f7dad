import type { Exchange, Leg, Owner, Payment } from '../../contracts/nouns.js';
import type { AssetAmount, MoneyAmount, SaleVersion } from '../catalog/catalog.types.js';
import type { Declined } from '../exchanges/deals.types.js';
import { playerOwner } from '../forms.js';
import { unpayable } from '../money.rules.js';
import { isMoney, type MoneyPay, type Order, type Pay, type PurchasedContent } from './purchases.types.js';

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
  const price = priceOf(order.pay, product);
  const declined = price === undefined ? unitDeclined(order, product) : orderDeclined(order, product, price);
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

/** The price of one in what the buyer pays with. */
function priceOf(pay: Pay, { prices }: SaleVersion): AssetAmount | MoneyAmount | undefined {
  return isMoney(pay)
    ? prices.money.find(({ currency }) => currency === pay.currency)
    : prices.virtual.find(({ asset }) => asset === pay.asset);
}

/** The asset or the currency of a price. */
function unitOf(price: AssetAmount | MoneyAmount): string {
  return 'asset' in price ? price.asset : price.currency;
}

/** What is said where the product has no price in what the buyer pays with. */
function unitDeclined(order: Order, product: SaleVersion): Declined {
  const { virtual, money } = product.prices;
  const inMoney = isMoney(order.pay);
  const others = inMoney ? money : virtual;
  const units =
    others.length === 0
      ? `It is sold for ${inMoney ? 'virtual currency' : 'real money'} alone.`
      : `It is sold for ${others.map(unitOf).join(', ')}.`;
  return priceChanged(
    order,
    product,
    inMoney ? '/pay/currency' : '/pay/asset',
    `The product ${order.product} has no price in ${unitOf(order.pay)}. ${units}`,
  );
}

function priceChanged({ quantity }: Order, product: SaleVersion, pointer: string, detail: string): Declined {
  const virtual = product.prices.virtual.filter((one) => fits(one, quantity)).map((one) => times(one, quantity));
  const money = product.prices.money
    .filter((one) => fits(one, quantity))
    .map((one) => times(one, quantity))
    .filter((one) => unpayable(one) === undefined);
  const prices = [...virtual, ...money];
  return { code: 'price-changed', detail, errors: [{ pointer, code: 'price-changed', detail }], prices };
}

/** The size comes first: a total that does not fit could not be agreed to. */
function orderDeclined(order: Order, version: SaleVersion, price: AssetAmount | MoneyAmount): Declined | undefined {
  const { product, quantity, pay } = order;
  const { content } = version;
  const minted = content.items.reduce((sum, { count }) => sum + count, 0) * quantity;
  if (minted > maxMinted)
    return tooMany(`A purchase mints at most ${maxMinted} instances; this one would mint ${minted}.`);
  const largest = [...content.amounts, price].find((one) => !fits(one, quantity));
  if (largest !== undefined) return tooMany(`So much of ${unitOf(largest)} does not fit 18 digits.`);
  const total = times(price, quantity).amount;
  if (total === pay.amount) return isMoney(pay) ? moneyDeclined(pay) : undefined;
  return priceChanged(
    order,
    version,
    '/pay/amount',
    `The price of ${quantity} of ${product} is ${total} ${unitOf(pay)}.`,
  );
}

function moneyDeclined(total: MoneyAmount): Declined | undefined {
  const detail = unpayable(total);
  if (detail === undefined) return undefined;
  return {
    code: 'amount-not-payable',
    detail,
    errors: [{ pointer: '/pay/amount', code: 'amount-not-payable', detail }],
  };
}

function tooMany(detail: string): Declined {
  return { code: 'validation-failed', detail, errors: [{ pointer: '/quantity', code: 'validation-failed', detail }] };
}

function fits({ amount }: { amount: string }, quantity: number): boolean {
  return BigInt(amount) * BigInt(quantity) <= maxAmount;
}

function times<P extends { amount: string }>(price: P, quantity: number): P {
  return { ...price, amount: String(BigInt(price.amount) * BigInt(quantity)) };
}

/**
 * What a saga is to settle for a purchase: the price goes to the store, and the content comes from the mint. Real money
 * comes into the books at the provider's clearing account, and the payment says how it is got.
 */
export function exchangeOf(purchase: {
  id: string;
  title: string;
  player: string;
  pay: Pay;
  content: PurchasedContent;
}): Exchange {
  const { id, title, player, pay, content } = purchase;
  const owner = playerOwner(player);
  const mints = content.items.flatMap(({ item, instances }) =>
    instances.map((instance) => ({ instance, item, to: owner })),
  );
  return {
    id,
    title,
    kind: 'purchase',
    legs: [...priceLegs(owner, pay), ...content.amounts.map((one) => ({ from: 'system:mint', to: owner, ...one }))],
    moves: [],
    ...(mints.length > 0 && { mints }),
    ...(isMoney(pay) && { payment: paymentOf(pay) }),
  };
}

function priceLegs(owner: Owner, pay: Pay): Leg[] {
  const { amount } = pay;
  if (isMoney(pay))
    return [{ from: 'system:mint', to: `system:clearing:${pay.provider}`, asset: pay.currency, amount }];
  return BigInt(amount) > 0n ? [{ from: owner, to: 'system:store', asset: pay.asset, amount }] : [];
}

/** What is asked of the provider. */
function paymentOf({ provider, currency, amount, method }: MoneyPay): Payment {
  return { provider, currency, amount, ...(method !== undefined && { method }) };
}
