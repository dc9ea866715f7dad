import type { Cause, Debit, Owner } from '../../contracts/nouns.js';
import type { Refusal } from '../errors.js';

/**
 * `currency` is money of the game, `stackable` a thing that is counted, such as arrows. The ledger treats them alike.
 */
export type AssetKind = 'currency' | 'stackable';

/** Anything fungible of a title. Amounts of it are integers of its minor unit. */
export interface Asset {
  code: string;
  name: string;
  kind: AssetKind;
  /** How many decimals the minor unit is away from what people call one of it. It is for display alone. */
  scale: number;
  /** The most that a player can come to hold, in minor units. */
  maxBalance?: bigint;
  /** Whether it can be part of a trade. */
  tradeable: boolean;
  version: bigint;
  createdAt: Date;
  updatedAt: Date;
}

/** What PUT of an asset came to; `unchanged` wrote nothing. */
export interface PutAssetOutcome {
  outcome: 'created' | 'updated' | 'unchanged';
  asset: Asset;
}

/**
 * Nothing leaves an account that is `frozen`, and what is given still arrives. One that is `closed` holds nothing, and
 * only what is owed already arrives: what is paid, and what a reversal gives back.
 */
export type AccountState = 'open' | 'frozen' | 'closed';

/**
 * `exchange` is the pivot of a saga, and `paid` what a saga books of a purchase whose money is captured. `reversal`
 * gives back of a `transfer`, never more than that has moved.
 */
export type TransferKind = 'transfer' | 'exchange' | 'paid' | 'reversal';

/**
 * One movement of an amount of minor units, from 1 to `largestAmount`. Sagas carry it as a Leg with a decimal string.
 */
export interface TransferLeg {
  from: Owner;
  to: Owner;
  asset: string;
  amount: bigint;
}

/** One element of LedgerService.transfer. */
export interface TransferElement {
  title: string;
  /**
   * What the outcome is kept under, for ever: `exchange/<trd_…>` whether it is of kind `exchange` or `paid`, or the
   * route and the idempotency key of a request, `transfers/<key>` and `reversals/<key>`.
   */
  key: string;
  kind: TransferKind;
  legs: readonly TransferLeg[];
  /** Why, in a few words of the caller. */
  reason: string;
  /** What the transfer can be found by later. */
  reference?: string;
  /**
   * `trf_…` that a reversal gives back of. Without `parts` its legs are all those of the original with both ends
   * exchanged, and what is left of each is given back.
   */
  reverses?: string;
  /** For each leg of a reversal of a part, of which leg of the original it gives back. */
  parts?: readonly ReversedPart[];
  /**
   * Has a `transfer`, an `exchange` or what is `paid` take from players whatever the state and the funds of their
   * accounts are. With it, the last two may name clearings and currencies.
   */
  debit?: Debit;
  /** What tells two requests with one key apart. Exchanges need none: their id names what they are. */
  fingerprint?: Buffer;
}

/** A leg of a transfer that is to be reversed: its place, and what it has moved. */
export interface ReversedPart {
  leg: number;
  of: bigint;
}

/** What a reversal gives back of one leg, and what earlier ones have given back of it. */
export interface LegReversal extends ReversedPart {
  /** `trf_…` that is reversed. */
  reverses: string;
  before: bigint;
  amount: bigint;
}

/** One element of LedgerService.cancel. The cause is kept if nothing is kept yet. */
export interface CancelElement {
  title: string;
  key: string;
  cause: Cause;
}

/** What an account held right after a transfer. Available is what is posted without what is held. */
export interface AccountBalance {
  owner: Owner;
  asset: string;
  posted: bigint;
  available: bigint;
}

/** What a transfer is told apart by: its id, and its sequence, which grows with the versions of every account. */
export interface TransferIdentity {
  /** `trf_…` */
  transferId: string;
  sequence: bigint;
}

/** A booked transfer as it is told to whoever asks for it by its key. */
export interface Posted extends TransferIdentity {
  createdAt: Date;
  /** What was booked; of a forced debit that may be other legs than were asked for. */
  legs: readonly TransferLeg[];
  /** Every touched account, in the order in which the legs name them. */
  balances: AccountBalance[];
}

/** What is kept under a key, for ever. */
export type KeptOutcome =
  | { outcome: 'posted'; transferId: string }
  | { outcome: 'refused'; cause: Refusal }
  | { outcome: 'cancelled'; cause: Cause };

/**
 * What LedgerService.transfer answers for an element: what is kept under its key. `replayed` says that an earlier call
 * or element decided it. `key-reused` says that the key was used before with another
 * fingerprint; what is kept stays as it is.
 */
export type TransferAnswer = (KeptOutcome & { replayed: boolean }) | { outcome: 'key-reused' };

