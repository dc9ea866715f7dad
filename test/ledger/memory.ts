import { expect } from '@jest/globals';
import { newId } from '../../src/ids.js';
import { accountKey, outcomeKey } from '../../src/ledger/account-names.rules.js';
import type {
  AccountState,
  DebtChange,
  KeptOutcome,
  NewEntry,
  StoredAccount,
  StoredBooks,
  TransferElement,
} from '../../src/ledger/ledger.types.js';
import { legKey } from '../../src/ledger/reversal.rules.js';
import { decideTransfers, type Decision } from '../../src/ledger/transfer.rules.js';
import { planAssets, planTitle } from './plans.js';

const owners = [
  'player:ann',
  'player:bob',
  'player:cid',
  'system:mint',
  'system:store',
  'system:fees',
  'system:clearing:stripe',
];

/** What the tables would hold: every account of every asset, and what is kept. */
export class Memory {
  readonly accounts = new Map<string, StoredAccount>();
  readonly entries: NewEntry[] = [];
  readonly debts: DebtChange[] = [];
  private readonly outcomes = new Map<string, KeptOutcome & { fingerprint?: Buffer }>();
  private readonly reversed = new Map<string, bigint>();
  private sequence = 0n;

  constructor(states: ReadonlyMap<string, AccountState>) {
    for (const [name, asset] of planAssets(planTitle)) {
      for (const owner of owners) {
        const account = { title: planTitle, owner, asset: name.slice(planTitle.length + 1) };
        this.accounts.set(accountKey(account), {
          ...account,
          ...asset,
          id: String(this.accounts.size),
          posted: 0n,
          owed: 0n,
          debitsPending: 0n,
          creditsPending: 0n,
          debtLimit: ['system:mint', 'system:clearing:stripe'].includes(owner) ? 999_999_999_999_999_999n : 0n,
          version: 0n,
          state: states.get(`${planTitle}/${owner}/${account.asset}`) ?? 'open',
        });
      }
    }
  }

  /** What one call of the service comes to. */
  call(elements: readonly TransferElement[]): Decision {
    const drawn = elements.map(() => ({ transferId: newId('trf'), sequence: ++this.sequence }));
    const stored: StoredBooks = {
      accounts: new Map(this.accounts),
      outcomes: new Map(this.outcomes),
      reversed: new Map(this.reversed),
      drawn,
      transaction: String(this.sequence),
      now: new Date(),
    };
    const decision = decideTransfers(elements, stored);
    for (const { account, version, debits, credits, owed, state } of decision.changes) {
      const posted = account.posted + credits - debits;
      this.accounts.set(accountKey(account), { ...account, version, posted, owed, state });
    }
    for (const { element, kept } of decision.outcomes) {
      expect(this.outcomes.has(outcomeKey(element))).toBe(false);
      this.outcomes.set(outcomeKey(element), {
        ...kept,
        ...(element.fingerprint && { fingerprint: element.fingerprint }),
      });
    }
    for (const { entries, debts, reversals } of decision.transfers) {
      this.debts.push(...debts);
      for (const { reverses, leg, before, amount } of reversals)
        this.reversed.set(legKey(reverses, leg), before + amount);
      this.entries.push(...entries);
    }
    return decision;
  }
}

/** What was told, as one word. */
export function word(answer: Decision['answers'][number]): string {
  return 'cause' in answer ? answer.cause.code : answer.outcome;
}
