import type { DrawnTrade } from './deck.js';

/** What became of a trade: `settled`, or the state and the reason it has ended with, or `open`. */
export interface TradeEnd {
  state: string;
}

/** One way to carry a trade. */
export interface Way {
  /** Carries a trade to its end. @throws Error where that cannot be known */
  settle(trade: DrawnTrade): Promise<TradeEnd>;
  /** Only has it accepted. Ways that know no such moment lack it. */
  accept?(trade: DrawnTrade): Promise<void>;
  /** Requests that were sent again, by why. */
  readonly repeated: Record<string, number>;
  close(): Promise<void>;
}
