import { expect, test } from '@jest/globals';
import { faultKinds, schedule } from './faults.js';

const seconds = 300;
const targets = ['system', 'provider'] as const;
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

test.each(targets)('every kind of fault of the %s comes up once before any comes again', (target) => {
  const all = faultKinds[target];
  for (const seed of seeds) {
    const first = schedule(seed, seconds, target).slice(0, all.length);
    expect(first.map(({ kind }) => kind).sort()).toEqual([...all].sort());
  }
});

test.each(targets)('the faults of the %s fill the time of a run, in the same order for the same seed', (target) => {
  for (const seed of seeds) {
    const faults = schedule(seed, seconds, target);
    const last = faults.reduce((sum, { after }) => sum + after, 0);
    expect(last).toBeLessThan(seconds * 1_000);
    expect(last).toBeGreaterThan((seconds - 3) * 1_000);
    expect(schedule(seed, seconds, target)).toEqual(faults);
  }
});

test('what takes the whole system away comes up half as often as all else', () => {
  const { length } = faultKinds.system;
  const twoRounds = schedule(1, seconds, 'system').slice(0, 2 * (2 * length - 2));
  const times = (kind: string): number => twoRounds.filter((fault) => fault.kind === kind).length;
  expect(times('everything killed, back in random order')).toBe(2);
  expect(times('rows locked')).toBe(4);
});
