import { expect, test } from '@jest/globals';
import type { RunResult } from '../run.js';
import { ratiosOf, summarise } from './summary.rules.js';

const cpu = {
  driver: 1,
  API: 1,
  worker: 1,
  'worker of the usual way': 0,
  'inside the request': 0,
  simulator: 0,
  PostgreSQL: 1,
  Temporal: 1,
};

function run(question: Partial<RunResult>, tradesPerSecond: number): RunResult {
  const rest = {
    seconds: 5,
    hot: false,
    acceptOnly: false,
    p50: 1,
    p99: 2,
    cpu,
    cpuOfOthers: 0,
    historyBytes: 0,
    postgresBytes: 0,
    workflows: 0,
    acknowledged: 1,
    settled: 1,
    otherwise: {},
    repeated: {},
    faults: [],
  };
  return { way: 'convoys', inFlight: 16, ...rest, ...question, tradesPerSecond };
}

test('the runs of one question become one line with their median and their range, whatever ran between them', () => {
  const results = [run({}, 30), run({ way: 'bare-sql' }, 7), run({}, 10), run({ hot: true }, 5), run({}, 20)];
  expect(summarise(results)).toMatchObject([
    { way: 'convoys', hot: false, runs: 3, tradesPerSecond: 20, slowest: 10, fastest: 30 },
    { way: 'bare-sql', runs: 1, tradesPerSecond: 7 },
    { way: 'convoys', hot: true, runs: 1, tradesPerSecond: 5 },
  ]);
});

test('what is measured while only accepting is not mixed with what is settled', () => {
  expect(summarise([run({ inFlight: 1, acceptOnly: true }, 13), run({ inFlight: 1 }, 25)])).toHaveLength(2);
});

test('convoys at their most in flight are compared with the best that the other ways can do', () => {
  const results = [
    run({ inFlight: 1 }, 900),
    run({ inFlight: 1_024 }, 600),
    run({ way: 'usual-way', inFlight: 16 }, 4),
    run({ way: 'usual-way', inFlight: 64 }, 6),
    run({ way: 'bare-sql', inFlight: 8 }, 1_000),
    run({ way: 'bare-sql' }, 800),
  ];
  const ratios = ratiosOf(summarise(results));
  expect(ratios.map(({ value }) => value)).toEqual([100, 0.6]);
  expect(ratios[0]?.what).toContain('64 in flight');
});

test('the hot variant is compared with the uniform one at the same number in flight', () => {
  const results = [
    run({ inFlight: 16 }, 100),
    run({ inFlight: 16, hot: true }, 90),
    run({ inFlight: 64 }, 200),
    run({ inFlight: 64, hot: true }, 100),
    run({ inFlight: 1, acceptOnly: true }, 1),
  ];
  expect(ratiosOf(summarise(results)).map(({ value }) => value)).toEqual([0.9, 0.5]);
});

test('purchases in real money are compared at every level with the best of one workflow for each', () => {
  const results = [
    run({ way: 'money', inFlight: 1 }, 2),
    run({ way: 'money', inFlight: 256 }, 160),
    run({ way: 'usual-purchase', inFlight: 1 }, 1),
    run({ way: 'usual-purchase', inFlight: 16 }, 10),
  ];
  expect(ratiosOf(summarise(results)).map(({ value }) => value)).toEqual([0.2, 16]);
});
