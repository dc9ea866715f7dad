import type { PurchaseRow } from './books.js';
import { at } from './falsified.js';
import { priceOf, productOf, times, type Product } from './products.js';
import type { RefundRow } from './refund-books.js';

const millis = Date.parse(at);
const common = { title: 'one', createdAt: millis, closedAt: millis, accepted: 1, closed: 1 };

function bought(number: number, code: string, inMoney: boolean): PurchaseRow {
  const product = productOf(code) as Product;
  const { amounts, items } = product;
  return {
    ...common,
    id: `pur_${number}`,
    key: `p${number}`,
    state: 'completed',
    code: null,
    reference: 'r',
    player: 'cat',
    product: code,
    version: 1,
    quantity: 1,
    pay: { ...priceOf(product, 1, inMoney), ...(inMoney && { method: 'pm_card_visa' }) },
    content: {
      amounts: amounts.map(({ asset, amount }) => ({ asset, amount: times(amount, 1) })),
      items: items.map(({ item, count }) => ({
        item,
        instances: Array.from({ length: count }, (_, n) => `ins_${number}${n}`),
      })),
    },
  };
}

/** What cat has bought. */
export const purchases = [
  bought(1, 'blades', true),
  bought(2, 'blades', false),
  bought(3, 'potion', false),
  bought(4, 'potion', true),
  bought(5, 'potion', false),
];

function refunded(number: number, of: number, amount: string, more: Partial<RefundRow>): RefundRow {
  const { player, product, pay, id } = purchases[of - 1] as PurchaseRow;
  const paid = 'currency' in pay ? { currency: pay.currency, amount: pay.amount, provider: pay.provider } : { ...pay };
  return {
    ...common,
    id: `rfd_${number}`,
    key: `f${number}`,
    state: 'succeeded',
    code: null,
    reference: 'currency' in pay ? `re_${number}` : null,
    purchase: id,
    player,
    product,
    amount,
    pay: paid,
    takes: { amounts: [], items: [] },
    policy: 'debt',
    restock: false,
    grounds: 'g',
    found: null,
    reverses: null,
    legs: [],
    decidedAt: number,
    missing: [],
    ...more,
  };
}

const points = { amounts: [{ asset: 'points', amount: '5' }], items: [] };
/** What is refunded of it. */
export const refunds = [
  refunded(1, 1, '125', { takes: { amounts: [], items: [{ instance: 'ins_10', owed: '125' }] }, missing: ['ins_10'] }),
  refunded(2, 1, '124', { takes: { amounts: [], items: [{ instance: 'ins_11', owed: '124' }] } }),
  refunded(3, 2, '4', {
    policy: 'absorb',
    missing: ['ins_20'],
    takes: {
      amounts: [],
      items: [
        { instance: 'ins_20', owed: '2' },
        { instance: 'ins_21', owed: '2' },
      ],
    },
  }),
  refunded(4, 4, '99', { state: 'failed', code: 'refund-failed', takes: points }),
  refunded(5, 5, '3', { policy: 'absorb', takes: points }),
  refunded(6, 3, '3', { policy: 'freeze', restock: true, takes: points }),
];
