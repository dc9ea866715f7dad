import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { accountsOf, outcomeKey } from './account-names.rules.js';
import { findOrMakeAccounts, lockAccounts } from './account.statements.js';
import { balancesAfter } from './books.rules.js';
import { assertKeepable, malformed } from './element.rules.js';
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
 * The commands on the books. Each takes a list, answers one outcome per element in order, and is one transaction.
 * What is kept by key is kept for ever, refusals included, and answers every later attempt. Both throw what PostgreSQL
 * throws (see isOutage), with nothing done or with the outcome kept for the next attempt, and Error for an element
 * that no Veltrix makes.
 */
@Injectable()
export class LedgerService {
  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Books each element whole, all of its legs, or not at all; see decideTransfers for what it refuses. The refusals
   * `unknown-asset` and `validation-failed` are kept for what sagas book alone. Of a booked transfer it answers the id
   * alone.
   */
  transfer(elements: readonly TransferElement[]): Promise<TransferAnswer[]> {
    return this.book(elements, (_tx, { answers }) => Promise.resolve(answers));
  }

  /**
   * Does what `transfer` does, and tells each booked transfer in full, with what every touched account held right after
   * it. For one that was booked before, that is read in one statement more.
   */
  transferInFull(elements: readonly TransferElement[]): Promise<TransferResult[]> {
    return this.book(elements, toldInFull);
  }

  private async book<T>(
    elements: readonly TransferElement[],
    answer: (tx: EntityManager, decision: Decision) => Promise<T[]>,
  ): Promise<T[]> {
    if (elements.length === 0) return [];
    elements.forEach(assertKeepable);
    const work = async (tx: EntityManager): Promise<T[]> => {
      const { accounts, made } = await findOrMakeAccounts(
        tx,
        accountsOf(elements.filter((element) => malformed(element) === undefined)),
      );
      await lockAccounts(tx, accounts);
      const decision = decideTransfers(elements, await readStored(tx, elements, accounts));
      await writeDecision(tx, decision, made);
      return answer(tx, decision);
    };
    return runCommand(this.dataSource, work, elements.length);
  }

  /**
   * Keeps that the elements are cancelled, so that a late transfer is not made; where something is kept already,
   * answers that.
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

  /** What is kept under keys, or undefined where nothing is. It changes nothing. */
  async kept(keys: readonly { title: string; key: string }[]): Promise<(KeptOutcome | undefined)[]> {
    const kept = await runCommand(this.dataSource, (tx) => readOutcomes(tx, keys));
    return keys.map((key) => kept.get(outcomeKey(key)));
  }
}

/**
 * Completes what is told of booked transfers: those of this call by their entries, and earlier ones by what is stored.
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
