import type { Refusal } from '../errors.js';
import { largestAmount } from './account-names.rules.js';
import type { AccountBalance, AccountChange, LegsDecision, NewEntry, StoredAccount } from './ledger.types.js';

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
interface AccountDraft {
  account: StoredAccount;
  version: bigint;
  debits: bigint;
  credits: bigint;
}

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
    for (const [id, draft] of touched) this.drafts.set(id, draft);
    return { booked: entries };
  }

  private draft(account: StoredAccount): AccountDraft {
    return this.drafts.get(account.id) ?? { account, version: account.version, debits: 0n, credits: 0n };
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

/** An account that is below its debt limit already, because that was lowered, can fall no further. */
function minimum(draft: AccountDraft): bigint {
  const { debtLimit } = draft.account;
  return available(draft) < -debtLimit ? available(draft) : -debtLimit;
}

/** The mint owes what it has given out, so it is short of nothing until its balance no longer fits. */
function insufficient(before: AccountDraft, after: AccountDraft): Refusal | undefined {
  const { owner, asset, debtLimit } = after.account;
  const least = minimum(before);
  if (available(after) >= least || debtLimit >= largestAmount) return undefined;
  const [held, needed] = [available(before) - least, available(before) - available(after)];
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
