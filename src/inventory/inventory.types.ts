import type { Cause, Mint, Move, Owner } from '../../contracts/nouns.js';
import type { Refusal } from '../errors.js';

/** The definition of a unique thing, such as a sword. */
export interface Item {
  code: string;
  name: string;
  /** Whether its instances can be part of a trade. Asked when they are held, never afterwards. */
  tradeable: boolean;
  /** How many instances may ever be minted; null for any number. */
  limit: number | null;
  /** No more instances of a retired item are minted. Those that are there stay as they are. */
  retired: boolean;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** `held` is set aside for an exchange and still belongs to its giver; `burned` is final. */
export type InstanceState = 'owned' | 'held' | 'burned';

/** A flat object; see properties.rules.ts for its bounds. */
export type Properties = Record<string, string | number | boolean | null>;

/** One unique thing. It has one owner at every moment; a burned one keeps the name of its last. */
export interface Instance {
  /** `ins_…` */
  id: string;
  item: string;
  owner: Owner;
  state: InstanceState;
  properties: Properties;
  /** Its number among the instances of a limited item, from 1; null if the item has no limit. */
  serial: number | null;
  /** Counts the movements: 1 is the mint. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export type MovementKind = 'mint' | 'hold' | 'move' | 'release' | 'burn';

/** One change of an instance, immutable. A hold and a release name the same owner twice. */
export interface Movement {
  version: number;
  kind: MovementKind;
  /** Null for a mint. */
  from: Owner | null;
  /** Null for a burn. */
  to: Owner | null;
  /**
   * The id of the exchange for what a saga did; the reason that the caller gave for a burn, and for a mint of theirs.
   */
  cause: string;
  createdAt: Date;
}

/** One element of InventoryService.hold. */
export interface HoldRequest {
  /** The id of the exchange, for example `trd_…`. */
  exchange: string;
  title: string;
  moves: Move[];
  /** Missing where nothing is minted. */
  mints?: Mint[];
}

/** One element of InventoryService.move. */
export interface MoveRequest {
  exchange: string;
  title: string;
}

/** One element of InventoryService.release. The cause is kept if this release is the one that ends the hold. */
export interface ReleaseRequest extends MoveRequest {
  cause: Cause;
}

/** One element of InventoryService.endByHand. */
export interface EndByHandRequest extends MoveRequest {
  /** Whether the ledger has booked the exchange, so that its items are their receivers'. */
  booked: boolean;
}

/** The parts of what is kept for an exchange that never change. */
export interface KeptParts {
  exchange: string;
  title: string;
  /** What is or was held, so it is empty for refused and tombstone. */
  moves: Move[];
  /** What is or was reserved; absent where that is nothing. */
  mints?: Mint[];
  /** The instances that the giver did not have to give when the hold was made; absent where there are none. */
  missing?: string[];
}

/** What is kept for an exchange, for ever. Only `held` can still change, once. */
export type KeptHold = KeptParts &
  ({ state: 'held' | 'moved' | 'ended-by-hand' } | { state: 'refused' | 'tombstone' | 'released'; cause: Cause });

/** One element of InventoryService.mint. Key and fingerprint are those of the request that asked for it. */
export interface MintRequest {
  title: string;
  key: string;
  fingerprint: string;
  /** `ins_…`, new. */
  id: string;
  item: string;
  owner: Owner;
  properties?: Properties;
  reason: string;
}

/** One element of InventoryService.burn. */
export interface BurnRequest {
  title: string;
  key: string;
  fingerprint: string;
  /** `ins_…` */
  instance: string;
  reason: string;
}

/**
 * What a mint or a burn came to. `done` carries the instance as the command left it, however often it is asked.
 * `replayed` says that an earlier call or element decided it.
 */
export type IssueOutcome =
  | { outcome: 'done'; replayed: boolean; instance: Instance }
  | { outcome: 'refused'; replayed: boolean; cause: Refusal };

/** What PUT of an item came to; `unchanged` wrote nothing. */
export interface PutItemOutcome {
  outcome: 'created' | 'updated' | 'unchanged';
  item: Item;
}

/** An instance as the rules see it. */
export interface StoredInstance {
  id: string;
  title: string;
  item: string;
  tradeable: boolean;
  owner: Owner;
  state: InstanceState;
  /** The exchange that holds it, while it is held. */
  heldFor?: string;
  version: number;
}

/** What a list command found after it had its locks. Ids that are not stored are absent. */
export interface Stored {
  instances: ReadonlyMap<string, StoredInstance>;
  holds: ReadonlyMap<string, KeptHold>;
  /** The items that are minted, by `keyInTitle`. */
  items: ReadonlyMap<string, StoredItem>;
}

/** An item as the rules see it. */
export interface StoredItem extends Pick<Item, 'code' | 'limit' | 'retired'> {
  title: string;
  /** How many instances of a limited item there are; 0 for an item without a limit. */
  issued: number;
  /** How many more are reserved by open holds. */
  reserved: number;
}

/** What a list does to the counts of a limited item. */
export interface CountChange {
  title: string;
  item: string;
  issued: number;
  reserved: number;
}

/** An instance that a rule has decided to make: its row, a movement and a fact. */
export interface NewInstance {
  /** `ins_…` */
  id: string;
  title: string;
  item: string;
  owner: Owner;
  properties: Properties;
  serial: number | null;
  /** As in Movement. */
  cause: string;
}

/** One change of an instance that a rule decided: an update of its row, a movement and a fact. */
export interface InstanceChange {
  id: string;
  title: string;
  item: string;
  kind: MovementKind;
  /** The version that the change makes. */
  version: number;
  from: Owner | null;
  to: Owner | null;
  /** As in Movement. */
  cause: string;
}
