/* What processes agree on: the nouns of the domain and the ids that are made of them. */

/** An owner of value: `player:<id>`, `system:mint|store|fees`, or `system:clearing:<provider>`. */
export type Owner = string;

/**
 * One movement of a fungible amount. The amount is a decimal string of minor units, because payloads carry no bigint.
 */
export interface Leg {
  from: Owner;
  to: Owner;
  asset: string;
  amount: string;
}

/** One item instance that changes its owner. */
export interface Move {
  /** `ins_…` */
  instance: string;
  from: Owner;
  to: Owner;
  /**
   * What is booked in the place of the move where the giver does not have the instance to give any more. The hold
   * decides that, for ever. Without it the exchange is refused then.
   */
  instead?: Leg;
}

/** One item instance that is made. */
export interface Mint {
  /** `ins_…`, new: the deal has chosen it, so that any number of runs make one. */
  instance: string;
  item: string;
  to: Owner;
}

/** Why something was refused or turned back: a stable code of docs/errors.md and a sentence. */
export interface Cause {
  code: string;
  detail: string;
}

/** What a buyer pays in real money. */
export interface Payment {
  /** For example `stripe`. */
  provider: string;
  /** A currency of ISO 4217. */
  currency: string;
  /** Minor units as a decimal string. */
  amount: string;
  /** The provider's id of what the buyer pays with. It is missing where the buyer pays in a page of their own. */
  method?: string;
}

/** What is given back of the real money of a purchase. */
export interface Refund {
  /** For example `stripe`. */
  provider: string;
  /** The id of the purchase, whose payment it is of: `pur_…`. */
  purchase: string;
  /** A currency of ISO 4217. */
  currency: string;
  /** Minor units as a decimal string. */
  amount: string;
}

/**
 * How the ledger takes from players what they may not have: by `debt` all of it, below what they may owe; by `freeze`
 * as well, and nothing leaves any of their accounts from then on; or what is `available`, and the rest from the owner
 * that the loss is written off against.
 */
export type Debit = { policy: 'debt' } | { policy: 'freeze' } | { policy: 'available'; writeOff: Owner };

/** What one saga settles: ledger legs, item moves and mints, all or none. */
export interface Exchange {
  /** The id of the deal, for example `trd_…`; every participant keeps its outcome under it. */
  id: string;
  title: string;
  /** The kind of its deal, for example `trade`. Workflows and activities are named after it. */
  kind: string;
  legs: Leg[];
  moves: Move[];
  /** Missing where nothing is minted, as in every trade. */
  mints?: Mint[];
  /**
   * What is paid for it in real money. Its capture is the pivot then, and the legs have the money's own leg among them.
   */
  payment?: Payment;
  /** What is given back in real money. That it has succeeded is the pivot then, and the legs have its own leg. */
  refund?: Refund;
  /** How its legs take from players. Without it they are refused where a player is short. */
  debit?: Debit;
}

/** What later steps need of an exchange: its id and its title. */
export interface ExchangeRef {
  id: string;
  title: string;
}

/** The players of an exchange by their title's own ids, in the order in which they come up. */
export function playersOf({ legs, moves, mints = [] }: Exchange): string[] {
  const owners = [...[...legs, ...moves].flatMap(({ from, to }) => [from, to]), ...mints.map(({ to }) => to)];
  return [...new Set(owners)]
    .filter((owner) => owner.startsWith('player:'))
    .map((owner) => owner.slice('player:'.length));
}

/** The workflow id of a lone exchange, which is the id of its deal with the word of its kind: `trade/trd_…`. */
export function exchangeWorkflowId(exchange: { kind: string; id: string }): string {
  return `${exchange.kind}/${exchange.id}`;
}

/**
 * The workflow id of a convoy, by its first exchange, which may itself leave it: `convoy/trd_…`.
 * @param departure tells apart the convoys of an exchange that sets out again and again
 */
export function convoyWorkflowId(first: { id: string }, departure?: string): string {
  return `convoy/${first.id}${departure === undefined ? '' : `/${departure}`}`;
}
