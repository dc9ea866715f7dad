import type { Refusal } from '../errors.js';
import { largestAmount } from './account-names.rules.js';
import type {
  AccountBalance,
  AccountChange,
  AccountState,
  DebtChange,
  LegsDecision,
  NewEntry,
  StoredAccount,
} from './ledger.types.js';

/** A leg with the accounts at its ends. */
export interface LegEnds {
  from: StoredAccount;
  to: StoredAccount;
  amount: bigint;
}

/** What can refuse legs, and what becomes of players who come short. */
export interface Terms {
  /** Whose funds count. */
  funds: 'of all' | 'of system owners' | 'of nobody';
  /** Whether what a player can hold at most counts. */
  limits: boolean;
  /** The accounts that are frozen where a debt is made on one; missing where none are. */
  frozenWith?: (account: StoredAccount) => readonly StoredAccount[];
  /** The owner who bears a loss, and is asked for no funds; missing where nobody is spared. */
  bearer?: string;
}

const plainTerms: Terms = { funds: 'of all', limits: true };

/** What an entry says of its account. */
export type EntryBalance = Pick<NewEntry, 'posted' | 'available'> & {
  account: Pick<StoredAccount, 'id' | 'owner' | 'asset'>;
};

/** An account in the middle of a call: what has been added to it so far. */
type AccountDraft = AccountChange;

/**
 * The accounts of one call, as the elements that were accepted so far have left them. It knows funds and limits, and
 * nothing of keys and assets. Of states it knows what it has made of them itself.
 */
export class Books {
  private readonly drafts = new Map<string, AccountDraft>();

  /**
   * Books all the legs of a transfer, or, with a refusal, none of them. What a player does not have they owe, where
   * their funds do not count. What would not fit is refused by all terms.
   * @returns two entries for each leg, in the order of the legs
   */
  book(legs: readonly LegEnds[], { funds, limits, frozenWith, bearer }: Terms = plainTerms): LegsDecision {
    const touched = new Map<string, AccountDraft>();
    const entries: NewEntry[] = [];
    for (const [leg, { from, to, amount }] of legs.entries()) {
      entries.push(this.enter(touched, from, { leg, amount: -amount }), this.enter(touched, to, { leg, amount }));
    }
    const all = [...touched.values()];
    const counts = ({ account }: AccountDraft): boolean =>
      funds === 'of all' || (funds === 'of system owners' && !isPlayer(account) && account.owner !== bearer);
    const asked = all.filter(counts);
    const refusal =
      this.refusalByFunds(asked) ?? (limits ? this.refusalByLimit(all) : undefined) ?? refusalByOverflow(entries);
    if (refusal !== undefined) return { refused: refusal };
    const debts = all.flatMap((after) => this.keep(after));
    const short = debts.flatMap((debt) => (debt.kind === 'made' ? (frozenWith?.(debt.account) ?? []) : []));
    const frozen = short.flatMap((account) => this.freeze(account));
    return { booked: entries, debts, frozen };
  }

  /** The state of an account, as the elements before have left it. */
  stateOf(account: StoredAccount): AccountState {
    return this.draft(account).state;
  }

  /**
   * Has each leg take from a player what is there, and the rest from who bears the loss. The legs are looked at in
   * order, each with what those before it have moved.
   */
  splitByFunds(legs: readonly LegEnds[], bearerOf: (leg: LegEnds) => StoredAccount): LegEnds[] {
    const moved = new Map<string, bigint>();
    const move = ({ id }: StoredAccount, amount: bigint): unknown => moved.set(id, (moved.get(id) ?? 0n) + amount);
    return legs.flatMap((leg) => {
      const { from, to, amount } = leg;
      const there = available(this.draft(from)) + (moved.get(from.id) ?? 0n);
      const taken = !isPlayer(from) || there >= amount ? amount : there > 0n ? there : 0n;
      move(from, -taken);
      move(to, amount);
      return [
        { from, to, amount: taken },
        { from: bearerOf(leg), to, amount: amount - taken },
      ].filter((part) => part.amount > 0n);
    });
  }

  /** What all of it has come to, for each account that was touched. */
  changes(): AccountChange[] {
    return [...this.drafts.values()];
  }

  /** Freezes an account that is open and was booked on. @returns the account, if it was */
  private freeze(account: StoredAccount): StoredAccount[] {
    const draft = this.draft(account);
    const isUsed = account.version > 0n || this.drafts.has(account.id);
    if (draft.state !== 'open' || !isUsed) return [];
    this.drafts.set(account.id, { ...draft, state: 'frozen' });
    return [account];
  }

