import type { Refusal } from '../errors.js';
import { largestAmount } from './account-names.rules.js';
import type {
  AccountBalance,
  AccountChange,
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

/** What an entry says of its account. */
export type EntryBalance = Pick<NewEntry, 'posted' | 'available'> & {
  account: Pick<StoredAccount, 'id' | 'owner' | 'asset'>;
};

/** An account in the middle of a call: what has been added to it so far. */
type AccountDraft = AccountChange;

/**
 * The accounts of one call, as the elements that were accepted so far have left them. It knows funds and limits, and
 * nothing of keys, assets and states.
 */
export class Books {
  private readonly drafts = new Map<string, AccountDraft>();

  /**
   * Books all the legs of a transfer, or, with a refusal, none of them.
   * @returns two entries for each leg, in the order of the legs
   */
  book(legs: readonly LegEnds[]): LegsDecision {
    return this.enterAll(legs, (touched) => this.refusalByFunds(touched) ?? this.refusalByLimit(touched));
  }

  /** Books as `book` does, and refuses only what would not fit: neither funds nor limits count. */
  bookPaid(legs: readonly LegEnds[]): LegsDecision {
    return this.enterAll(legs, () => undefined);
  }

  /** Books as `book` does, and asks no player for funds: what they do not have they owe. */
  bookForced(legs: readonly LegEnds[]): LegsDecision {
    const systemOnly = (touched: readonly AccountDraft[]): AccountDraft[] =>
      touched.filter(({ account }) => !isPlayer(account));
    return this.enterAll(legs, (touched) => this.refusalByFunds(systemOnly(touched)) ?? this.refusalByLimit(touched));
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

  private enterAll(
    legs: readonly LegEnds[],
    refusalOf: (touched: readonly AccountDraft[]) => Refusal | undefined,
  ): LegsDecision {
    const touched = new Map<string, AccountDraft>();
    const entries: NewEntry[] = [];
    for (const [leg, { from, to, amount }] of legs.entries()) {
      entries.push(this.enter(touched, from, { leg, amount: -amount }), this.enter(touched, to, { leg, amount }));
    }
    const refusal = refusalOf([...touched.values()]) ?? refusalByOverflow(entries);
    if (refusal !== undefined) return { refused: refusal };
    return { booked: entries, debts: [...touched.values()].flatMap((after) => this.keep(after)) };
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
    const { version, owed } = account;
    return this.drafts.get(account.id) ?? { account, version, debits: 0n, credits: 0n, owed, forced: false };
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

function isPlayer({ owner }: StoredAccount): boolean {
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
