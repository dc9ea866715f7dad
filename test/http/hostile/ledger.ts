import { hostileAmounts, unreadableAmounts } from './amounts.js';
import { hostileBodies, hostileIds, hostileTexts } from './bodies.js';
import { invalid, notJson, tooLarge, withValue, type HostileRow, type Refusal, type WriteRoute } from './rows.js';

const asset: WriteRoute = {
  method: 'PUT',
  path: '/v1/assets/silver',
  as: 'title',
  body: { name: 'Silver', kind: 'currency', scale: 2, maxBalance: '1000', tradeable: true },
};

const leg = { from: 'system:mint', to: 'player:ann', asset: 'gold', amount: '5' };
const transfer: WriteRoute = {
  method: 'POST',
  path: '/v1/transfers',
  as: 'title',
  headers: { 'idempotency-key': 'hostile-transfer' },
  body: { legs: [leg], reason: 'hostile', reference: 'hostile-1' },
};

/** It refers to nothing, so that what is wrong with its body must be found before anything is looked for. */
const reversal: WriteRoute = {
  method: 'POST',
  path: '/v1/transfers/trf_0198c0de-7a11-7000-8000-000000000001/reversal',
  as: 'title',
  headers: { 'idempotency-key': 'hostile-reversal' },
  body: { reason: 'hostile' },
};

export const ledgerRoutes: WriteRoute[] = [asset, transfer];

