import { expect, test } from '@jest/globals';
import { median, quantile } from './measure.rules.js';

test('a quantile is the value below which that share lies, however the values are ordered', () => {
  const values = Array.from({ length: 100 }, (_, n) => (n * 37) % 100);
  expect([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([
    0, 50, 99, 99,
  ]);
});

test('the median of an even number of values lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
});

test('nothing measured is no figure', () => {
  expect([quantile([], 0.5), median([])]).toEqual([Number.NaN, Number.NaN]);
});
