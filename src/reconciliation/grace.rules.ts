const minuteMs = 60_000;

/** For how long records may disagree because something is under way, in milliseconds. */
export const grace = {
  /** A saga, from the moment from which it can go on. It is long done, or in the list of sagas that are stuck. */
  sagaMs: 15 * minuteMs,
  /** What the provider has done, until the books say it. */
  providerMs: 15 * minuteMs,
  /** The fee of a capture, which providers tell later. */
  feeMs: 24 * 60 * minuteMs,
  /** What is due is usually taken within so long, so nothing is said of it before. */
  dueMs: minuteMs,
  /** Something that a provider has told, until it is looked at. */
  inboxMs: 15 * minuteMs,
  /** How long before its end an authorisation counts as near it. */
  expiryMs: 24 * 60 * minuteMs,
} as const;
