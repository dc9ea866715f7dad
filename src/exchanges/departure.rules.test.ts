import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { departsNow, paces, patienceMs } from './departure.rules.js';

const { shared, account } = paces;
const pace = fc.constantFrom(shared, account);

const size = fc.integer({ min: 1, max: 256 });
const waitedMs = fc.nat(100_000);
const lastTookMs = fc.nat(60_000);

describe('a convoy', () => {
  test('waits for nobody where nothing is under way', () => {
    fc.assert(
      fc.property(pace, size, waitedMs, lastTookMs, (of, some, waited, took) =>
        departsNow(of, { underWay: 0, size: some, full: false, waitedMs: waited, lastTookMs: took }),
      ),
    );
  });

  test('never departs where as many are under way as may be', () => {
    fc.assert(
      fc.property(
        pace,
        size,
        waitedMs,
        lastTookMs,
        (of, some, waited, took) =>
          !departsNow(of, { underWay: of.maxUnderWay, size: some, full: false, waitedMs: waited, lastTookMs: took }),
      ),
    );
  });

  test('that is full departs beside all others but the last', () => {
    for (let underWay = 0; underWay < shared.maxUnderWay; underWay++)
      expect(departsNow(shared, { underWay, size: 3, full: true, waitedMs: 0, lastTookMs: 60_000 })).toBe(true);
  });

  test('that is small waits beside another, and no longer than the last one took, nor than a second', () => {
    const small = { underWay: 1, size: 3, full: false };
    expect(departsNow(shared, { ...small, waitedMs: 119, lastTookMs: 120 })).toBe(false);
    expect(departsNow(shared, { ...small, waitedMs: 120, lastTookMs: 120 })).toBe(true);
    expect(departsNow(shared, { ...small, waitedMs: 1_000, lastTookMs: 30_000 })).toBe(true);
    expect(patienceMs(shared, 0)).toBeGreaterThan(0);
  });

  test('of an account waits for a part of that beside more others, because providers are waited for', () => {
    const small = { underWay: shared.maxUnderWay, size: 3, full: false };
    expect(departsNow(account, { ...small, waitedMs: 99, lastTookMs: 400 })).toBe(false);
    expect(departsNow(account, { ...small, waitedMs: 100, lastTookMs: 400 })).toBe(true);
    expect(departsNow(account, { ...small, waitedMs: 250, lastTookMs: 30_000 })).toBe(true);
  });

  test('that departs would depart as well if it were larger, or had waited longer, or fewer were under way', () => {
    const departure = fc.record({
      underWay: fc.nat(account.maxUnderWay),
      size,
      full: fc.boolean(),
      waitedMs,
      lastTookMs,
    });
    fc.assert(
      fc.property(pace, departure, fc.nat(50), fc.nat(1_000), fc.nat(3), (of, one, more, longer, fewer) => {
        if (!departsNow(of, one)) return true;
        return departsNow(of, {
          ...one,
          size: one.size + more,
          waitedMs: one.waitedMs + longer,
          underWay: Math.max(one.underWay - fewer, 0),
        });
      }),
    );
  });
});
