import { invalid, notJson, tooLarge, wrongType, type HostileRow, type Refusal, type WriteRoute } from './rows.js';

/** What no route with a body may accept, whatever the body is about. */
export function hostileBodies(route: WriteRoute): HostileRow[] {
  const { method, path, as } = route;
  const good = JSON.stringify(route.body);
  const inner = good.slice(1, -1);
  const row = (what: string, body: unknown, refusal: Refusal, headers: Record<string, string> = {}): HostileRow => ({
    what: `${method} ${path}: ${what}`,
    method,
    path,
    as,
    headers: { ...route.headers, ...headers },
    body,
    ...refusal,
  });
  const typed = (type: string, body: unknown = good): HostileRow =>
    row(`body of type ${type}`, body, wrongType, { 'content-type': type });
  const firstName = Object.keys(route.body)[0] ?? '';
  return [
    row('empty body', '', notJson),
    row('white space alone', ' \n', notJson),
    row('null', 'null', invalid),
    row('a number', '5', invalid),
    row('a string', '"x"', invalid),
    row('an array', '[]', invalid),
    row('the body in an array', `[${good}]`, invalid),
    row('an object of nothing', '{}', invalid),
    row('a key twice', `{${inner},${inner}}`, notJson),
    row(
      'a key twice, once escaped',
      `{${inner},"\\u${firstName.charCodeAt(0).toString(16).padStart(4, '0')}${firstName.slice(1)}":1}`,
      notJson,
    ),
    row('__proto__', `{${inner},"__proto__":{"admin":true}}`, notJson),
    row('constructor', `{${inner},"constructor":{"prototype":{}}}`, notJson),
    row('a depth of 20 000', `{${inner},"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, notJson),
    row('a depth of 20 000 that never ends', `{${inner},"x":${'{"a":'.repeat(9_000)}`, notJson),
    row('trailing garbage', `${good}x`, notJson),
    row('two documents', `${good}\n${good}`, notJson),
    row('a byte order mark', Buffer.from(`\ufeff${good}`), notJson),
    row('a comment', `/* */${good}`, notJson),
    row('single quotes', good.replaceAll('"', "'"), notJson),
    row('a trailing comma', `{${inner},}`, notJson),
    row('NaN', `{${inner},"x":NaN}`, notJson),
    row('a number beyond all measure', `{${inner},"x":1e309}`, notJson),
    row('U+0000 escaped', `{${inner},"x":"\\u0000"}`, notJson),
    row('U+0000 itself', `{${inner},"x":"\0"}`, notJson),
    row('a lone surrogate', `{${inner},"x":"\\ud800"}`, notJson),
    row(
      'invalid UTF-8',
      Buffer.concat([Buffer.from(`{${inner},"x":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      notJson,
    ),
    row('UTF-16 said to be JSON', Buffer.from(good, 'utf16le'), notJson),
    ...['price', 'state', 'id2', 'createdAt'].map((name) =>
      row(`the unknown property ${name}`, { ...route.body, [name]: 'x' }, invalid),
    ),
    row('65 KB', `{${inner},"x":"${'x'.repeat(65 * 1024)}"}`, tooLarge),
    row('65 KB of white space', good + ' '.repeat(65 * 1024), tooLarge),
    row('2 MB', `{${inner},"x":"${'x'.repeat(2 * 1024 * 1024)}"}`, tooLarge),
    typed('text/plain'),
    typed('application/xml', '<a/>'),
    typed('application/x-www-form-urlencoded', 'a=b'),
    typed('multipart/form-data; boundary=b', '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'),
    typed('application/json; charset=utf-16', Buffer.from(good, 'utf16le')),
    typed('application/json; charset=iso-8859-1'),
    typed('application/problem+json'),
    typed('application/jsonp'),
    typed('*/*'),
    typed('json'),
    { ...row('a query', good, invalid), path: `${path}?dry=true` },
    row('a compressed body', good, wrongType, { 'content-encoding': 'gzip' }),
  ];
}

/** Values that no text of people may have. Text is put in place of the value at a path of the body. */
export const hostileTexts: readonly [what: string, value: unknown][] = [
  ['no text', ''],
  ['a line break', 'a\nb'],
  ['a bell', 'a\u0007'],
  ['a C1 control', 'a\u0085'],
  ['a decomposed letter', 'e\u0301'],
  ['text of 10 000 characters', 'x'.repeat(10_000)],
  ['null', null],
  ['a number', 5],
  ['an array', ['a']],
  ['an object', {}],
];

/** Values that no id of the given form may have. */
export const hostileIds: readonly [what: string, value: unknown][] = [
  ['nothing', ''],
  ['5 000 characters', 'a'.repeat(5_000)],
  ['a Cyrillic look-alike', 'аnn'],
  ['a zero-width space', 'an\u200bn'],
  ['a change of direction', 'an\u202en'],
  ['a decomposed letter', 'ane\u0301'],
  ['full-width letters', 'ａｎｎ'],
  ['a path', '../ann'],
  ['the folder of a path', '.'],
  ['the folder above in a path', '..'],
  ['white space around', ' ann '],
  ['a line break at the end', 'ann\n'],
  ['null', null],
  ['a number', 5],
  ['true', true],
  ['an array of it', ['ann']],
  ['an object', {}],
];
