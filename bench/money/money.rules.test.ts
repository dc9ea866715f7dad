import { expect, test } from '@jest/globals';
import type { Summary } from '../report/summary.rules.js';
import { halfOfMost, sharesOf, withoutProvider } from './money.rules.js';

const cpu = {
  driver: 1,
  API: 2,
  worker: 4,
  'worker of the usual way': 0,
  'inside the request': 0,
  simulator: 2,
  PostgreSQL: 1,
  Temporal: 0,
};

function completion(way: Summary['way'], tradesPerSecond: number): Summary {
  return { way, tradesPerSecond, cpu } as Summary;
}

test('half of the most is of the purchases of Veltrix alone, and never nothing', () => {
  expect(halfOfMost([completion('money', 3), completion('money', 101), completion('usual-purchase', 900)])).toBe(51);
  expect(halfOfMost([completion('money', 0.4)])).toBe(1);
});

test('the shares of a purchase name who takes any, and come to one', () => {
  const shares = sharesOf(cpu);
  expect(shares.map(([name]) => name)).toEqual(['driver', 'API', 'worker', 'simulator', 'PostgreSQL']);
  expect(shares.find(([name]) => name === 'worker')?.[1]).toBe(0.4);
  expect(shares.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1);
});

test('without the provider a purchase costs neither the simulator nor the client', () => {
  expect(withoutProvider(cpu, 1.5)).toBe(6.5);
});