  /** Keeps what a transfer has made of an account. @returns what that changes of what it owes */
  private keep(after: AccountDraft): DebtChange[] {
    const { account } = after;
    const before = this.draft(account);
    const more = isPlayer(account) ? shortfall(after) - shortfall(before) : 0n;
    const owed = more > 0n ? before.owed + more : before.owed;
    const forced = before.forced || available(after) < minimum(before);
    this.drafts.set(account.id, { ...after, owed, forced });
    if (more === 0n) return [];
    const owes = shortfall(after);
    return more > 0n
      ? [{ account, kind: 'made', amount: more, before: before.owed, owes }]
      : [{ account, kind: 'paid', amount: -more, before: before.owed - shortfall(before), owes }];
  }

  private draft(account: StoredAccount): AccountDraft {
    const { version, owed, state } = account;
    return this.drafts.get(account.id) ?? { account, version, debits: 0n, credits: 0n, owed, forced: false, state };
  }

  private enter(
    touched: Map<string, AccountDraft>,
    account: StoredAccount,
    { leg, amount }: { leg: number; amount: bigint },
  ): NewEntry {
    const before = touched.get(account.id) ?? this.draft(account);
    const draft = { ...before, version: before.version + 1n };
    if (amount < 0n) draft.debits -= amount;
    else draft.credits += amount;
    touched.set(account.id, draft);
    return { account, version: draft.version, leg, amount, posted: posted(draft), available: available(draft) };
  }

  private refusalByFunds(touched: readonly AccountDraft[]): Refusal | undefined {
    for (const after of touched) {
      const refusal = insufficient(this.draft(after.account), after);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  private refusalByLimit(touched: readonly AccountDraft[]): Refusal | undefined {
    for (const after of touched) {
      const refusal = overLimit(this.draft(after.account), after);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }
}

/**
 * The running balances between two legs are told too, so each of them must fit, not only the last. What is posted lies
 * between what is available and what it will be when everything pending has come in.
 */
function refusalByOverflow(entries: readonly NewEntry[]): Refusal | undefined {
  const overflow = entries.find(
    (entry) => entry.available < -largestAmount || entry.posted + entry.account.creditsPending > largestAmount,
  );
  return (
    overflow && {
      code: 'balance-overflow',
      detail: `The balance of ${overflow.account.owner} in ${overflow.account.asset} would not fit 18 digits.`,
    }
  );
}

/** What the accounts hold after the entries of a transfer, in the order in which the entries name them first. */
export function balancesAfter(entries: readonly EntryBalance[]): AccountBalance[] {
  const last = new Map<string, AccountBalance>();
  // A map keeps the place of a key that is set again.
  for (const { account, posted, available } of entries) {
    last.set(account.id, { owner: account.owner, asset: account.asset, posted, available });
  }
  return [...last.values()];
}

function posted({ account, debits, credits }: AccountDraft): bigint {
  return account.posted + credits - debits;
}

function available(draft: AccountDraft): bigint {
  return posted(draft) - draft.account.debitsPending;
}

/** How much of what was ever owed is not paid. */
function shortfall(draft: AccountDraft): bigint {
  return posted(draft) < 0n ? -posted(draft) : 0n;
}

/** Whether the account is of a player. */
export function isPlayer({ owner }: Pick<StoredAccount, 'owner'>): boolean {
  return owner.startsWith('player:');
}

/** An account that is below its debt limit already, because it was forced or that was lowered, can fall no further. */
function minimum(draft: AccountDraft): bigint {
  const { debtLimit } = draft.account;
  return available(draft) < -debtLimit ? available(draft) : -debtLimit;
}

/**
 * Whoever gives must end at or above their debt limit, whatever comes in beside it; whoever only receives is asked for
 * nothing. The mint owes what it has given out, so it is short of nothing until its balance no longer fits.
 */
function insufficient(before: AccountDraft, after: AccountDraft): Refusal | undefined {
  const { owner, asset, debtLimit } = after.account;
  const short = -debtLimit - available(after);
  if (after.debits === before.debits || short <= 0n || debtLimit >= largestAmount) return undefined;
  const held = available(before) - minimum(before);
  const needed = held + short;
  return { code: 'insufficient-funds', detail: `${owner} has ${held} of ${asset}, and ${needed} are needed.` };
}

/** The limit is for players, and blocks what they would gain; whoever is above it already can still give. */
function overLimit(before: AccountDraft, after: AccountDraft): Refusal | undefined {
  const { owner, asset, maxBalance, creditsPending } = after.account;
  if (
    maxBalance === undefined ||
    !owner.startsWith('player:') ||
    posted(after) <= posted(before) ||
    posted(after) + creditsPending <= maxBalance
  )
    return undefined;
  return {
    code: 'balance-limit-exceeded',
    detail: `${owner} would have ${posted(after) + creditsPending} of ${asset}, and ${maxBalance} is the limit.`,
  };
}
