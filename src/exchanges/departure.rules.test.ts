import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { departsNow, maxUnderWay, patienceMs } from './departure.rules.js';

const size = fc.integer({ min: 1, max: 256 });
const waitedMs = fc.nat(100_000);
const lastTookMs = fc.nat(60_000);

describe('a convoy', () => {
  test('waits for nobody where nothing is under way', () => {
    fc.assert(
      fc.property(size, waitedMs, lastTookMs, (some, waited, took) =>
        departsNow({ underWay: 0, size: some, full: false, waitedMs: waited, lastTookMs: took }),
      ),
    );
  });

  test('never departs where as many are under way as may be', () => {
    fc.assert(
      fc.property(
        size,
        waitedMs,
        lastTookMs,
        (some, waited, took) =>
          !departsNow({ underWay: maxUnderWay, size: some, full: false, waitedMs: waited, lastTookMs: took }),
      ),
    );
  });

  test('that is full departs beside all others but the last', () => {
    for (let underWay = 0; underWay < maxUnderWay; underWay++)
      expect(departsNow({ underWay, size: 3, full: true, waitedMs: 0, lastTookMs: 60_000 })).toBe(true);
  });

  test('that is small waits beside another, and no longer than the last one took, nor than a second', () => {
    const small = { underWay: 1, size: 3, full: false };
    expect(departsNow({ ...small, waitedMs: 119, lastTookMs: 120 })).toBe(false);
    expect(departsNow({ ...small, waitedMs: 120, lastTookMs: 120 })).toBe(true);
    expect(departsNow({ ...small, waitedMs: 1_000, lastTookMs: 30_000 })).toBe(true);
    expect(patienceMs(0)).toBeGreaterThan(0);
  });

  test('that departs would depart as well if it were larger, or had waited longer, or fewer were under way', () => {
    const departure = fc.record({ underWay: fc.nat(maxUnderWay), size, full: fc.boolean(), waitedMs, lastTookMs });
    fc.assert(
      fc.property(departure, fc.nat(50), fc.nat(1_000), fc.nat(3), (one, more, longer, fewer) => {
        if (!departsNow(one)) return true;
        return departsNow({
          ...one,
          size: one.size + more,
          waitedMs: one.waitedMs + longer,
          underWay: Math.max(one.underWay - fewer, 0),
        });
      }),
    );
  });
});
