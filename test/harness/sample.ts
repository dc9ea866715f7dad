/**
 * What a run tries of a set that takes too long for every run. One seed is drawn for all suites of a run, so that what
 * one of them leaves out another one tries. `VELTRIX_TEST_SEED` gives it, and `VELTRIX_TEST_ALL=1` has all be tried.
 */
export const tryAll = process.env['VELTRIX_TEST_ALL'] === '1';

const seed = Number(process.env['VELTRIX_TEST_SEED'] ?? process.env['VELTRIX_TEST_DRAWN_SEED'] ?? 0);

/** Says which sample a suite tries. */
export function tellSample(): void {
  console.log(tryAll ? 'VELTRIX_TEST_ALL=1' : `VELTRIX_TEST_SEED=${seed}`);
}

/** Of two ways to try the one at a place of a set, which one this run takes. The next seed takes the other one. */
export function wayAt(place: number): 0 | 1 {
  return (place + seed) % 2 === 0 ? 0 : 1;
}
