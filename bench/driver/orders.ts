import type { Holding } from './deck.js';

/** The three ways to carry a trade that are compared. */
export const ways = ['convoys', 'usual-way', 'bare-sql'] as const;

/**
 * What is bought, beside the trades: one of many products of amounts, one of many with a minted instance, and one
 * product of amounts that everybody buys.
 */
export const purchaseWays = ['amounts', 'minted', 'one-product'] as const;
export type PurchaseWayName = (typeof purchaseWays)[number];

/** The ways to carry a purchase in real money: convoys, and one workflow with an activity for each step. */
export const moneyWays = ['money', 'usual-purchase'] as const;
export type MoneyWayName = (typeof moneyWays)[number];
export type WayName = (typeof ways)[number] | PurchaseWayName | MoneyWayName;

/** Whether a way carries purchases, which need a buyer and nothing else. */
export function hasBuyers(way: WayName): boolean {
  return [...purchaseWays, ...moneyWays].some((one) => one === way);
}

export function isMoneyWay(way: WayName): way is MoneyWayName {
  return moneyWays.some((one) => one === way);
}

/** One run, as the harness orders it from the driver. */
export interface RunOrder {
  way: WayName;
  /** How many trades are under way at every moment. */
  inFlight: number;
  /** How long is measured, after a ramp. */
  seconds: number;
  /** Ends the run after so many trades, whatever the time; for long runs. */
  trades?: number;
  /** 20 % of the trades touch one account. */
  hot: boolean;
  /** Measures the acceptance alone, one now and then, on a machine that is otherwise idle. */
  acceptOnly: boolean;
  players: number;
  /** Makes the keys of this run different from those of all others. */
  keyPrefix: string;
  holdings: Holding[];
}

/** Where the driver finds what it drives. */
export interface DriverTargets {
  apiUrl: string;
  apiKey: string;
  temporalAddress: string;
  bareUrl: string;
  title: string;
  /** The service that calls the payment provider inside the request, where there is one. */
  insideUrl?: string;
}

/** The two designs that a purchase in real money is sent to. */
export const designs = ['veltrix', 'inside-the-request'] as const;
export type DesignName = (typeof designs)[number];

/** One run in which requests come at their own pace, whatever becomes of those before them. */
export interface ArrivalOrder {
  design: DesignName;
  /** Purchases that arrive in a second. */
  perSecond: number;
  /** How long is measured, after a ramp. */
  seconds: number;
  /** Whether a bystander waits for the end of their trade, or for its acceptance alone. */
  bystandersSettle: boolean;
  players: number;
  keyPrefix: string;
  holdings: Holding[];
}

/** What became of requests that came at their own pace. Times are milliseconds of those that were accepted. */
export interface Arrived {
  sent: number;
  accepted: number;
  /** Those that were not, by why. */
  failed: Record<string, number>;
  p50: number;
  p99: number;
}

/** What the driver has seen of them: those that came while it measured, and how many were accepted in the whole run. */
export interface ArrivalReport {
  purchases: Arrived;
  bystanders: Arrived;
  acceptedInAll: number;
}

/** One part of a run in which transfers and trades come at their own pace, beside a row that somebody may hold. */
export interface BesideOrder {
  /** What needs the row: the gold of the first player, or this item of theirs; nothing where nobody holds a row. */
  needing: 'nothing' | 'account' | { item: string };
  /** How long is measured, after a ramp. */
  seconds: number;
  players: number;
  keyPrefix: string;
  /** Items that no other part of the run trades, and that the first player does not have. */
  holdings: Holding[];
}

/** What became of transfers and trades that do not need the row, and of all that do. */
export interface BesideReport {
  transfers: Arrived;
  /** Trades until they were accepted. */
  accepted: Arrived;
  /** Other trades, until they were settled. */
  settled: Arrived;
  needing: Arrived;
}

/** What the driver has seen in one run. Times are in milliseconds. */
export interface DriverReport {
  /** Trades that were acknowledged, with 202 or their outcome, in the whole run. */
  acknowledged: number;
  /** Trades of which the driver was told that they are settled. */
  settled: number;
  /** Trades that have ended otherwise, by state and reason. */
  otherwise: Record<string, number>;
  /** Requests that were sent again, by what had come instead of an answer, for example `429`. */
  repeated: Record<string, number>;
  /** The measured part: after the ramp and before the last trades come in. */
  window: { milliseconds: number; settled: number; p50: number; p99: number };
}

/** What the driver tells the harness while it runs. */
export type DriverNews =
  | { news: 'ready' }
  | { news: 'window-begins' }
  | { news: 'window-ends' }
  | { news: 'progress'; settled: number }
  | { news: 'done'; report: DriverReport }
  | { news: 'arrived'; report: ArrivalReport }
  | { news: 'beside'; report: BesideReport }
  | { news: 'failed'; reason: string };
