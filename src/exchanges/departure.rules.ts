import type { Exchange } from '../../contracts/nouns.js';

/*
 * When a convoy departs. A run costs much the same for one exchange as for many. So a small convoy waits for more
 * exchanges while other convoys are under way. It does not wait for longer than the last convoy took, because one of
 * the others has probably ended by then.
 */

/** How many convoys of one lane are under way at once. */
export const maxUnderWay = 4;

/** How many exchanges the next convoy must have for each convoy under way, to depart without waiting. */
const worthEach = 80;

const minPatienceMs = 50;
const maxPatienceMs = 1_000;

/**
 * How long the first convoy in the line waits for more exchanges at most.
 * @param lastTookMs how long the last convoy took
 */
export function patienceMs(lastTookMs: number): number {
  return Math.min(Math.max(lastTookMs, minPatienceMs), maxPatienceMs);
}

/** The first convoy in the line, and the convoys of its lane that are under way. */
export interface Departure {
  /** How many convoys are under way. */
  underWay: number;
  /** How many seats of the convoy are given. */
  size: number;
  /** Whether the convoy has no room for another exchange. */
  full: boolean;
  /** How long ago the convoy gave its first seat. */
  waitedMs: number;
  /** How long the last convoy took that came back; 0 before there is one. */
  lastTookMs: number;
}

/** Whether the convoy departs now. It does so at once where no other is under way, and never beyond `maxUnderWay`. */
export function departsNow({ underWay, size, full, waitedMs, lastTookMs }: Departure): boolean {
  if (underWay >= maxUnderWay) return false;
  return underWay === 0 || full || size >= worthEach * underWay || waitedMs >= patienceMs(lastTookMs);
}

/** The lane of an exchange that asks a provider: its account. Undefined for the lane of all exchanges that ask none. */
export function laneOf({ title, payment, refund }: Exchange): string | undefined {
  const asked = payment ?? refund;
  return asked && `${asked.provider}/${title}`;
}
