/** An asset with the account of its mint, which is missing where nothing was ever minted. */
export interface MintedAsset {
  title: string;
  asset: string;
  account: string | null;
}

/** What some entries of a mint come to, by what has moved them. Amounts are decimal strings above 0. */
export interface MintMoved {
  /** The day of UTC. */
  day: string;
  flow: 'faucet' | 'sink';
  reason: string;
  /** What has moved it, in a word of which there are few. */
  by: string;
  /** Whether it is of before the cut. */
  isOld: boolean;
  amount: string;
}

/** What is kept of a day. */
export type MintTotal = Pick<MintMoved, 'day' | 'flow' | 'reason' | 'amount'>;

export interface MintSlice {
  seen: number;
  /** The version of the last entry; null where there is none. */
  version: string | null;
  moved: MintMoved[];
  totals: MintTotal[];
}
