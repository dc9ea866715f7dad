import type { Debit } from '../../contracts/nouns.js';
import type { Refusal } from '../errors.js';
import { accountKey, outcomeKey } from './account-names.rules.js';
import { Books, isPlayer, type LegEnds, type Terms } from './books.rules.js';
import { malformed } from './element.rules.js';
import { decideReversal, legKey } from './reversal.rules.js';
import type {
  AccountChange,
  KeptOutcome,
  LegReversal,
  LegsDecision,
  NewOutcome,
  NewTransfer,
  StoredAccount,
  StoredBooks,
  StoredOutcome,
  TransferAnswer,
  TransferElement,
  TransferKind,
  TransferLeg,
} from './ledger.types.js';

/** What a call of LedgerService.transfer is to answer and to write. */
export interface Decision {
  /** One for each element, in order. */
  answers: TransferAnswer[];
  /** What this call books, in the order of the elements. */
  transfers: NewTransfer[];
  changes: AccountChange[];
  outcomes: NewOutcome[];
}

/**
 * Decides the elements in order. What an accepted one has moved is there for those behind it; a refused one leaves no
 * trace. What is kept under a key answers every later element with that key, those of the same call included.
 *
 * Where several things forbid a transfer, the first of these is its cause: the element itself (`validation-failed`),
 * `already-reversed` or `reversal-too-large`, `unknown-asset`, `asset-not-tradeable` (exchanges alone),
 * `account-closed` or `account-frozen`, `insufficient-funds`, `balance-limit-exceeded` (no reversals),
 * `balance-overflow`; within each the first leg or account that it holds for. Funds and limits are judged after the
 * whole transfer, whatever the order of its legs.
 *
 * A forced debit, which has a `debit`, is refused for no state and no funds of a player that it takes from. An
 * exchange with a `debit` gives back: it is refused for nothing that is said of players, nor for tradeability. By the
 * policy `freeze` a transfer freezes all accounts of a player whom it makes a debt of, for the elements behind it
 * already.
 *
 * A `paid` transfer is refused for nothing that the state of an account, its funds, a limit or the tradeability of an
 * asset says. What is left is a malformed element, an asset that was never defined, and a balance that would not fit.
 * Such a refusal is kept like any other, so that no run grants later what another has given up. The money is captured
 * all the same: no deal may be closed for it, and a person decides what becomes of the money.
 * @param earlier the transactions of earlier attempts of the same call. What one of them has kept is the answer to the
 *   first element with its key, and no replay of it.
 */
export function decideTransfers(
  elements: readonly TransferElement[],
  stored: StoredBooks,
  earlier: ReadonlySet<string> = new Set(),
): Decision {
  const kept = new Map(stored.outcomes);
  const reversed = new Map(stored.reversed);
  const books = new Books();
  const decision = { answers: [] as TransferAnswer[], transfers: [] as NewTransfer[], outcomes: [] as NewOutcome[] };
  for (const [index, element] of elements.entries()) {
    const known = kept.get(outcomeKey(element));
    if (known !== undefined) {
      const { keptBy = '', ...outcome } = known;
      const answer = replay(element, outcome, !earlier.has(keptBy));
      decision.answers.push(answer);
      if (answer.outcome !== 'key-reused') kept.set(outcomeKey(element), outcome);
      continue;
    }
    const identity = stored.drawn[index];
    if (identity === undefined) throw new Error(`${element.key}: no sequence was drawn.`);
    const result = decideElement(element, { accounts: stored.accounts, reversed, books });
    const outcome: KeptOutcome =
      'refused' in result
        ? { outcome: 'refused', cause: result.refused }
        : { outcome: 'posted', transferId: identity.transferId };
    decision.answers.push({ ...outcome, replayed: false });
    if ('booked' in result) {
      const { booked: entries, debts, frozen, legs = element.legs, reversals = [] } = result;
      decision.transfers.push({ element, ...identity, createdAt: stored.now, legs, entries, debts, frozen, reversals });
      for (const { reverses, leg, before, amount } of reversals) reversed.set(legKey(reverses, leg), before + amount);
    }
    if (isKept(element, outcome)) {
      kept.set(outcomeKey(element), { ...outcome, ...(element.fingerprint && { fingerprint: element.fingerprint }) });
      decision.outcomes.push({ element, kept: outcome });
    }
  }
  return { ...decision, changes: books.changes() };
}

/** What was kept without a fingerprint, a cancellation, is the answer to whoever asks. */
function replay(element: TransferElement, known: StoredOutcome, replayed: boolean): TransferAnswer {
  const { fingerprint, ...outcome } = known;
  if (fingerprint !== undefined && element.fingerprint !== undefined && !fingerprint.equals(element.fingerprint))
    return { outcome: 'key-reused' };
  return { ...outcome, replayed };
}

/**
 * A request that is itself at fault can be corrected and sent again under its key. The outcome of what a saga
 * books is kept whatever it is, because two runs of a saga must not come to two ends.
 */
function isKept(element: TransferElement, outcome: KeptOutcome): boolean {
  if (element.kind === 'exchange' || element.kind === 'paid' || outcome.outcome !== 'refused') return true;
  return outcome.cause.code !== 'unknown-asset' && outcome.cause.code !== 'validation-failed';
}

/** What elements are decided by: what is stored, as those that were accepted so far have left it. */
interface Ground {
  accounts: StoredBooks['accounts'];
  reversed: ReadonlyMap<string, bigint>;
  books: Books;
}

