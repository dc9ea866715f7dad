import { hostileAmounts, unreadableAmounts } from './amounts.js';
import { hostileIds, hostileTexts } from './bodies.js';
import { invalid, notJson, withValue, type HostileRow, type Refusal, type WriteRoute } from './rows.js';

const content = { amounts: [{ asset: 'gold', amount: '5' }] };
const prices = { virtual: [{ asset: 'gold', amount: '10' }] };

/** Products that are published, each with what keeps a buyer from it. */
export const soldProducts: Record<string, Record<string, unknown>> = {
  potion: { name: 'Potion', content, prices },
  swords: { name: 'Swords', content: { items: [{ item: 'sword', count: 2 }] }, prices },
  fortune: { name: 'Fortune', content: { amounts: [{ asset: 'gold', amount: '9'.repeat(18) }] }, prices },
  cents: { name: 'Cents', content, prices: { money: [{ currency: 'EUR', amount: '20' }] } },
  'money-alone': { name: 'Money', content, prices: { money: [{ currency: 'EUR', amount: '499' }] } },
  gone: { name: 'Gone', content, prices },
  soon: { name: 'Soon', content, prices, onSale: { from: '2999-01-01T00:00:00Z' } },
  over: { name: 'Over', content, prices, onSale: { until: '2020-01-01T00:00:00Z' } },
  none: { name: 'None', content, prices, stock: 0 },
  single: { name: 'Single', content, prices, limits: { perPlayer: 1 } },
};

/** The counts of the products. Whoever asks first for a product makes its row, which is the lock of what is decided. */
export const countsOfSales = `
  insert into purchases.sales (title, product) select 'arena', unnest('{${Object.keys(soldProducts).join()}}'::text[])`;

const purchase: WriteRoute = {
  method: 'POST',
  path: '/v1/purchases',
  as: 'title',
  headers: { 'idempotency-key': 'hostile-purchase' },
  body: { player: 'ann', product: 'potion', quantity: 2, pay: { asset: 'gold', amount: '20' }, reference: 'hostile-1' },
};

export const purchaseRoutes: WriteRoute[] = [purchase];

const unknownProduct: Refusal = { status: 400, code: 'unknown-product' };
const priceChanged: Refusal = { status: 409, code: 'price-changed' };
const notOnSale: Refusal = { status: 409, code: 'not-on-sale' };

function put(path: (string | number)[], what: string, value: unknown, refusal: Refusal = invalid): HostileRow {
  return {
    ...purchase,
    what: `POST /v1/purchases: ${path.join('.')} is ${what}`,
    body: withValue(purchase.body, path, value),
    ...refusal,
  };
}

/** The body with a JSON text as the amount, where JSON.stringify could not put it. */
function amountOf(text: string, refusal: Refusal = invalid): HostileRow {
  const body = JSON.stringify(withValue(purchase.body, ['pay', 'amount'], '@@')).replace('"@@"', text);
  return { ...purchase, what: `POST /v1/purchases: the amount is ${text.slice(0, 40)}`, body, ...refusal };
}

/** An order of another product, at the right price unless it is said. */
function order(what: string, product: string, quantity: number, refusal: Refusal, pay = prices.virtual[0]): HostileRow {
  const total = { asset: pay?.asset, amount: String(Number(pay?.amount) * quantity) };
  return {
    ...purchase,
    what: `a purchase ${what}`,
    body: { ...purchase.body, product, quantity, pay: total },
    ...refusal,
  };
}

/** Orders in real money. */
const money = { currency: 'EUR', amount: '499', provider: 'stripe' };
const hostileMoney: [string, unknown, Refusal][] = [
  ['of a title without an account', money, { status: 409, code: 'payment-account-missing' }],
  ['at another price', { ...money, amount: '498' }, priceChanged],
  ['in another currency', { ...money, currency: 'USD' }, priceChanged],
  ['in lower case', { ...money, currency: 'eur' }, invalid],
  ['in no currency', { ...money, currency: 'XQX' }, invalid],
  ['in an asset', { ...money, currency: 'gold' }, invalid],
  ['of nothing', { ...money, amount: '0' }, invalid],
  ['of a number', { ...money, amount: 499 }, invalid],
  ['at another provider', { ...money, provider: 'paypal' }, invalid],
  ['at a provider in upper case', { ...money, provider: 'STRIPE' }, invalid],
  ['with an empty method', { ...money, method: '' }, invalid],
  ['with a method of null', { ...money, method: null }, invalid],
  ['with a method that is a path', { ...money, method: 'pm/../ch' }, invalid],
  ['with a method of 256 characters', { ...money, method: 'p'.repeat(256) }, invalid],
  ['with what is not known', { ...money, capture: 'now' }, invalid],
];

