import { hostileBodies, hostileIds, hostileTexts } from './bodies.js';
import { invalid, withValue, type HostileRow, type Refusal, type WriteRoute } from './rows.js';

const item: WriteRoute = {
  method: 'PUT',
  path: '/v1/items/shield',
  as: 'title',
  body: { name: 'Shield', tradeable: true },
};
const instance: WriteRoute = {
  method: 'POST',
  path: '/v1/item-instances',
  as: 'title',
  headers: { 'idempotency-key': 'hostile-instance' },
  body: { item: 'sword', owner: 'player:ann', properties: { level: 3 }, reason: 'hostile' },
};

const absent = 'ins_0198c0de-7a11-7000-8000-000000000001';

/** It refers to nothing, so that what is wrong with its body must be found before anything is looked for. */
const burn: WriteRoute = {
  method: 'POST',
  path: `/v1/item-instances/${absent}/burn`,
  as: 'title',
  headers: { 'idempotency-key': 'hostile-burn' },
  body: { reason: 'hostile' },
};

export const inventoryRoutes: WriteRoute[] = [item, instance];

function put(
  route: WriteRoute,
  path: (string | number)[],
  what: string,
  value: unknown,
  refusal: Refusal = invalid,
): HostileRow {
  return {
    ...route,
    what: `${route.method} ${route.path}: ${path.join('.')} is ${what}`,
    body: withValue(route.body, path, value),
    ...refusal,
  };
}

const unknownItem: Refusal = { status: 400, code: 'unknown-item' };
const owners: [string, unknown][] = [
  ...hostileIds.map(([what, value]): [string, unknown] => [
    what,
    typeof value === 'string' ? `player:${value}` : value,
  ]),
  ['no owner', 'ann'],
  ['a clearing account', 'system:clearing:stripe'],
  ['the mint', 'system:mint'],
  ['an unknown system account', 'system:bank'],
];

const properties: [string, unknown][] = [
  ['a list', [1]],
  ['text', 'level 3'],
  ['null', null],
  ['an object in an object', { a: { b: 1 } }],
  ['a list in an object', { a: [1] }],
  ['a name that is none', { 'a b': 1 }],
  ['a name of nothing', { '': 1 }],
  ['5 KB', { a: 'x'.repeat(5_000) }],
];

const itemRows: HostileRow[] = [
  ...['SWORD', '1sword', 'sw%D0%BErd', '..%2fsword', 'a'.repeat(65)].map((code): HostileRow => ({
    ...item,
    what: `PUT /v1/items/${code}`,
    path: `/v1/items/${code}`,
    ...invalid,
  })),
  ...hostileTexts.map(([what, value]) => put(item, ['name'], what, value)),
  ...['true', 1, null, []].map((tradeable) => put(item, ['tradeable'], JSON.stringify(tradeable), tradeable)),
  ...['false', 0, null, []].map((retired) => put(item, ['retired'], JSON.stringify(retired), retired)),
  ...[0, -1, 0.5, '5', null, 1_000_000_001].map((limit) => put(item, ['limit'], JSON.stringify(limit), limit)),
  {
    ...item,
    what: 'PUT an item with a limit that was defined without',
    path: '/v1/items/sword',
    body: { name: 'Sword', limit: 5 },
    status: 409,
    code: 'item-limit-fixed',
  },
  ...['W/"1"', 'abc', '*'].map((tag): HostileRow => ({
    ...item,
    what: `PUT an item with If-Match ${tag}`,
    headers: { 'if-match': tag },
    status: 400,
    code: 'if-match-invalid',
  })),
  {
    ...item,
    what: 'PUT an item with a stale If-Match',
    path: '/v1/items/sword',
    headers: { 'if-match': '"99"' },
    status: 412,
    code: 'precondition-failed',
  },
  {
    ...item,
    what: 'PUT a new item with an If-Match',
    headers: { 'if-match': '"1"' },
    status: 412,
    code: 'precondition-failed',
  },
  { what: 'GET an item that is not there', method: 'GET', path: '/v1/items/nothing', status: 404, code: 'not-found' },
];

const instanceRows: HostileRow[] = [
  ...hostileIds.map(([what, value]) => put(instance, ['item'], what, value)),
  put(instance, ['item'], 'upper case', 'SWORD'),
  put(instance, ['item'], 'unknown', 'unobtainium', unknownItem),
  put(instance, ['item'], 'an asset', 'gold', unknownItem),
  ...owners.map(([what, value]) => put(instance, ['owner'], what, value)),
  ...properties.map(([what, value]) => put(instance, ['properties'], what, value)),
  ...hostileTexts.map(([what, value]) => put(instance, ['reason'], what, value)),
  put(instance, ['id'], 'sent', absent),
  put(instance, ['state'], 'sent', 'owned'),
  { ...instance, what: 'an instance without a key', headers: {}, status: 400, code: 'idempotency-key-missing' },
  {
    ...instance,
    what: 'an instance with a key of 256 characters',
    headers: { 'idempotency-key': 'x'.repeat(256) },
    status: 400,
    code: 'idempotency-key-invalid',
  },
  { ...burn, what: 'burn without a key', headers: {}, status: 400, code: 'idempotency-key-missing' },
  { ...burn, what: 'burn what is not there', status: 404, code: 'not-found' },
  ...hostileBodies(burn),
  ...hostileTexts.map(([what, value]) => put(burn, ['reason'], what, value)),
  {
    what: 'GET an instance that is not there',
    method: 'GET',
    path: `/v1/item-instances/${absent}`,
    status: 404,
    code: 'not-found',
  },
  ...['ins_1', absent.toUpperCase(), absent.replace('ins', 'trd'), 'a%2fb'].flatMap((id) =>
    ['', '/movements'].map((what): HostileRow => ({
      what: `GET /v1/item-instances/${id}${what}`,
      method: 'GET',
      path: `/v1/item-instances/${id}${what}`,
      ...invalid,
    })),
  ),
  { what: "GET a homoglyph's instances", method: 'GET', path: '/v1/players/%D0%B0nn/item-instances', ...invalid },
];

export const inventoryRows: HostileRow[] = [...itemRows, ...instanceRows];
export const inventoryLists: [string, 'admin' | 'title'][] = [
  ['/v1/items', 'title'],
  ['/v1/players/ann/item-instances', 'title'],
  [`/v1/item-instances/${absent}/movements`, 'title'],
];
