import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VeltrixError } from '../errors.js';
import { deepestJson, parseStrictJson } from './strict-json.js';

function parse(text: string): unknown {
  return parseStrictJson(Buffer.from(text, 'utf8'));
}

/** What the parser makes of a text: the value, or the word that it was refused. */
function outcome(read: (text: string) => unknown, text: string): unknown {
  try {
    return { value: read(text) };
  } catch (error) {
    if (error instanceof VeltrixError) expect(error.code).toBe('malformed-json');
    else expect(error).toBeInstanceOf(SyntaxError);
    return 'refused';
  }
}

/** JSON text of a value with white space and escapes wherever they may stand, as JSON.stringify never writes it. */
function spelledOut(value: unknown): fc.Arbitrary<string> {
  const gap = fc.constantFrom('', ' ', '\n', '\t\r ');
  const escaped = (text: string): string =>
    Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
  const string = (text: string) => fc.boolean().map((escape) => (escape ? `"${escaped(text)}"` : JSON.stringify(text)));
  const spell = (part: unknown): fc.Arbitrary<string> => {
    if (typeof part === 'string') return string(part);
    if (typeof part !== 'object' || part === null) return fc.constant(JSON.stringify(part));
    const members = Array.isArray(part)
      ? part.map((element: unknown) => spell(element))
      : Object.entries(part).map(([key, member]) =>
          fc.tuple(string(key), gap, spell(member)).map(([name, space, text]) => `${name}${space}:${space}${text}`),
        );
    const [begin, end] = Array.isArray(part) ? '[]' : '{}';
    return fc
      .tuple(gap, ...members)
      .map(([space, ...texts]) => `${begin}${space}${texts.join(`${space},${space}`)}${space}${end}`);
  };
  return spell(value);
}

const harmlessKey = fc
  .string({ unit: 'binary' })
  .filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key) && !key.includes('\0'));
const harmless = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(harmlessKey, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('the strict parser', () => {
  test('reads what JSON.parse reads, however it is spelled', () => {
    fc.assert(
      fc.property(harmless.chain(spelledOut), (text) => expect(parse(text)).toEqual(JSON.parse(text))),
      { numRuns: 1_000 },
    );
  });

  test('refuses every text that JSON.parse refuses, after any damage to a document', () => {
    const damaged = fc
      .tuple(
        harmless.chain(spelledOut),
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '\\', '1', 'x', '\u0001', '\ufeff', '//'),
      )
      .map(([text, at, cut, insert]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert + text.slice(place + cut);
      });
    let refusedByBoth = 0;
    fc.assert(
      fc.property(damaged, (text) => {
        const lax = outcome((json) => JSON.parse(json) as unknown, Buffer.from(text, 'utf8').toString('utf8'));
        const strict = outcome(parse, text);
        if (strict !== 'refused') expect(strict).toEqual(lax);
        if (lax === 'refused') {
          expect(strict).toBe('refused');
          refusedByBoth++;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refusedByBoth).toBeGreaterThan(300);
  });

  test('finds a key that is there twice, wherever it is and however it is spelled', () => {
    const doubled = fc
      .tuple(harmlessKey, fc.array(harmless, { maxLength: 3 }), fc.nat({ max: 10 }))
      .chain(([key, values, depth]) => {
        const member = spelledOut({ [key]: 1 }).map((text) => text.trim().slice(1, -1));
        return fc.tuple(member, member).map(([first, second]) => {
          const between = values.map((value, i) => `"${key.length + i}-other":${JSON.stringify(value)},`).join('');
          return `${'[{"a":'.repeat(depth)}{${first},${between}${second}}${'}]'.repeat(depth)}`;
        });
      });
    fc.assert(
      fc.property(doubled, (text) => {
        expect(() => JSON.parse(text) as unknown).not.toThrow();
        expect(outcome(parse, text)).toBe('refused');
      }),
    );
  });

  test('allows the same key in two objects', () => {
    expect(parse('[{"a":{"a":1}},{"a":[{"a":2}]}]')).toEqual([{ a: { a: 1 } }, { a: [{ a: 2 }] }]);
  });

  test.each([
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['a Latin-1 byte', Buffer.from([0x22, 0xe9, 0x22])],
    ['an overlong sequence', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['nothing', Buffer.alloc(0)],
    ['two documents', Buffer.from('{} {}')],
    ['__proto__', Buffer.from('{"__proto__":{}}')],
    ['an escaped __proto__', Buffer.from('{"\\u005f_proto__":{}}')],
    ['constructor', Buffer.from('[{"constructor":1}]')],
    ['a lone high surrogate', Buffer.from('"\\ud83d"')],
    ['a lone low surrogate as a key', Buffer.from('{"\\uDE00":1}')],
    ['U+0000', Buffer.from('{"a":"x\\u0000"}')],
    ['a number beyond all measure', Buffer.from('[1e309]')],
    ['an integer that cannot be exact', Buffer.from('{"a":9007199254740993}')],
    ['a fraction of more digits than a double has', Buffer.from('{"a":0.1234567890123456789}')],
    ['a fraction that a double rounds', Buffer.from('[0.1000000000000000055]')],
    ['an integer with a point that a double rounds', Buffer.from('[9007199254740993.0]')],
    ['a number that a double takes for nothing', Buffer.from('[1e-400]')],
    ['a number of many digits', Buffer.from(`[1${'0'.repeat(60_000)}1]`)],
    ['a fraction of many digits', Buffer.from(`[0.1${'0'.repeat(60_000)}1]`)],
    ['one level too many', Buffer.from('['.repeat(deepestJson + 1) + ']'.repeat(deepestJson + 1))],
    ['a hundred thousand levels', Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))],
  ])('refuses %s', (_what, bytes) => {
    expect(() => parseStrictJson(bytes)).toThrow(VeltrixError);
  });

  test.each([
    '"\\ud83d\\ude00"',
    '{"constructors":1}',
    '"__proto__"',
    '9007199254740991',
    '0.30000000000000004',
    '1.50',
    '100e-2',
    '1.7976931348623157e308',
    '5E-324',
    '-0.0',
    '['.repeat(deepestJson) + ']'.repeat(deepestJson),
    'null',
    '-0',
  ])('accepts %s', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });
});
