import { hostileAmounts, unreadableAmounts } from './amounts.js';
import { hostileIds, hostileTexts } from './bodies.js';
import {
  invalid,
  notJson,
  tooLarge,
  withValue,
  wrongType,
  type HostileRow,
  type Refusal,
  type WriteRoute,
} from './rows.js';

const product: WriteRoute = {
  method: 'PUT',
  path: '/v1/products/pack',
  as: 'title',
  body: {
    name: 'Pack',
    content: { amounts: [{ asset: 'gold', amount: '5' }], items: [{ item: 'sword', count: 1 }] },
    prices: { virtual: [{ asset: 'gold', amount: '5' }], money: [{ currency: 'EUR', amount: '499' }] },
    stock: 10,
    limits: { perPlayer: 4, perPlayerAndDay: 1, perPlayerAndWeek: 2, perPlayerAndMonth: 3 },
    onSale: { from: '2026-01-01T00:00:00Z', until: '2027-01-01T00:00:00Z' },
  },
};

/** A product that is there and was never published. */
export const draftedProduct = ['/v1/products/drafted', product.body] as const;

type Path = (string | number)[];

function put(path: Path, what: string, value: unknown, refusal: Refusal = invalid): HostileRow {
  return {
    ...product,
    what: `PUT a product: ${path.join('.')} is ${what}`,
    body: withValue(product.body, path, value),
    ...refusal,
  };
}

/** Puts a JSON text in place of a value. */
function putText(path: Path, text: string, refusal: Refusal = invalid): HostileRow {
  const body = JSON.stringify(withValue(product.body, path, 'the place')).replace('"the place"', text);
  return { ...put(path, text.slice(0, 40), undefined, refusal), body };
}

const amounts: Path[] = [
  ['content', 'amounts', 0, 'amount'],
  ['prices', 'money', 0, 'amount'],
];
const virtualAmount: Path = ['prices', 'virtual', 0, 'amount'];
const codes: [string, unknown][] = [
  ...hostileIds,
  ['upper case', 'GOLD'],
  ['a homoglyph', 'gоld'],
  ['65 characters', 'a'.repeat(65)],
];
const currencies = ['eur', 'Eur', 'EU', 'EURO', 'ZZZ', 'XYZ', 'ЕUR', 'EUR\u200b', ' EUR', '', null, 978, ['EUR'], {}];
const counts = [-1, 0, 51, 0.5, 2 ** 31, '1', '', null, true, [], {}];
const stocks = [-1, 0.5, 1_000_000_001, 2 ** 53 - 1, '10', null, true, [10], {}];
const limits = [-1, 0, 0.5, 1_000_001, '1', null, true, [], {}];
const moments: [string, unknown][] = [
  ['a date that does not exist', '2026-02-30T00:00:00Z'],
  ['a month 13', '2026-13-01T00:00:00Z'],
  ['an hour 24', '2026-01-01T24:00:00Z'],
  ['without a zone', '2026-01-01T00:00:00'],
  ['a date alone', '2026-01-01'],
  ['a zone of 25 hours', '2026-01-01T00:00:00+25:00'],
  ['a number', 1_767_225_600],
  ['a year of six digits', '+020260-01-01T00:00:00Z'],
  ['nothing', ''],
  ['null', null],
  ['words', 'tomorrow'],
];
const asset = (of: string): unknown => ({ asset: of, amount: '1' });
const swords = (count: number): unknown => ({ item: 'sword', count });

