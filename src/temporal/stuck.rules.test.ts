import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterFailure, hangsAfterMs } from './stuck.rules.js';

const pace = { firstMs: 200, coefficient: 2, maxMs: 10_000 };
const stuckAfterMs = 30_000;

describe('a run', () => {
  test('is told that it is stuck by the first failure after the bound, and by none before', () => {
    expect(afterFailure({ failedForMs: 30_000, stuckAfterMs, attempt: 2, pace })).toEqual({ tell: 'stuck' });
    expect(afterFailure({ failedForMs: 29_999, stuckAfterMs, attempt: 9, pace })).toEqual({
      tell: 'failed',
      nextRetryMs: 1,
    });
  });

  test('is not told so by the only attempt, however late it came', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000_000),
        (failedForMs) => afterFailure({ failedForMs, stuckAfterMs, attempt: 1, pace }).tell === 'failed',
      ),
    );
  });

  test('is told within the bound, whatever the pace, where every attempt fails at once', () => {
    const anyPace = fc.record({
      firstMs: fc.integer({ min: 1, max: 60_000 }),
      coefficient: fc.constantFrom(1, 1.5, 2),
      maxMs: fc.integer({ min: 1, max: 600_000 }),
    });
    fc.assert(
      fc.property(anyPace, fc.integer({ min: 1, max: 120_000 }), (some, bound) => {
        let failedForMs = 0;
        for (let attempt = 1; ; attempt++) {
          const after = afterFailure({ failedForMs, stuckAfterMs: bound, attempt, pace: some });
          if (after.tell === 'stuck') return failedForMs === bound;
          failedForMs += after.nextRetryMs ?? Math.min(some.firstMs * some.coefficient ** (attempt - 1), some.maxMs);
          if (failedForMs > bound) return false;
        }
      }),
    );
  });
});

describe('an attempt', () => {
  test('that is the first may take its time; a later one hangs at the bound, or a while later if that is past', () => {
    expect(hangsAfterMs({ failedForMs: 0, stuckAfterMs, attempt: 1 })).toBeUndefined();
    expect(hangsAfterMs({ failedForMs: 10_000, stuckAfterMs, attempt: 2 })).toBe(20_000);
    expect(hangsAfterMs({ failedForMs: 30_200, stuckAfterMs, attempt: 2 })).toBe(5_000);
  });
});
