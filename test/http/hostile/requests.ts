import type { HostileRow } from './rows.js';

/** What is refused by its address, its method or its key, before any body matters. */
export function hostileAddresses(): HostileRow[] {
  const get = (what: string, path: string, refusal: Pick<HostileRow, 'status' | 'code'>): HostileRow => ({
    what,
    method: 'GET',
    path,
    as: 'admin',
    ...refusal,
  });
  const notFound = { status: 404, code: 'not-found' } as const;
  const malformed = { status: 400, code: 'malformed-request' } as const;
  const invalid = { status: 400, code: 'validation-failed' } as const;
  return [
    get('an unknown address', '/v1/nothing', notFound),
    get('an upper-case address', '/V1/titles', notFound),
    get('a slash too many', '/v1/titles/', notFound),
    get('two slashes', '/v1//titles', notFound),
    get('U+0000 in the path', '/v1/titles/a%00b', malformed),
    get('U+0000 in the query', '/v1/titles?limit=%00', malformed),
    get('a broken escape', '/v1/titles/%zz', malformed),
    get('a broken escape in the query', '/v1/titles?cursor=%zz', malformed),
    get('invalid UTF-8 in the query', '/v1/titles?cursor=%ff', malformed),
    get('a lone surrogate in the query', '/v1/titles?cursor=%ED%A0%80', malformed),
    get('invalid UTF-8 in the path', '/v1/titles/%ff', malformed),
    get('a path in the path', '/v1/titles/..%2f..%2fkeys', invalid),
    get('an id of 400 characters', `/v1/titles/${'a'.repeat(400)}`, invalid),
    get('an id of 5 000 characters', `/v1/titles/${'a'.repeat(5_000)}`, { status: 414, code: 'uri-too-long' }),
    get('a query where none is known', '/v1/titles/arena?limit=5', invalid),
    ...['/v1/assets/gold', '/v1/items/sword', '/v1/players/ann/balances'].map((path): HostileRow => ({
      what: `a query on ${path}`,
      method: 'GET',
      path: `${path}?at=1`,
      ...invalid,
    })),
    get('a homoglyph', `/v1/titles/${encodeURIComponent('аrena')}`, invalid),
    ...['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].map((method): HostileRow => ({
      what: `${method} where it does not exist`,
      method,
      path: '/v1/titles',
      as: 'admin',
      status: 405,
      code: 'method-not-allowed',
    })),
    {
      what: 'a body of the wrong type to an unknown address',
      method: 'POST',
      path: '/v1/nothing',
      body: '<a/>',
      headers: { 'content-type': 'text/xml' },
      ...notFound,
    },
    {
      what: 'a body of 2 MB to a wrong method',
      method: 'PUT',
      path: '/v1/titles',
      body: 'x'.repeat(2 * 1024 * 1024),
      status: 405,
      code: 'method-not-allowed',
    },
  ];
}

/** What no list may be asked. */
export function hostileLists(path: string, as: 'admin' | 'title'): HostileRow[] {
  const invalid = { status: 400, code: 'validation-failed' } as const;
  const row = (query: string, refusal: Pick<HostileRow, 'status' | 'code'> = invalid): HostileRow => ({
    what: `GET ${path}?${query}`,
    method: 'GET',
    path: `${path}?${query}`,
    as,
    ...refusal,
  });
  const cursorInvalid = { status: 400, code: 'cursor-invalid' } as const;
  return [
    ...['0', '-1', '101', '1e9', 'abc', '', '1.5', '%201', '0x10', '01', '1&limit=2', '9'.repeat(400)].map((limit) =>
      row(`limit=${limit}`),
    ),
    ...['offset=10', 'limit=5&page=2', '__proto__=1', 'constructor=1', 'limit[]=5', 'LIMIT=5'].map((query) =>
      row(query),
    ),
    row('cursor='),
    row('cursor=a&cursor=b'),
    row(`cursor=${'a'.repeat(201)}`),
    row('cursor=abc', cursorInvalid),
    row(`cursor=${Buffer.alloc(32).toString('base64url')}`, cursorInvalid),
    row('cursor=%F0%9F%92%A9', cursorInvalid),
  ];
}

/** Keys that open nothing, for a route that wants one. */
export function hostileKeys(method: string, path: string, titleKey: string): HostileRow[] {
  const refused = { status: 401, code: 'unauthenticated' } as const;
  const row = (what: string, authorization: string): HostileRow => ({
    what: `${method} ${path}: ${what}`,
    method,
    path,
    as: 'nobody',
    headers: { authorization },
    ...refused,
  });
  const damaged = `${titleKey.slice(0, -1)}${titleKey.endsWith('0') ? '1' : '0'}`;
  return [
    { what: `${method} ${path}: no key`, method, path, as: 'nobody', ...refused },
    {
      what: `${method} ${path}: the key in the query`,
      method,
      path: `${path}?key=${titleKey}`,
      as: 'nobody',
      ...refused,
    },
    row('no token', 'Bearer'),
    row('the right id with a wrong secret', `Bearer ${damaged}`),
    row('the right secret with a wrong id', `Bearer vx_live_${'0'.repeat(32)}_${titleKey.slice(-64)}`),
    row('the key without its secret', `Bearer ${titleKey.slice(0, -65)}`),
    row('the key in upper case', `Bearer ${titleKey.toUpperCase()}`),
    row('the key twice', `Bearer ${titleKey} ${titleKey}`),
    row('another scheme', `Basic ${Buffer.from(`key:${titleKey}`).toString('base64')}`),
    row('the key alone', titleKey),
    row(
      'an unsigned JWT',
      `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.` +
        `${Buffer.from('{"sub":"ann"}').toString('base64url')}.`,
    ),
    row('a quote from SQL', `Bearer vx_live_' or 1=1 --`),
    row('7 000 characters', `Bearer ${'a'.repeat(7_000)}`),
  ];
}
