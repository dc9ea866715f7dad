import { hostileIds, hostileTexts } from './bodies.js';
import { invalid, withValue, type HostileRow, type WriteRoute } from './rows.js';

export const titleRoutes: WriteRoute[] = [
  { method: 'POST', path: '/v1/titles', as: 'admin', body: { id: 'hostile', name: 'Hostile' } },
  { method: 'POST', path: '/v1/titles/arena/keys', as: 'admin', body: { name: 'hostile', scopes: ['trades:read'] } },
];

const [makeTitle, makeKey] = titleRoutes as [WriteRoute, WriteRoute];

function rows(route: WriteRoute, path: string[], values: readonly (readonly [string, unknown])[]): HostileRow[] {
  return values.map(([what, value]) => ({
    ...route,
    what: `${route.method} ${route.path}: ${path.join('.')} is ${what}`,
    body: withValue(route.body, path, value),
    ...invalid,
  }));
}

const notFuture: [string, unknown][] = [
  ['in the past', '2020-01-01T00:00:00Z'],
  ['a date that does not exist', '2099-02-30T00:00:00Z'],
  ['without a zone', '2099-01-01T00:00:00'],
  ['a day', '2099-01-01'],
  ['a number', 4_070_908_800],
  ['words', 'tomorrow'],
  ['behind every year', '9999-12-31T23:59:59-01:00'],
  ['behind every year by a minute', '9999-12-31T23:59:59-00:01'],
  ['the 25th hour', '2099-01-01T25:00:00Z'],
  ['null', null],
];

const notScopes: [string, unknown][] = [
  ['nobody', []],
  ['everything', ['*']],
  ['an unknown scope', ['trades:read', 'trades:destroy']],
  ['one scope twice', ['trades:read', 'trades:read']],
  ['text', 'trades:read'],
  ['null', null],
];

export const titleRows: HostileRow[] = [
  ...rows(
    makeTitle,
    ['id'],
    [...hostileIds, ['upper case', 'Arena'], ['a digit first', '1st'], ['65 characters', 'a'.repeat(65)]],
  ),
  ...rows(makeTitle, ['name'], hostileTexts),
  ...rows(makeKey, ['name'], hostileTexts),
  ...rows(makeKey, ['scopes'], notScopes),
  ...rows(makeKey, ['expiresAt'], notFuture),
  {
    what: 'a title that exists',
    method: 'POST',
    path: '/v1/titles',
    as: 'admin',
    body: { id: 'arena', name: 'Again' },
    status: 409,
    code: 'title-exists',
  },
  {
    what: 'a key of an upper-case title',
    method: 'POST',
    path: '/v1/titles/ARENA/keys',
    as: 'admin',
    body: makeKey.body,
    ...invalid,
  },
  { what: 'a key id that is none', method: 'DELETE', path: '/v1/titles/arena/keys/1', as: 'admin', ...invalid },
  {
    what: 'a key id that no key has',
    method: 'DELETE',
    path: '/v1/titles/arena/keys/key_0198c0de-7a11-7000-8000-000000000001',
    as: 'admin',
    status: 404,
    code: 'not-found',
  },
  {
    what: "a title's key on titles",
    method: 'POST',
    path: '/v1/titles',
    as: 'title',
    body: makeTitle.body,
    status: 403,
    code: 'forbidden',
  },
];
