import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';
import { HeldRows } from '../postgres/held-rows.js';
import { runCommand } from '../postgres/run-command.js';
import { accountsOf, freezableOwners, outcomeKey, rowsOf } from './account-names.rules.js';
import { findAccountsOf, findOrMakeAccounts, lockAccounts, type FoundAccount } from './account.statements.js';
import { balancesAfter } from './books.rules.js';
import { assertKeepable, malformed } from './element.rules.js';
import { findHeld } from './held.statements.js';
import type {
  CancelElement,
  KeptOutcome,
  Posted,
  TransferAnswer,
  TransferElement,
  TransferResult,
} from './ledger.types.js';
import { keepCancellations, readOutcomes, readPosted } from './outcome.statements.js';
import { decideTransfers, type Decision } from './transfer.rules.js';
import { readStored, writeDecision } from './transfer.statements.js';

/**
 * The commands on the books. Each takes a list, answers one outcome per element in order, and is one transaction. The
 * outcome that is kept under a key stays for ever, also a refusal, and answers every later attempt. The commands throw
 * what PostgreSQL throws (see isOutage). Then nothing is done, or the outcome is kept and answers the next attempt.
 * They throw Error for an element that no Veltrix makes, and RowsHeld where others hold rows, with nothing done.
 */
@Injectable()
export class LedgerService {
  private readonly held = new HeldRows<TransferElement>(rowsOf, (rows, waits) =>
    findHeld(this.dataSource.manager, rows, waits),
  );

  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Books all legs of each element, or none of them. decideTransfers says what is refused. The refusals `unknown-asset`
   * and `validation-failed` are kept for the transfers of sagas only.
   * @returns for a booked transfer its id alone; see `transferInFull`
   */
  transfer(elements: readonly TransferElement[]): Promise<TransferAnswer[]> {
    return this.book(elements, (_tx, { answers }) => Promise.resolve(answers));
  }

  /**
   * Does what `transfer` does, and answers each booked transfer in full, with the balance of every touched account
   * right after it. Transfers that were booked by an earlier call are read by one more statement.
   * @param waits false where the call must not wait for an account that is known to be held
   */
  transferInFull(elements: readonly TransferElement[], waits = true): Promise<TransferResult[]> {
    return this.book(elements, toldInFull, waits);
  }

  private async book<T>(
    elements: readonly TransferElement[],
    answer: (tx: EntityManager, decision: Decision) => Promise<T[]>,
    waits = true,
  ): Promise<T[]> {
    if (elements.length === 0) return [];
    elements.forEach(assertKeepable);
    const attempts = new Set<string>();
    const work = async (tx: EntityManager): Promise<T[]> => {
      const sound = elements.filter((element) => malformed(element) === undefined);
      const { accounts: named, made } = await findOrMakeAccounts(tx, accountsOf(sound));
      const accounts = await withFreezable(tx, named, sound);
      await lockAccounts(tx, accounts);
      const stored = await readStored(tx, elements, accounts);
      const decision = decideTransfers(elements, stored, attempts);
      attempts.add(stored.transaction);
      await writeDecision(tx, decision, made);
      return answer(tx, decision);
    };
    return this.held.run(elements, () => runCommand(this.dataSource, work, elements.length), waits);
  }

  /**
   * Keeps that the elements are cancelled, so that a late transfer is not booked. Where an outcome is kept already,
   * that one stays and is answered.
   */
  async cancel(elements: readonly CancelElement[]): Promise<KeptOutcome[]> {
    if (elements.length === 0) return [];
    return runCommand(this.dataSource, async (tx) => {
      await keepCancellations(tx, elements);
      const kept = await readOutcomes(tx, elements);
      return elements.map((element) => {
        const outcome = kept.get(outcomeKey(element));
        if (outcome === undefined) throw new Error(`${element.key}: what was to be kept is not there.`);
        return outcome;
      });
    });
  }

  /** The outcome that is kept under each key, or undefined where none is. It changes nothing. */
  async kept(keys: readonly { title: string; key: string }[]): Promise<(KeptOutcome | undefined)[]> {
    const kept = await runCommand(this.dataSource, (tx) => readOutcomes(tx, keys));
    return keys.map((key) => kept.get(outcomeKey(key)));
  }
}

/** The accounts that elements name, and all others of players whom they may freeze. */
async function withFreezable(
  tx: EntityManager,
  named: readonly FoundAccount[],
  elements: readonly TransferElement[],
): Promise<readonly FoundAccount[]> {
  const owners = freezableOwners(elements);
  if (owners.length === 0) return named;
  const ids = new Set(named.map(({ id }) => id));
  return [...named, ...(await findAccountsOf(tx, owners)).filter(({ id }) => !ids.has(id))];
}

/**
 * Answers with the booked transfers in full: those of this call by the entries that it has decided, and earlier ones as
 * they are stored.
 */
async function toldInFull(tx: EntityManager, { answers, transfers }: Decision): Promise<TransferResult[]> {
  const told = new Map<string, Posted>();
  for (const { transferId, sequence, createdAt, legs, entries } of transfers) {
    told.set(transferId, { transferId, sequence, createdAt, legs, balances: balancesAfter(entries) });
  }
  const earlier = answers.flatMap((answer) =>
    answer.outcome === 'posted' && !told.has(answer.transferId) ? answer.transferId : [],
  );
  for (const posted of await readPosted(tx, earlier)) told.set(posted.transferId, posted);
  return answers.map((answer) => {
    if (answer.outcome !== 'posted') return answer;
    const posted = told.get(answer.transferId);
    if (posted === undefined) throw new Error(`${answer.transferId} is kept by a key and is not stored.`);
    return { outcome: 'posted', replayed: answer.replayed, ...posted };
  });
}