const putRows: HostileRow[] = [
  ...['PACK', '1pack', 'p%D0%B0ck', '..%2fpack', 'a'.repeat(65)].map((code): HostileRow => ({
    ...product,
    what: `PUT /v1/products/${code}`,
    path: `/v1/products/${code}`,
    ...invalid,
  })),
  ...hostileTexts.map(([what, value]) => put(['name'], what, value)),
  ...amounts.flatMap((path) => hostileAmounts.map((text) => putText(path, text))),
  ...hostileAmounts.filter((text) => text !== '"0"').map((text) => putText(virtualAmount, text)),
  ...[...amounts, virtualAmount].flatMap((path) => unreadableAmounts.map((text) => putText(path, text, notJson))),
  ...codes.map(([what, value]) => put(['content', 'amounts', 0, 'asset'], what, value)),
  ...codes.map(([what, value]) => put(['prices', 'virtual', 0, 'asset'], what, value)),
  ...codes.map(([what, value]) => put(['content', 'items', 0, 'item'], what, value)),
  ...currencies.map((value) => put(['prices', 'money', 0, 'currency'], JSON.stringify(value), value)),
  put(['content', 'amounts', 0, 'asset'], 'unknown', 'unobtainium'),
  put(['content', 'amounts', 0, 'asset'], 'an item', 'sword'),
  put(['content', 'items', 0, 'item'], 'unknown', 'unobtainium'),
  put(['content', 'items', 0, 'item'], 'an asset', 'gold'),
  put(['prices', 'virtual', 0, 'asset'], 'unknown', 'unobtainium'),
  ...counts.map((value) => put(['content', 'items', 0, 'count'], JSON.stringify(value), value)),
  put(['content'], 'of nothing', {}),
  put(['content'], 'of empty lists', { amounts: [], items: [] }),
  put(['content', 'amounts'], 'of an asset twice', [asset('gold'), asset('gold')]),
  put(['content', 'items'], 'of an item twice', [swords(1), swords(2)]),
  put(['content', 'items'], '50 instances beside an amount', [swords(50)]),
  put(
    ['content', 'amounts'],
    'of 51 lines',
    Array.from({ length: 51 }, (_, place) => asset(`a${place}`)),
  ),
  put(
    ['content', 'amounts'],
    'of 1 000 lines',
    Array.from({ length: 1_000 }, (_, place) => asset(`a${place}`)),
  ),
  put(['content', 'owner'], 'sent', 'player:ann'),
  put(['prices'], 'of nothing', {}),
  put(['prices'], 'of empty lists', { virtual: [], money: [] }),
  put(['prices', 'virtual'], 'of an asset twice', [asset('gold'), asset('gold')]),
  put(['prices', 'money'], 'of a currency twice', [
    { currency: 'EUR', amount: '1' },
    { currency: 'EUR', amount: '2' },
  ]),
  ...['content', 'prices', 'limits', 'onSale'].flatMap((name) =>
    [null, [], 'x', 5].map((value) => put([name], JSON.stringify(value), value)),
  ),
  ...stocks.map((value) => put(['stock'], JSON.stringify(value), value)),
  ...['perPlayer', 'perPlayerAndDay', 'perPlayerAndWeek', 'perPlayerAndMonth'].flatMap((name) =>
    limits.map((value) => put(['limits', name], JSON.stringify(value), value)),
  ),
  put(['limits', 'perPlayerAndYear'], 'sent', 1),
  ...moments.flatMap(([what, value]) => [put(['onSale', 'from'], what, value), put(['onSale', 'until'], what, value)]),
  put(['onSale', 'until'], 'its beginning', '2026-01-01T01:00:00+01:00'),
  put(['onSale', 'from'], 'before every year', '0000-01-01T00:00:00+01:00'),
  put(['onSale', 'until'], 'behind every year', '9999-12-31T23:59:59-01:00'),
  ...['version', 'revision', 'publishedAt', 'withdrawn'].map((name) => put([name], 'sent', 1)),
  { ...product, what: 'PUT a new product with an If-Match', headers: { 'if-match': '"1"' }, ...stale() },
];

function stale(): Refusal {
  return { status: 412, code: 'precondition-failed' };
}

const writes: Pick<WriteRoute, 'method' | 'path' | 'body'>[] = [
  { method: 'PUT', path: draftedProduct[0], body: { ...product.body, stock: 11 } },
  ...(['publish', 'withdraw'] as const).map((verb) => ({
    method: 'POST' as const,
    path: `${draftedProduct[0]}/${verb}`,
    body: {},
  })),
];

