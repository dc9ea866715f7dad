import { describe, expect, it, test } from '@jest/globals';
import type { SaleVersion } from '../catalog/catalog.types.js';
import { exchangeOf, quote } from './purchases.rules.js';
import type { Order } from './purchases.types.js';

const product: SaleVersion = {
  title: 'arena',
  code: 'pack',
  version: 3,
  withdrawn: false,
  content: { amounts: [{ asset: 'gem', amount: '50' }], items: [{ item: 'sword', count: 2 }] },
  prices: {
    virtual: [
      { asset: 'gold', amount: '120' },
      { asset: 'coupon', amount: '0' },
    ],
    money: [],
  },
  stock: null,
  limits: { perPlayer: null, perPlayerAndDay: null, perPlayerAndWeek: null, perPlayerAndMonth: null },
  onSale: { from: null, until: null },
};

function order(over: Partial<Order> = {}): Order {
  return { player: 'ann', product: 'pack', quantity: 1, pay: { asset: 'gold', amount: '120' }, ...over };
}

let made = 0;
const newInstance = (): string => `ins_${++made}`;

describe('a quote', () => {
  it('says the version and all that the buyer gets, with an id for each instance', () => {
    made = 0;
    expect(quote(order({ quantity: 2, pay: { asset: 'gold', amount: '240' } }), product, newInstance)).toEqual({
      version: 3,
      content: {
        amounts: [{ asset: 'gem', amount: '100' }],
        items: [{ item: 'sword', instances: ['ins_1', 'ins_2', 'ins_3', 'ins_4'] }],
      },
    });
  });

  it('goes by the price that is paid, and by no other', () => {
    const dear = { asset: 'dust', amount: '9'.repeat(18) };
    const both = { ...product, prices: { virtual: [...product.prices.virtual, dear], money: [] } };
    expect(quote(order({ quantity: 2, pay: { asset: 'gold', amount: '240' } }), both, newInstance)).toMatchObject({
      version: 3,
    });
  });

  const declined: [string, Order, SaleVersion | undefined, string, string | undefined][] = [
    ['of a product that was never published', order(), undefined, 'unknown-product', undefined],
    ['of a withdrawn product', order(), { ...product, withdrawn: true }, 'not-on-sale', undefined],
    ['at another price', order({ pay: { asset: 'gold', amount: '100' } }), product, 'price-changed', undefined],
    ['at the price of one for two', order({ quantity: 2 }), product, 'price-changed', undefined],
    ['in another asset', order({ pay: { asset: 'dust', amount: '1' } }), product, 'price-changed', undefined],
    [
      'of more instances than a purchase may mint',
      order({ quantity: 51, pay: { asset: 'coupon', amount: '0' } }),
      product,
      'validation-failed',
      'A purchase mints at most 100 instances; this one would mint 102.',
    ],
    [
      'at a total that does not fit 18 digits',
      order({ quantity: 2, pay: { asset: 'gold', amount: '1' } }),
      { ...product, prices: { virtual: [{ asset: 'gold', amount: '9'.repeat(18) }], money: [] } },
      'validation-failed',
      'So much of gold does not fit 18 digits.',
    ],
    [
      'of an amount that does not fit 18 digits',
      order({ quantity: 2, pay: { asset: 'coupon', amount: '0' } }),
      { ...product, content: { amounts: [{ asset: 'gem', amount: '9'.repeat(18) }], items: [] } },
      'validation-failed',
      'So much of gem does not fit 18 digits.',
    ],
  ];

  it.each(declined)('%s is declined', (_, asked, of, code, said) => {
    const quoted = quote(asked, of, newInstance);
    expect(quoted).toMatchObject({ declined: { code, ...(said !== undefined && { errors: [{ detail: said }] }) } });
  });
});

const gold = (amount: string): object => ({ asset: 'gold', amount });
test.each([
  ['an amount', { pay: { asset: 'gold', amount: '100' } }, '/pay/amount', 'The price of 1 of pack is 120 gold.'],
  [
    'an asset',
    { pay: { asset: 'dust', amount: '1' } },
    '/pay/asset',
    'The product pack has no price in dust. It is sold for gold, coupon, salt.',
  ],
])(
  'an order whose price is wrong in %s is told where, and every price that can be paid',
  (_, asked, pointer, detail) => {
    const salt = { asset: 'salt', amount: '9'.repeat(18) };
    const sold = { ...product, prices: { virtual: [...product.prices.virtual, salt], money: [] } };
    expect(quote(order(asked), sold, newInstance)).toEqual({
      declined: {
        code: 'price-changed',
        detail,
        errors: [{ pointer, code: 'price-changed', detail }],
        prices: [gold('120'), { asset: 'coupon', amount: '0' }, salt],
      },
    });
    const ofTwo = { declined: { prices: [gold('240'), { asset: 'coupon', amount: '0' }] } };
    expect(quote(order({ ...asked, quantity: 2 }), sold, newInstance)).toMatchObject(ofTwo);
  },
);

