/** What client, workflow and activities of the usual way agree on. It imports nothing. */

/** A trade as its workflow gets it. */
export interface UsualTrade {
  title: string;
  key: string;
  a: string;
  b: string;
  /** `ins_…` */
  item: string;
  /** A decimal string of minor units. */
  price: string;
}

/** What was refused, or nothing. */
export type Refusal = { code: string; detail: string } | null;

/** The five steps, and the undo of the second. Each is one call of the service that Veltrix itself calls. */
export interface UsualActivities {
  /** @returns `trd_…` */
  recordTrade(trade: UsualTrade): Promise<string>;
  holdItem(id: string, trade: UsualTrade): Promise<Refusal>;
  transferGold(id: string, trade: UsualTrade): Promise<Refusal>;
  moveItem(id: string, title: string): Promise<void>;
  closeTrade(id: string, refusal: Refusal): Promise<void>;
  releaseItem(id: string, title: string, refusal: NonNullable<Refusal>): Promise<void>;
}

/** A purchase in real money as its workflow gets it. */
export interface UsualPurchase {
  title: string;
  key: string;
  player: string;
  /** A decimal string of minor units. */
  price: string;
}

/** Its five steps: three calls of the payment provider, and what Veltrix books and mints for the same purchase. */
export interface UsualPurchaseActivities {
  /** @returns the provider's id of the payment */
  createIntent(purchase: UsualPurchase): Promise<string>;
  confirmIntent(purchase: UsualPurchase, reference: string): Promise<void>;
  captureIntent(purchase: UsualPurchase, reference: string): Promise<void>;
  bookPurchase(purchase: UsualPurchase): Promise<void>;
  grantItem(purchase: UsualPurchase): Promise<void>;
}

export const usualTaskQueue = 'usual-way';
export const usualTradeWorkflow = 'usualTrade';
export const usualPurchaseWorkflow = 'usualPurchase';
