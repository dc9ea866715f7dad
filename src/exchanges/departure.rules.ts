import type { Exchange } from '../../contracts/nouns.js';

/*
 * When a convoy departs. A run costs the same whatever it carries, so while others are under way one that is small
 * waits for company. It does not wait for longer than the last one took: by then one of them has probably come back.
 */

/** How many convoys of a process are under way at once. */
export const maxUnderWay = 4;

/** For each that is under way, the next must carry so many exchanges to go at once. */
const worthEach = 80;

const minPatienceMs = 50;
const maxPatienceMs = 1_000;

/** How long the first in the line waits for company at most, from how long the last convoy took. */
export function patienceMs(lastTookMs: number): number {
  return Math.min(Math.max(lastTookMs, minPatienceMs), maxPatienceMs);
}

/** The first convoy in the line, and what is under way before it. */
export interface Departure {
  underWay: number;
  size: number;
  /** Whether it can take nobody along any more. */
  full: boolean;
  waitedMs: number;
  lastTookMs: number;
}

/** Whether it goes now: at once where nothing is under way, and never beyond the most that may be. */
export function departsNow({ underWay, size, full, waitedMs, lastTookMs }: Departure): boolean {
  if (underWay >= maxUnderWay) return false;
  return underWay === 0 || full || size >= worthEach * underWay || waitedMs >= patienceMs(lastTookMs);
}

/** The lane of an exchange with a payment, which is that of its account. Without one there is no lane of its own. */
export function laneOf({ title, payment }: Exchange): string | undefined {
  return payment && `${payment.provider}/${title}`;
}