const matchRows: HostileRow[] = writes.flatMap((route) => [
  ...['W/"1"', 'abc', '*', '"1","2"', '1'].map((tag): HostileRow => ({
    ...route,
    what: `${route.method} ${route.path} with If-Match ${tag}`,
    headers: { 'if-match': tag },
    status: 400,
    code: 'if-match-invalid',
  })),
  {
    ...route,
    what: `${route.method} ${route.path} with a stale If-Match`,
    headers: { 'if-match': '"99"' },
    ...stale(),
  },
]);

const actRows: HostileRow[] = ['publish', 'withdraw'].flatMap((verb): HostileRow[] => {
  const path = `${draftedProduct[0]}/${verb}`;
  const act = (what: string, body: unknown, refusal: Refusal, headers: Record<string, string> = {}): HostileRow => ({
    what: `POST ${path}: ${what}`,
    method: 'POST',
    path,
    body,
    headers,
    ...refusal,
  });
  return [
    ...['null', '5', '"x"', '[]', '[{}]', '{"version":1}'].map((body) => act(`the body ${body}`, body, invalid)),
    act('white space alone', ' ', notJson),
    act('two documents', '{}{}', notJson),
    act('65 KB of white space', `{}${' '.repeat(65 * 1024)}`, tooLarge),
    act('a body of text', '{}', wrongType, { 'content-type': 'text/plain' }),
    { ...act('a query', undefined, invalid), path: `${path}?version=1` },
    {
      what: `POST ${verb} of a product that is not there`,
      method: 'POST',
      path: `/v1/products/nothing/${verb}`,
      status: 404,
      code: 'not-found',
    },
    { what: `POST ${verb} of no code`, method: 'POST', path: `/v1/products/A/${verb}`, ...invalid },
    { what: `GET ${path}`, method: 'GET', path, status: 405, code: 'method-not-allowed' },
  ];
});

const notFound: Refusal = { status: 404, code: 'not-found' };
const readRows: HostileRow[] = [
  {
    what: 'withdraw what was never published',
    method: 'POST',
    path: `${draftedProduct[0]}/withdraw`,
    status: 409,
    code: 'product-not-published',
  },
  ...['', '/versions', '/versions/1'].flatMap((rest): HostileRow[] => [
    { what: `GET nothing${rest}`, method: 'GET', path: `/v1/products/nothing${rest}`, ...notFound },
    { what: `GET DRAFTED${rest}`, method: 'GET', path: `/v1/products/DRAFTED${rest}`, ...invalid },
  ]),
  ...['0', '-1', '01', '1.0', '1e0', '0x1', '%201', 'latest', '9'.repeat(10), '9'.repeat(400)].map(
    (version): HostileRow => ({
      what: `GET version ${version}`,
      method: 'GET',
      path: `${draftedProduct[0]}/versions/${version}`,
      ...invalid,
    }),
  ),
  { what: 'GET version 2 of 1', method: 'GET', path: `${draftedProduct[0]}/versions/2`, ...notFound },
  { what: 'GET version 999999999', method: 'GET', path: `${draftedProduct[0]}/versions/999999999`, ...notFound },
  ...['superseded', 'DRAFT', '', 'draft&state=published', 'x'].map((state): HostileRow => ({
    what: `GET the products whose state is ${state}`,
    method: 'GET',
    path: `/v1/products?state=${state}`,
    ...invalid,
  })),
  { what: 'GET a product with a query', method: 'GET', path: `${draftedProduct[0]}?version=1`, ...invalid },
];

export const catalogRoutes: WriteRoute[] = [product];
export const catalogRows: HostileRow[] = [...putRows, ...matchRows, ...actRows, ...readRows];
export const catalogLists: [string, 'admin' | 'title'][] = [
  ['/v1/products', 'title'],
  [`${draftedProduct[0]}/versions`, 'title'],
];
