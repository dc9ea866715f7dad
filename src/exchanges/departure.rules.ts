import type { Exchange } from '../../contracts/nouns.js';

/*
 * When a convoy departs. A run costs much the same for one exchange as for many. So a small convoy waits for more
 * exchanges while other convoys are under way. It does not wait for longer than the last convoy took, because one of
 * the others has probably ended by then. A convoy of an account waits for its provider most of the time, and costs
 * nothing meanwhile. So more of them may be under way, and the next one waits for a part of what the last one took.
 */

/** The pace of a lane: how many of its convoys are under way at once, and how long the next one waits for company. */
export interface Pace {
  maxUnderWay: number;
  /** The part of the time that the last convoy took. */
  partOfLast: number;
  maxPatienceMs: number;
  /** How long a convoy of a few counts as under way. */
  fewCountMs: number;
}

/** The pace of the exchanges without a payment, and of those of an account at a provider. */
export const paces = {
  shared: { maxUnderWay: 4, partOfLast: 1, maxPatienceMs: 1_000, fewCountMs: 1_000 },
  account: { maxUnderWay: 12, partOfLast: 1 / 4, maxPatienceMs: 250, fewCountMs: 30_000 },
} satisfies Record<string, Pace>;

/** How many exchanges the next convoy must have for each convoy under way, to depart without waiting. */
const worthEach = 80;

const minPatienceMs = 50;

/** How many exchanges are a few: all of them may well need a row that somebody holds, and then nobody leaves. */
const few = 8;

const manyCountMs = 30_000;

/**
 * How long a convoy of this size counts as under way. One that takes longer has probably met an outage, or a row that
 * somebody holds. It goes on by itself, and must not keep the next convoys from being tried. What asks a provider may
 * take long without either.
 */
export function countsMs({ fewCountMs }: Pace, size: number): number {
  return size <= few ? fewCountMs : manyCountMs;
}

/**
 * How long the first convoy in the line waits for more exchanges at most.
 * @param lastTookMs how long the last convoy took
 */
export function patienceMs({ partOfLast, maxPatienceMs }: Pace, lastTookMs: number): number {
  return Math.min(Math.max(lastTookMs * partOfLast, minPatienceMs), maxPatienceMs);
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

/** Whether the convoy departs now. It does so at once where no other is under way, and never beyond the most. */
export function departsNow(pace: Pace, { underWay, size, full, waitedMs, lastTookMs }: Departure): boolean {
  if (underWay >= pace.maxUnderWay) return false;
  return underWay === 0 || full || size >= worthEach * underWay || waitedMs >= patienceMs(pace, lastTookMs);
}

/** The lane of an exchange that asks a provider: its account. Undefined for the lane of all exchanges that ask none. */
export function laneOf({ title, payment, refund }: Exchange): string | undefined {
  const asked = payment ?? refund;
  return asked && `${asked.provider}/${title}`;
}
