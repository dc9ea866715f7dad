import type { DataSource, EntityManager } from 'typeorm';
import { isLockTimeout, isOutage, isUniqueViolation, sqlState, takenKey } from './sql-errors.js';
import { runStatements, runTransaction } from './transaction.js';

/** How many outages a command meets at most: the last of them is thrown. */
export const maxOutages = 3;

/**
 * A statement that ran for as long as it may, and a connection that was silent for longer, are not tried again: the
 * caller would be gone before it has taken as long once more.
 */
function tookTooLong(error: unknown): boolean {
  const state = sqlState(error);
  return state === '57014' || state === 'ETIMEDOUT';
}

/**
 * Runs one list command in one transaction. Every command is idempotent by the ids of its elements, so it is run again
 * in two cases. Where the connection was lost, the COMMIT may have taken effect, and the next attempt finds the kept
 * outcomes by key. Where a unique key was taken at the same moment, the next attempt sees what is kept.
 *
 * What is kept is kept for ever, so each key that was taken is one more element that somebody else has decided. A
 * command of n elements is run at most n + 1 times where there is no outage, and n + 3 times where there is one. Each
 * attempt sees the keys that were taken before it. So where one meets the same key again a row is corrupt, such as an
 * account that is behind its entries, and the command is not run any more.
 * @param elements how many elements the command decides: it may find so many keys taken. A command whose inserts pass
 *   over taken keys needs no more than the default.
 * @throws the last error, where it could not be done; an outage is recognised by isOutage
 */
export function runCommand<T>(
  dataSource: DataSource,
  work: (tx: EntityManager) => Promise<T>,
  elements = 2,
): Promise<T> {
  return repeated(() => runTransaction(dataSource, work), elements);
}

/** Runs a list command of which one statement writes everything, as `runCommand` does and without its transaction. */
export function runOneWrite<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  return repeated(() => runStatements(dataSource, work), 2);
}

async function repeated<T>(run: () => Promise<T>, elements: number): Promise<T> {
  let outages = 0;
  let outage: unknown;
  const keysTaken: (string | undefined)[] = [];
  while (true) {
    try {
      return await run();
    } catch (error) {
      // The rows may be held by the transaction whose COMMIT was not answered, so nobody can say that nothing was done.
      if (isLockTimeout(error) && outage !== undefined) throw outage;
      if (isUniqueViolation(error)) {
        const key = takenKey(error);
        if (key !== undefined && keysTaken.includes(key)) throw error;
        keysTaken.push(key);
      } else if (isOutage(error) && !tookTooLong(error)) [outages, outage] = [outages + 1, error];
      else throw error;
      if (outages === maxOutages || keysTaken.length > elements) throw error;
    }
  }
}