/** What LedgerService.transferInFull answers for an element: a TransferAnswer that tells a booked transfer in full. */
export type TransferResult =
  ({ outcome: 'posted'; replayed: boolean } & Posted) | Exclude<TransferAnswer, { outcome: 'posted' }>;

/** An account of an owner in an asset, by its own name. */
export interface AccountName {
  title: string;
  owner: Owner;
  asset: string;
}

/** What an operator sets of an account. */
export interface AccountSettings {
  state: AccountState;
  /** How far below zero it may go, in minor units; `largestAmount` for an owner that is short of nothing. */
  debtLimit: bigint;
}

/** One of the settings of an account, by its name on the wire. */
export type SettingName = keyof AccountSettings;

/** What AccountSettingsService.set is asked for: one setting of an account, by whom and why. */
export interface SettingOrder extends AccountName {
  set: Pick<AccountSettings, 'state'> | Pick<AccountSettings, 'debtLimit'>;
  operator: string;
  reason: string;
}

/** A setting that has changed; a debt limit is a decimal string. */
export interface SettingChange {
  setting: SettingName;
  from: string;
  to: string;
}

/** A change as it is kept. */
export interface KeptSettingChange extends SettingChange {
  operator: string;
  reason: string;
  createdAt: Date;
}

/** What a player has of one asset, in minor units, and how the account is set. */
export interface PlayerBalance extends AccountSettings {
  asset: string;
  posted: bigint;
  held: bigint;
  available: bigint;
  version: bigint;
}

/** An account as the rules see it, with what its asset says. Amounts are minor units. */
export interface StoredAccount extends AccountName, AccountSettings {
  /** A bigint as text. */
  id: string;
  /** Credits without debits, as booked. */
  posted: bigint;
  debitsPending: bigint;
  creditsPending: bigint;
  /** All that it ever came to owe, whatever is paid of it. It is known of players alone. */
  owed: bigint;
  /** How many entries the account has. */
  version: bigint;
  maxBalance?: bigint;
  tradeable: boolean;
}

/** What is kept under a key. */
export type StoredOutcome = KeptOutcome & {
  /** Of the request; a cancellation has none. */
  fingerprint?: Buffer;
  /** The number of the transaction that has kept it. */
  keptBy?: string;
};

/** What a call of LedgerService.transfer found after it had its locks. */
export interface StoredBooks {
  /** By accountKey. An account that is missing belongs to an asset that is not defined. */
  accounts: ReadonlyMap<string, StoredAccount>;
  /** By outcomeKey. */
  outcomes: ReadonlyMap<string, StoredOutcome>;
  /** What is reversed already of the legs of the transfers that are to be reversed, by legKey. */
  reversed: ReadonlyMap<string, bigint>;
  /** For each element its identity if it is booked; sequences ascend. */
  drawn: readonly TransferIdentity[];
  /** The number of the transaction that reads, and keeps what is decided. */
  transaction: string;
  /** When the transaction began. */
  now: Date;
}

/** One end of a leg as it is to be booked: the account's next version, with what it holds then. */
export interface NewEntry {
  account: StoredAccount;
  version: bigint;
  /** From 0, in the order of the legs. */
  leg: number;
  /** Negative where it is taken. */
  amount: bigint;
  posted: bigint;
  available: bigint;
}

/** What a transfer changes of what an account owes: it makes a debt, or pays of the oldest ones. */
export interface DebtChange {
  account: StoredAccount;
  kind: 'made' | 'paid';
  amount: bigint;
  /** All that the account ever came to owe before, or had ever paid. */
  before: bigint;
  /** What the account owes after it. */
  owes: bigint;
}

/** What becomes of the legs of a transfer: why they are refused, or what is booked for them. */
export type LegsDecision = { refused: Refusal } | BookedLegs;

/** What is booked for the legs of a transfer, what that changes of debts, and the accounts that it freezes. */
export interface BookedLegs {
  booked: NewEntry[];
  debts: DebtChange[];
  frozen: StoredAccount[];
}

/** A transfer that was decided, with two entries for each leg. */
export interface NewTransfer extends TransferIdentity {
  element: TransferElement;
  createdAt: Date;
  legs: readonly TransferLeg[];
  entries: readonly NewEntry[];
  debts: readonly DebtChange[];
  /** The accounts that it freezes, by its policy: all of a player who has come short. */
  frozen: readonly StoredAccount[];
  reversals: readonly LegReversal[];
}

/** What becomes of an account: its next version, and what is added to its totals. */
export interface AccountChange {
  account: StoredAccount;
  version: bigint;
  debits: bigint;
  credits: bigint;
  /** All that it ever came to owe. */
  owed: bigint;
  /** Whether a forced debit has taken it below what it may owe. */
  forced: boolean;
  state: AccountState;
}

/** An outcome that is to be kept under the key of its element. */
export interface NewOutcome {
  element: TransferElement;
  kept: KeptOutcome;
}