export function put(
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

/** The body with a JSON text at a place where JSON.stringify could not put it. */
export function putText(route: WriteRoute, path: (string | number)[], text: string, refusal: Refusal): HostileRow {
  const body = JSON.stringify(withValue(route.body, path, '@@')).replace('"@@"', text);
  return {
    ...route,
    what: `${route.method} ${route.path}: ${path.join('.')} is ${text.slice(0, 40)}`,
    body,
    ...refusal,
  };
}

const unknownAsset: Refusal = { status: 400, code: 'unknown-asset' };
const legPath = (name: string): (string | number)[] => ['legs', 0, name];

const codes: [string, unknown][] = [
  ...hostileIds,
  ['upper case', 'GOLD'],
  ['a currency of the world', 'USD'],
  ['a homoglyph', 'gоld'],
  ['65 characters', 'a'.repeat(65)],
  ['a digit first', '1gold'],
];
const owners: [string, unknown][] = [
  ...hostileIds.map(([what, value]): [string, unknown] => [
    what,
    typeof value === 'string' ? `player:${value}` : value,
  ]),
  ['no owner', 'ann'],
  ['a clearing account', 'system:clearing:stripe'],
  ['an unknown system account', 'system:bank'],
  ['a system account in upper case', 'system:MINT'],
  ['129 characters', `player:${'a'.repeat(129)}`],
];

const assetRows: HostileRow[] = [
  ...['GOLD', 'USD', '1gold', 'gold%20', 'g%D0%BEld', '..%2fgold', 'a'.repeat(65)].map((code): HostileRow => ({
    ...asset,
    what: `PUT /v1/assets/${code}`,
    path: `/v1/assets/${code}`,
    ...invalid,
  })),
  ...hostileTexts.map(([what, value]) => put(asset, ['name'], what, value)),
  ...['item', 'Currency', '', null, 5, ['currency']].map((kind) => put(asset, ['kind'], JSON.stringify(kind), kind)),
  ...[-1, 19, 1.5, '2', null, true, []].map((scale) => put(asset, ['scale'], JSON.stringify(scale), scale)),
  ...['true', 1, null, []].map((tradeable) => put(asset, ['tradeable'], JSON.stringify(tradeable), tradeable)),
  ...hostileAmounts.map((text) => putText(asset, ['maxBalance'], text, invalid)),
  ...['W/"1"', 'abc', '*', '"1","2"', '1'].map((tag): HostileRow => ({
    ...asset,
    what: `PUT an asset with If-Match ${tag}`,
    headers: { 'if-match': tag },
    status: 400,
    code: 'if-match-invalid',
  })),
  {
    ...asset,
    what: 'PUT an asset with a stale If-Match',
    path: '/v1/assets/gold',
    headers: { 'if-match': '"99"' },
    status: 412,
    code: 'precondition-failed',
  },
  {
    ...asset,
    what: 'PUT a new asset with an If-Match',
    headers: { 'if-match': '"1"' },
    status: 412,
    code: 'precondition-failed',
  },
  {
    ...asset,
    what: 'PUT an asset of another kind',
    path: '/v1/assets/gold',
    body: { name: 'Gold', kind: 'stackable' },
    status: 409,
    code: 'asset-kind-fixed',
  },
  { what: 'GET an asset that is not there', method: 'GET', path: '/v1/assets/nothing', status: 404, code: 'not-found' },
];

const transferRows: HostileRow[] = [
  ...hostileAmounts.map((text) => putText(transfer, legPath('amount'), text, invalid)),
  ...unreadableAmounts.map((text) => putText(transfer, legPath('amount'), text, notJson)),
  putText(transfer, legPath('asset'), '"USD\\u0000"', notJson),
  putText(transfer, ['reason'], '"\\ud800"', notJson),
  ...codes.map(([what, value]) => put(transfer, legPath('asset'), what, value)),
  ...owners.flatMap(([what, value]) => ['from', 'to'].map((name) => put(transfer, legPath(name), what, value))),
  put(transfer, legPath('asset'), 'unknown', 'unobtainium', unknownAsset),
  put(transfer, legPath('asset'), 'a currency of the world in lower case', 'usd', unknownAsset),
  put(transfer, legPath('asset'), 'an item', 'sword', unknownAsset),
  put(transfer, legPath('to'), 'who gives', 'system:mint'),
  put(transfer, ['legs'], 'nothing', []),
  put(transfer, ['legs'], 'one leg alone', leg),
  put(transfer, ['legs'], 'the same leg twice', [leg, leg]),
  put(
    transfer,
    ['legs'],
    '101 legs',
    Array.from({ length: 101 }, (_, i) => ({ ...leg, to: `player:p${i}` })),
  ),
  put(
    transfer,
    ['legs'],
    '100 000 legs',
    Array.from({ length: 100_000 }, () => leg),
    tooLarge,
  ),
  ...(
    [
      ['text', 'debt'],
      ['null', null],
      ['of no policy', {}],
      ['of an unknown policy', { policy: 'force' }],
      ['of a policy in upper case', { policy: 'Debt' }],
      ['available without an owner', { policy: 'available' }],
      ['written off against a player', { policy: 'available', writeOff: 'player:bob' }],
      ['written off against a clearing', { policy: 'available', writeOff: 'system:clearing:stripe' }],
      ['a debt with an owner', { policy: 'debt', writeOff: 'system:mint' }],
      ['a freeze with an owner', { policy: 'freeze', writeOff: 'system:mint' }],
    ] as [string, unknown][]
  ).map(([what, value]) => put(transfer, ['debit'], what, value)),
  {
    ...transfer,
    what: 'a loss that is written off against its receiver',
    body: {
      legs: [{ ...leg, from: 'player:ann', to: 'system:fees' }],
      reason: 'hostile',
      debit: { policy: 'available', writeOff: 'system:fees' },
    },
    ...invalid,
  },
  {
    ...transfer,
    what: '51 legs whose losses are written off',
    body: {
      legs: Array.from({ length: 51 }, (_, i) => ({ ...leg, to: `player:p${i}` })),
      reason: 'hostile',
      debit: { policy: 'available', writeOff: 'system:mint' },
    },
    ...invalid,
  },
  put(transfer, ['legs', 0], 'null', null),
  put(transfer, ['legs', 0], 'a list', [leg]),
  put(transfer, legPath('price'), 'sent', '5'),
  ...hostileTexts.flatMap(([what, value]) => ['reason', 'reference'].map((name) => put(transfer, [name], what, value))),
  { ...transfer, what: 'a transfer without a key', headers: {}, status: 400, code: 'idempotency-key-missing' },
  ...['', '""', 'x'.repeat(256), 'a b', '"a'].map((key): HostileRow => ({
    ...transfer,
    what: `a transfer with the key ${key.slice(0, 20)}`,
    headers: { 'idempotency-key': key },
    status: 400,
    code: 'idempotency-key-invalid',
  })),
  ...[
    'trf_1',
    'trf_0198C0DE-7a11-7000-8000-000000000001',
    'ins_0198c0de-7a11-7000-8000-000000000001',
    'a%2fb',
    "'",
  ].map((id): HostileRow => ({
    what: `GET /v1/transfers/${id}`,
    method: 'GET',
    path: `/v1/transfers/${id}`,
    ...invalid,
  })),
  {
    what: 'GET a transfer that is not there',
    method: 'GET',
    path: '/v1/transfers/trf_0198c0de-7a11-7000-8000-000000000001',
    status: 404,
    code: 'not-found',
  },
  { ...reversal, what: 'reverse a transfer that is not there', status: 404, code: 'not-found' },
  ...hostileBodies(reversal),
  ...hostileAmounts.map((text) => putText(reversal, ['amount'], text, invalid)),
  ...[null, [], {}, [null], [{ leg: 0 }], [{ amount: '5' }]].map((legs) =>
    put(reversal, ['legs'], JSON.stringify(legs), legs),
  ),
  ...[-1, 100, 0.5, '0', null].map((place) =>
    put(reversal, ['legs'], `of the leg ${JSON.stringify(place)}`, [{ leg: place, amount: '5' }]),
  ),
  ...hostileTexts.map(([what, value]) => put(reversal, ['reason'], what, value)),
  ...[
    'player=',
    'player=%D0%B0nn',
    'player=player:ann',
    'reference=',
    'reference=%0a',
    'reference=e%CC%81',
    'player=ann&player=bob',
    'state=posted',
  ].map((query): HostileRow => ({
    what: `GET /v1/transfers?${query}`,
    method: 'GET',
    path: `/v1/transfers?${query}`,
    ...invalid,
  })),
  ...['asset=', 'asset=GOLD', 'asset=g%D0%BEld', 'asset=gold&asset=gold'].map((query): HostileRow => ({
    what: `GET the entries with ${query}`,
    method: 'GET',
    path: `/v1/players/ann/entries?${query}`,
    ...invalid,
  })),
];

const playerRows: HostileRow[] = [
  '%20ann',
  'ann%0a',
  'a%2fb',
  '..%2fann',
  '%D0%B0nn',
  'ann%E2%80%8B',
  'a'.repeat(129),
  '%EF%BD%81nn',
  'ane%CC%81',
].flatMap((player) =>
  ['balances', 'entries'].map((what): HostileRow => ({
    what: `GET /v1/players/${player}/${what}`,
    method: 'GET',
    path: `/v1/players/${player}/${what}`,
    ...invalid,
  })),
);

export const ledgerRows: HostileRow[] = [...assetRows, ...transferRows, ...playerRows];
export const ledgerLists: [string, 'admin' | 'title'][] = [
  ['/v1/assets', 'title'],
  ['/v1/transfers', 'title'],
  ['/v1/players/ann/entries', 'title'],
];
