import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { invalidity } from './key-validity.rules.js';

const now = 1_800_000_000_000;

test('a key may be used that was not revoked and does not expire, or does later', () => {
  expect(invalidity({ revoked: false, expiresMs: null }, now)).toBeUndefined();
  expect(invalidity({ revoked: false, expiresMs: now + 1 }, now)).toBeUndefined();
  expect(invalidity({ revoked: false, expiresMs: Infinity }, now)).toBeUndefined();
});

test('a key was revoked, or has expired at the very moment', () => {
  expect(invalidity({ revoked: true, expiresMs: null }, now)).toBe('The key was revoked.');
  expect(invalidity({ revoked: false, expiresMs: now }, now)).toBe('The key has expired.');
  expect(invalidity({ revoked: false, expiresMs: -Infinity }, now)).toBe('The key has expired.');
});

test('whatever the database answers beside that, a key is refused', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (revoked, expiresMs) => {
      const valid = revoked === false && (expiresMs === null || (typeof expiresMs === 'number' && expiresMs > now));
      return (invalidity({ revoked, expiresMs }, now) === undefined) === valid;
    }),
    {
      numRuns: 2_000,
      examples: [
        [null, null],
        [undefined, undefined],
        ['f', null],
        [false, undefined],
        [false, NaN],
        [false, '9999999999999'],
        [false, new Date(now + 1)],
      ],
    },
  );
});
