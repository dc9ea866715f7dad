import type { NewDeal, StoredDeal } from '../exchanges/deals.types.js';

/** What one party gives. Amounts are decimal strings of minor units, which is how they are stored and travel. */
export interface Gives {
  amounts: { asset: string; amount: string }[];
  /** `ins_…` */
  items: string[];
}

/** One side of a trade. */
export interface Party {
  /** The title's own id of the player. */
  player: string;
  gives: Gives;
}

/** A trade always has two sides. */
export type Parties = readonly [Party, Party];

/** What a trade says beside what all deals say. */
export interface TradeTerms {
  parties: Parties;
  reference: string | null;
}

/** A trade as its row says. Its id is `trd_…`. */
export type Trade = StoredDeal<TradeTerms>;

/** A trade to be accepted. */
export type NewTrade = NewDeal<TradeTerms>;