const quantities = [0, -1, 0.5, '1', 2 ** 31, 101, 2 ** 53 - 1, '', null, true, [1], {}];
const payments: [string, unknown][] = [
  ['null', null],
  ['a number', 20],
  ['text', '20 gold'],
  ['a list', [{ asset: 'gold', amount: '20' }]],
  ['nothing', {}],
  ['an asset alone', { asset: 'gold' }],
  ['an amount alone', { amount: '20' }],
  ['money without a provider', { currency: 'EUR', amount: '499' }],
  ['an asset and a currency', { asset: 'gold', currency: 'EUR', amount: '20' }],
  ['a payment with a provider', { asset: 'gold', amount: '20', provider: 'stripe' }],
];

export const purchaseRows: HostileRow[] = [
  ...hostileAmounts.filter((text) => text !== '"0"').map((text) => amountOf(text)),
  ...['"-1"', '"01"', '20', `"1${'0'.repeat(18)}"`].map((text) => amountOf(text)),
  ...unreadableAmounts.map((text) => amountOf(text, notJson)),
  ...['"0"', '"19"', '"21"', '"10"', `"${'9'.repeat(18)}"`].map((text) => amountOf(text, priceChanged)),
  ...hostileIds.flatMap(([what, value]) => [
    put(['player'], what, value),
    put(['product'], what, value),
    put(['pay', 'asset'], what, value),
  ]),
  ...['player', 'product', 'pay'].map((name) => put([name], 'missing', undefined)),
  put(['player'], 'an owner', 'player:ann'),
  put(['player'], 'a system account', 'system:store'),
  put(['product'], 'upper case', 'POTION'),
  put(['product'], 'unknown', 'unobtainium', unknownProduct),
  put(['product'], 'a draft', 'drafted', unknownProduct),
  put(['product'], 'an item', 'sword', unknownProduct),
  put(['pay', 'asset'], 'upper case', 'GOLD'),
  put(['pay', 'asset'], 'unknown', 'unobtainium', priceChanged),
  put(['pay', 'asset'], 'an item', 'sword', priceChanged),
  ...payments.map(([what, value]) => put(['pay'], what, value)),
  ...hostileMoney.map(([what, pay, refusal]): HostileRow => ({
    ...purchase,
    what: `a purchase in money ${what}`,
    body: { ...purchase.body, product: 'money-alone', quantity: 1, pay },
    ...refusal,
  })),
  {
    ...purchase,
    what: 'a purchase in money of less than can be paid',
    body: { ...purchase.body, product: 'cents', quantity: 2, pay: { ...money, amount: '40' } },
    status: 409,
    code: 'amount-not-payable',
  },
  ...['pur_1', 'trd_0198c0de-7a11-7000-8000-000000000001'].map((id): HostileRow => ({
    what: `POST /v1/purchases/${id}/cancel`,
    method: 'POST',
    path: `/v1/purchases/${id}/cancel`,
    ...invalid,
  })),
  {
    what: 'a cancel of no purchase',
    method: 'POST',
    path: '/v1/purchases/pur_0198c0de-7a11-7000-8000-000000000001/cancel',
    status: 404,
    code: 'not-found',
  },
  {
    what: 'a cancel with a body',
    method: 'POST',
    path: '/v1/purchases/pur_0198c0de-7a11-7000-8000-000000000001/cancel',
    body: { reason: 'none' },
    ...invalid,
  },
  ...quantities.map((value) => put(['quantity'], JSON.stringify(value), value)),
  ...hostileTexts.map(([what, value]) => put(['reference'], what, value)),
  put(['reference'], 'text of 201 characters', 'x'.repeat(201)),
  ...['version', 'content', 'title', 'key', 'workflow', 'reason', '__typename'].map((name) => put([name], 'sent', 1)),
  order('that mints 102 instances', 'swords', 51, invalid),
  order('of an amount beyond 18 digits', 'fortune', 2, invalid),
  order('of what is sold for money alone', 'money-alone', 1, priceChanged),
  order('at the price of one for two', 'potion', 2, priceChanged, { asset: 'gold', amount: '5' }),
  order('of what is withdrawn', 'gone', 1, notOnSale),
  order('of what is not on sale yet', 'soon', 1, notOnSale),
  order('of what is on sale no more', 'over', 1, notOnSale),
  order('of what is sold out', 'none', 1, { status: 409, code: 'out-of-stock' }),
  order('of more than a player may buy', 'single', 2, { status: 409, code: 'purchase-limit-reached' }),
  { ...purchase, what: 'a purchase without a key', headers: {}, status: 400, code: 'idempotency-key-missing' },
  ...['x'.repeat(256), 'ключ', 'a b'].map((key): HostileRow => ({
    ...purchase,
    what: `a purchase with the key ${key.slice(0, 9)}`,
    headers: { 'idempotency-key': Buffer.from(key).toString('latin1') },
    status: 400,
    code: 'idempotency-key-invalid',
  })),
  ...['wait=31', 'wait=abc', 'wait=-1', 'wait'].map((prefer): HostileRow => ({
    ...purchase,
    what: `a purchase with Prefer: ${prefer}`,
    headers: { ...purchase.headers, prefer },
    status: 400,
    code: 'prefer-invalid',
  })),
  ...['pur_1', 'trd_0198c0de-7a11-7000-8000-000000000001', 'PUR_0198c0de-7a11-7000-8000-000000000001', 'a%2fb'].map(
    (id): HostileRow => ({ what: `GET /v1/purchases/${id}`, method: 'GET', path: `/v1/purchases/${id}`, ...invalid }),
  ),
  {
    what: 'GET a purchase that is not there',
    method: 'GET',
    path: '/v1/purchases/pur_0198c0de-7a11-7000-8000-000000000001',
    status: 404,
    code: 'not-found',
  },
  {
    what: 'GET a purchase by the id of a trade that is there',
    method: 'GET',
    path: '/v1/purchases/pur_0198c0de-7a11-7000-8000-000000000002',
    status: 404,
    code: 'not-found',
  },
  {
    what: 'GET a purchase with a query',
    method: 'GET',
    path: '/v1/purchases/pur_0198c0de-7a11-7000-8000-000000000001?version=1',
    ...invalid,
  },
  ...['PUT', 'PATCH', 'DELETE'].map((method): HostileRow => ({
    what: `${method} /v1/purchases`,
    method,
    path: '/v1/purchases',
    status: 405,
    code: 'method-not-allowed',
  })),
  ...[
    'state=open',
    // The word of trades.
    'state=settled',
    'state=',
    'state=stuck&state=refused',
    'player=%D0%B0nn',
    'player=',
    'player=player:ann',
    'product=POTION',
    'product=',
    'product=potion&product=gone',
    'reference=%0a',
    'reference=',
    'kind=purchase',
    'quantity=1',
    'version=1',
  ].map((query): HostileRow => ({
    what: `GET /v1/purchases?${query}`,
    method: 'GET',
    path: `/v1/purchases?${query}`,
    ...invalid,
  })),
];

const salesPath = '/v1/products/potion/sales';
purchaseRows.push(
  ...['POTION', 'a%2fb', 'x'.repeat(65)].map((code): HostileRow => ({
    what: `GET /v1/products/${code.slice(0, 9)}/sales`,
    method: 'GET',
    path: `/v1/products/${code}/sales`,
    ...invalid,
  })),
  ...['unobtainium', 'drafted'].map((code): HostileRow => ({
    what: `GET /v1/products/${code}/sales`,
    method: 'GET',
    path: `/v1/products/${code}/sales`,
    status: 404,
    code: 'not-found',
  })),
  ...['player=', 'player=player:ann', 'player=%D0%B0nn', 'player=ann&player=bob', 'quantity=1', 'limit=1'].map(
    (query): HostileRow => ({
      what: `GET ${salesPath}?${query}`,
      method: 'GET',
      path: `${salesPath}?${query}`,
      ...invalid,
    }),
  ),
  ...['POST', 'PUT', 'DELETE'].map((method): HostileRow => ({
    what: `${method} ${salesPath}`,
    method,
    path: salesPath,
    status: 405,
    code: 'method-not-allowed',
  })),
);

export const purchaseLists: [string, 'admin' | 'title'][] = [['/v1/purchases', 'title']];
