import { expect, test } from '@jest/globals';
import type { Arrived, BesideReport } from '../driver/orders.js';
import { faultsOf, timesBefore, type HeldRuns } from './held-row.rules.js';

const arrived = (p99: number, failed: Record<string, number> = {}): Arrived => ({
  ...{ sent: 100, accepted: 100, failed },
  ...{ p50: p99 / 2, p99 },
});

const report = (p99: number, change: Partial<BesideReport> = {}): BesideReport => ({
  ...{ transfers: arrived(p99), accepted: arrived(p99), settled: arrived(p99), needing: arrived(9_000, { '503': 7 }) },
  ...change,
});

const run = (...held: BesideReport[]): HeldRuns => ({
  row: 'the account',
  parts: { before: [report(9), report(10), report(90)], held, after: [report(15)] },
});

test('up to twice the p99 of before while a row is held is good, whatever becomes of what needs the row', () => {
  expect(faultsOf(run(report(20)))).toEqual([]);
  expect(timesBefore(run(report(20)), 'after', 'settled')).toBe(1.5);
});

test('one run of several that was slow is not what counts', () => {
  expect(faultsOf(run(report(20), report(99), report(11)))).toEqual([]);
});

test('what takes longer is told, and so is what fails in any part', () => {
  expect(faultsOf(run(report(20, { settled: arrived(21) })))).toEqual([
    'the account: the p99 of a trade settled is 2.10 times that of before',
  ]);
  expect(faultsOf(run(report(20, { transfers: arrived(20, { '503': 3 }) })))).toEqual([
    'the account, held: a transfer has failed 3 times: 503',
  ]);
});

test('what was never accepted is not taken for fast', () => {
  expect(faultsOf(run(report(20, { accepted: arrived(Number.NaN) })))).toEqual([
    'the account: the p99 of a trade accepted is NaN times that of before',
  ]);
});
