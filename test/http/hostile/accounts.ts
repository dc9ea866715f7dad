import { hostileAmounts, unreadableAmounts } from './amounts.js';
import { hostileTexts } from './bodies.js';
import { put, putText } from './ledger.js';
import { invalid, notJson, type HostileRow, type WriteRoute } from './rows.js';

const operated = { operator: 'olga', reason: 'hostile' };
const state: WriteRoute = {
  method: 'PUT',
  path: '/v1/players/ann/balances/gold/state',
  as: 'title',
  body: { state: 'frozen', ...operated },
};
const debtLimit: WriteRoute = {
  method: 'PUT',
  path: '/v1/players/ann/balances/gold/debt-limit',
  as: 'title',
  body: { debtLimit: '5', ...operated },
};

export const accountRoutes: WriteRoute[] = [state, debtLimit];

const settingRows: HostileRow[] = [
  ...['Open', 'sealed', '', null, 5, ['open']].map((value) => put(state, ['state'], JSON.stringify(value), value)),
  ...hostileAmounts.filter((text) => text !== '"0"').map((text) => putText(debtLimit, ['debtLimit'], text, invalid)),
  ...unreadableAmounts.map((text) => putText(debtLimit, ['debtLimit'], text, notJson)),
  ...[state, debtLimit].flatMap((route) => [
    ...hostileTexts.flatMap(([what, value]) => ['operator', 'reason'].map((name) => put(route, [name], what, value))),
    ...['/v1/players/a%2fb/balances/gold', '/v1/players/ann/balances/GOLD', '/v1/players/ann/balances/EURO'].map(
      (path): HostileRow => ({
        ...route,
        what: `PUT ${route.path} at ${path}`,
        path: route.path.replace('/v1/players/ann/balances/gold', path),
        ...invalid,
      }),
    ),
    {
      ...route,
      what: `PUT ${route.path} of an asset that is not there`,
      path: route.path.replace('gold', 'unobtainium'),
      status: 404,
      code: 'not-found',
    } as const,
  ]),
];

const debtRows: HostileRow[] = ['state=', 'state=closed', 'asset=GOLD', 'asset=gold&asset=gem', 'debt=trf_1'].map(
  (query): HostileRow => ({
    what: `GET the debts with ${query}`,
    method: 'GET',
    path: `/v1/players/ann/debts?${query}`,
    ...invalid,
  }),
);

export const accountRows: HostileRow[] = [...settingRows, ...debtRows];
export const accountLists: [string, 'admin' | 'title'][] = [
  ['/v1/players/ann/balances/gold/changes', 'title'],
  ['/v1/players/ann/debts', 'title'],
  ['/v1/players/ann/balances/gold/debt-payments', 'title'],
];
