import { expect, it } from '@jest/globals';
import { propertiesProblem } from './properties.rules.js';

/** The longest text that fits beside its name in 4096 bytes: {"a":"…"} adds eight. */
const longest = 4096 - 8;

const good: [string, unknown][] = [
  ['nothing', {}],
  ['every kind of scalar', { text: 'Zażółć 🗡', level: 3, wear: 0.25, bound: true, maker: null }],
  ['a name of 64 characters', { ['a'.repeat(64)]: 1 }],
  ['exactly 4096 bytes', { a: 'x'.repeat(longest) }],
  ['the greatest safe integer', { n: Number.MAX_SAFE_INTEGER }],
];

it.each(good)('%s can be the properties of an instance', (_, value) => {
  expect(propertiesProblem(value)).toBeUndefined();
});

const bad: [string, unknown, RegExp][] = [
  ['null', null, /object/],
  ['a list', [], /object/],
  ['text', 'a', /object/],
  ['a nested object', { a: {} }, /The property a/],
  ['a nested list', { a: [1] }, /The property a/],
  ['an undefined value', { a: undefined }, /The property a/],
  ['NaN', { a: Number.NaN }, /The property a/],
  ['an infinite number', { a: Infinity }, /The property a/],
  ['an integer that a double does not hold', { a: 2 ** 53 }, /The property a/],
  ['a NUL', { a: 'x\u0000' }, /The property a/],
  ['a lone surrogate', { a: '\ud800' }, /The property a/],
  ['an empty name', { '': 1 }, /The name/],
  ['a name with a space', { 'a b': 1 }, /The name/],
  ['a name with a line break', { 'a\n': 1 }, /The name/],
  ['a name of 65 characters', { ['a'.repeat(65)]: 1 }, /The name/],
  ['4097 bytes', { a: 'x'.repeat(longest + 1) }, /4096 bytes/],
  ['few characters that are many bytes', { a: 'ż'.repeat(longest / 2 + 1) }, /4096 bytes/],
];

it.each(bad)('%s cannot be the properties of an instance', (_, value, problem) => {
  expect(propertiesProblem(value)).toMatch(problem);
});
