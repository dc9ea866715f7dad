import { expect, test } from '@jest/globals';
import { isFlat, type MemorySample } from './memory.rules.js';

const samples = (api: (n: number) => number): MemorySample[] =>
  Array.from({ length: 100 }, (_, n) => ({ settled: n, API: api(n), worker: 1 }));

test('memory that grows in the beginning and then rises and falls is flat', () => {
  expect(
    isFlat(
      samples((n) => (n < 15 ? 50 + n : 100 + (n % 7))),
      'API',
    ),
  ).toBe(true);
});

test('memory that grows with every trade is not flat', () => {
  const growing = samples((n) => 100 + n / 2);
  expect([isFlat(growing, 'API'), isFlat(growing, 'worker')]).toEqual([false, true]);
});
