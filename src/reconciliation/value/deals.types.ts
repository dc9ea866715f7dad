/** An amount that one owner gives another. */
export interface Leg {
  from: string;
  to: string;
  asset: string;
  amount: bigint;
}

/** An instance that changes its owner, or that is minted where it comes from nobody. */
export interface Handover {
  /** `ins_…` */
  instance: string;
  from: string | null;
  to: string;
  /** What is booked in its place where the hold says that it is missing. */
  instead?: Leg;
}

/** What a deal ought to have moved once it is done. */
export interface Ought {
  legs: Leg[];
  handovers: Handover[];
  /** What was paid for it in real money, by whom; null where nothing was. */
  paid: { player: string; currency: string; amount: bigint } | null;
  /** Whose place `system:fees` may have taken in a leg; null where it takes nobody's. */
  sparedPlayer: string | null;
}

/** A row of a deal, and of what is said of it while it is open. */
export interface DealRow {
  id: string;
  title: string;
  state: string;
  created_at: Date;
  closed_at: Date | null;
  started_at: Date | null;
  waits_until: Date | null;
  /** Whether the run is about this row. */
  seen: boolean;
  /** What the kind says of its deals, by the names of its columns. */
  terms: Record<string, unknown>;
}

/** A kind of deal, as its table says it. */
export interface DealTable {
  /** The name of the check. */
  name: 'trades' | 'purchases' | 'refunds';
  /** The three letters before the underscore of its ids. */
  prefix: string;
  /** The state of a deal that is done. */
  done: string;
  /** The columns that say what it ought to move. */
  columns: readonly string[];
  oughtOf(terms: Record<string, unknown>): Ought;
}

/** What the ledger has of a deal. */
export interface Booked {
  outcome: { state: string; transfer: string | null } | null;
  transfers: { id: string; entries: Entry[] }[];
}

/** What was added to an account, or taken from it. */
export interface Entry {
  leg: number;
  owner: string;
  asset: string;
  amount: bigint;
}

/** What the inventory has of a deal. */
export interface Handed {
  hold: { state: string; missing: string[] } | null;
  /** The mints and moves of its instances that name the deal as their cause. */
  movements: HandedOver[];
}

export interface HandedOver {
  instance: string;
  kind: 'mint' | 'move';
  from: string | null;
  to: string;
}

/** The items of instances, by `ins_…`. */
export type ItemsOf = ReadonlyMap<string, string>;

/** What is to be known of a deal that another record names. */
export interface DealState {
  title: string;
  isOpen: boolean;
  isDone: boolean;
  paid: Ought['paid'];
}
