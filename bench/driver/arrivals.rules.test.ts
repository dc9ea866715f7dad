import { expect, test } from '@jest/globals';
import { arrivedOf, dueTimes } from './arrivals.rules.js';

test('requests are due evenly, as many as the rate says', () => {
  expect(dueTimes(4, 1_500)).toEqual([0, 250, 500, 750, 1_000, 1_250]);
});

test('a request that fails counts as sent, is told of by its reason, and has no part in the times', () => {
  const arrived = arrivedOf([{ milliseconds: 3 }, { milliseconds: 9_999, failure: '503' }, { milliseconds: 5 }]);
  expect(arrived).toEqual({ sent: 3, accepted: 2, failed: { '503': 1 }, p50: 5, p99: 5 });
});

test('where nothing was accepted there is no time', () => {
  const { accepted, failed, p50 } = arrivedOf([
    { milliseconds: 10_000, failure: 'no answer' },
    { milliseconds: 10_000, failure: 'no answer' },
  ]);
  expect({ accepted, failed, p50 }).toEqual({ accepted: 0, failed: { 'no answer': 2 }, p50: Number.NaN });
});