test('an order of what is sold for real money alone is told so', () => {
  const sold = { ...product, prices: { virtual: [], money: [] } };
  expect(quote(order(), sold, newInstance)).toMatchObject({
    declined: { detail: 'The product pack has no price in gold. It is sold for real money alone.', prices: [] },
  });
});

test('the exchange of a purchase pays the store and gets the content from the mint', () => {
  const content = {
    amounts: [{ asset: 'gem', amount: '50' }],
    items: [{ item: 'sword', instances: ['ins_1', 'ins_2'] }],
  };
  const purchase = { id: 'pur_1', title: 'arena', player: 'ann', pay: { asset: 'gold', amount: '120' }, content };
  expect(exchangeOf(purchase)).toEqual({
    id: 'pur_1',
    title: 'arena',
    kind: 'purchase',
    legs: [
      { from: 'player:ann', to: 'system:store', asset: 'gold', amount: '120' },
      { from: 'system:mint', to: 'player:ann', asset: 'gem', amount: '50' },
    ],
    moves: [],
    mints: [
      { instance: 'ins_1', item: 'sword', to: 'player:ann' },
      { instance: 'ins_2', item: 'sword', to: 'player:ann' },
    ],
  });
});

test('the exchange of a free product has no leg for its price, and one that mints nothing has no mints', () => {
  const content = { amounts: [{ asset: 'gem', amount: '50' }], items: [] };
  const purchase = { id: 'pur_1', title: 'arena', player: 'ann', pay: { asset: 'gold', amount: '0' }, content };
  expect(exchangeOf(purchase)).toEqual({
    id: 'pur_1',
    title: 'arena',
    kind: 'purchase',
    legs: [{ from: 'system:mint', to: 'player:ann', asset: 'gem', amount: '50' }],
    moves: [],
  });
});

describe('a quote in real money', () => {
  const euros = { currency: 'EUR', amount: '499' };
  const sold = { ...product, prices: { ...product.prices, money: [euros, { currency: 'ISK', amount: '150' }] } };
  const pay = { ...euros, provider: 'stripe' as const };

  it('goes by the price in its currency', () => {
    expect(quote(order({ pay }), sold, newInstance)).toMatchObject({ version: 3 });
    const two = { ...pay, amount: '998' };
    expect(quote(order({ quantity: 2, pay: two }), sold, newInstance)).toMatchObject({ version: 3 });
  });

  it('at another price, or in another currency, says every price that can be paid now', () => {
    const prices = [{ asset: 'gold', amount: '120' }, { asset: 'coupon', amount: '0' }, euros];
    expect(quote(order({ pay: { ...pay, amount: '500' } }), sold, newInstance)).toMatchObject({
      declined: { code: 'price-changed', errors: [{ pointer: '/pay/amount' }], prices },
    });
    expect(quote(order({ pay: { ...pay, currency: 'USD' } }), sold, newInstance)).toMatchObject({
      declined: {
        detail: 'The product pack has no price in USD. It is sold for EUR, ISK.',
        errors: [{ pointer: '/pay/currency' }],
        prices,
      },
    });
    expect(quote(order({ pay }), product, newInstance)).toMatchObject({
      declined: { detail: 'The product pack has no price in EUR. It is sold for virtual currency alone.' },
    });
  });

  it('of what cannot be paid is declined, though the price is right', () => {
    const krona = { ...pay, currency: 'ISK', amount: '150' };
    expect(quote(order({ pay: krona }), sold, newInstance)).toMatchObject({
      declined: { code: 'amount-not-payable', errors: [{ pointer: '/pay/amount' }] },
    });
    expect(quote(order({ quantity: 2, pay: { ...krona, amount: '300' } }), sold, newInstance)).toMatchObject({
      version: 3,
    });
  });
});

test.each([{}, { method: 'pm_card_visa' }])(
  'the exchange of a purchase in money has the payment, and its money at the provider: %j',
  (method) => {
    const pay = { currency: 'EUR', amount: '499', provider: 'stripe' as const, ...method };
    const content = { amounts: [{ asset: 'gem', amount: '5' }], items: [{ item: 'sword', instances: ['ins_1'] }] };
    expect(exchangeOf({ id: 'pur_1', title: 'arena', player: 'ann', pay, content })).toEqual({
      id: 'pur_1',
      title: 'arena',
      kind: 'purchase',
      legs: [
        { from: 'system:mint', to: 'system:clearing:stripe', asset: 'EUR', amount: '499' },
        { from: 'system:mint', to: 'player:ann', asset: 'gem', amount: '5' },
      ],
      moves: [],
      mints: [{ instance: 'ins_1', item: 'sword', to: 'player:ann' }],
      payment: { provider: 'stripe', currency: 'EUR', amount: '499', ...method },
    });
  },
);
