import { expect, test } from '@jest/globals';
import type { Summary } from '../report/summary.rules.js';
import type { ArrivalResult } from './arrival-run.js';
import { changesOf, halfOfMost, sharesOf, withoutProvider } from './money.rules.js';

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

function arrival(design: string, outage: string, accepted: number, p50: number, p99: number): ArrivalResult {
  return { design, outage, perSecond: 20, purchases: { sent: 100, accepted, p50, p99 } } as ArrivalResult;
}

test('after stands beside before: the p50 of health, the range of p99, and the errors of an outage', () => {
  const changes = changesOf([
    arrival('veltrix', 'none', 100, 3, 10),
    arrival('veltrix', 'hung', 100, 4, 12),
    arrival('veltrix', 'gone', 98, 3, 9),
    arrival('veltrix', 'temporal-gone', 0, 2, 8),
    arrival('inside-the-request', 'none', 100, 300, 320),
    arrival('inside-the-request', 'hung', 0, Number.NaN, Number.NaN),
    arrival('inside-the-request', 'gone', 50, 5, 6),
  ]);
  expect(changes).toEqual([
    { perSecond: 20, latency: 0.01, p99: { worst: 12, best: 8 }, errors: { before: 0.75, after: 0.01 } },
  ]);
});