function decideElement(
  element: TransferElement,
  { accounts, reversed, books }: Ground,
): ElementDecision & { reversals?: LegReversal[] } {
  const refusal = malformed(element);
  if (refusal !== undefined) return { refused: refusal };
  if (element.kind !== 'reversal') return decideLegs(element, accounts, books);
  const reversal = decideReversal(element, reversed);
  if ('refused' in reversal) return reversal;
  return { ...decideLegs({ ...element, legs: reversal.legs }, accounts, books), ...reversal };
}

/** What becomes of the legs; with the legs that are booked, where they are others than those of the element. */
type ElementDecision = LegsDecision & { legs?: TransferLeg[] };

function decideLegs(element: TransferElement, accounts: StoredBooks['accounts'], books: Books): ElementDecision {
  const ends: LegEnds[] = [];
  const accountOf: AccountOf = (owner, asset) => accounts.get(accountKey({ title: element.title, owner, asset }));
  for (const { from, to, asset, amount } of element.legs) {
    const [source, destination] = [accountOf(from, asset), accountOf(to, asset)];
    // The accounts of every asset that is defined were made before they were locked, and so was every currency.
    if (source === undefined || destination === undefined) {
      return { refused: { code: 'unknown-asset', detail: `There is no asset ${asset}.` } };
    }
    ends.push({ from: source, to: destination, amount });
  }
  if (element.debit !== undefined)
    return decideForced(element.kind, element.debit, ends, { accounts, accountOf, books });
  if (element.kind === 'paid') return books.book(ends, paidTerms);
  const refusal =
    (element.kind === 'exchange' ? refusalByAsset(ends) : undefined) ?? refusalByState(element.kind, ends, books);
  if (refusal !== undefined) return { refused: refusal };
  return element.kind === 'reversal' ? books.book(ends, reversalTerms) : books.book(ends);
}

/** An account of the title of an element. */
type AccountOf = (owner: string, asset: string) => StoredAccount | undefined;

/** Every account of the owner of an account, as far as they are locked. */
function accountsOfOwner(accounts: StoredBooks['accounts'], { title, owner }: StoredAccount): StoredAccount[] {
  return [...accounts.values()].filter((one) => one.title === title && one.owner === owner);
}

/** What was theirs comes back to players also above their limit. */
const reversalTerms: Terms = { funds: 'of all', limits: false };

/** The money has moved already, so nothing may refuse it. */
const paidTerms: Terms = { funds: 'of nobody', limits: false };

/**
 * A forced debit asks a player neither for funds nor for the state of their account. Where it is the pivot of a saga,
 * what a player gets is given back to them: neither a state nor a limit keeps it from them.
 */
function decideForced(
  kind: TransferKind,
  debit: Debit,
  ends: readonly LegEnds[],
  { accounts, accountOf, books }: Pick<Ground, 'accounts' | 'books'> & { accountOf: AccountOf },
): ElementDecision {
  const refusal = kind === 'paid' ? undefined : refusalByState(kind, ends, books, true);
  if (refusal !== undefined) return { refused: refusal };
  const terms: Terms = {
    funds: kind === 'paid' ? 'of nobody' : 'of system owners',
    limits: kind === 'transfer',
    ...(debit.policy === 'freeze' && { frozenWith: (account) => accountsOfOwner(accounts, account) }),
    // A saga gives back what was paid. The title bears the loss, whatever its owner of losses has.
    ...(kind === 'exchange' && debit.policy === 'available' && { bearer: debit.writeOff }),
  };
  if (debit.policy !== 'available') return books.book(ends, terms);
  const parts = books.splitByFunds(ends, ({ to }) => {
    const bearer = accountOf(debit.writeOff, to.asset);
    if (bearer === undefined) throw new Error(`The account of ${debit.writeOff} in ${to.asset} was not locked.`);
    return bearer;
  });
  const legs = parts.map(({ from, to, amount }) => ({ from: from.owner, to: to.owner, asset: to.asset, amount }));
  return { ...books.book(parts, terms), legs };
}

/** What cannot be traded never goes from player to player. The store takes and the mint gives it all the same. */
function refusalByAsset(ends: readonly LegEnds[]): Refusal | undefined {
  const fixed = ends.find(({ from, to }) => !from.tradeable && isPlayer(from) && isPlayer(to));
  return fixed && { code: 'asset-not-tradeable', detail: `${fixed.from.asset} cannot be traded.` };
}

/**
 * What a reversal gives back is owed already, so it arrives also where an account is closed.
 * @param forced whether the players whom it takes from are not asked
 */
function refusalByState(
  kind: TransferKind,
  ends: readonly LegEnds[],
  books: Books,
  forced = false,
): Refusal | undefined {
  for (const { from, to } of ends) {
    const [source, destination] = [books.stateOf(from), books.stateOf(to)];
    if (source !== 'open' && !(forced && isPlayer(from))) return blocked(from, source);
    const owed = kind === 'reversal' || (forced && kind === 'exchange' && isPlayer(to));
    if (destination === 'closed' && !owed) return blocked(to, destination);
  }
  return undefined;
}

function blocked({ owner, asset }: StoredAccount, state: 'frozen' | 'closed'): Refusal {
  return { code: `account-${state}`, detail: `The account of ${owner} in ${asset} is ${state}.` };
}
