import type { DataSource, EntityManager } from 'typeorm';
import { isOutage, isUniqueViolation, sqlState } from './sql-errors.js';

/** How many outages a command meets at most: the last of them is thrown. */
export const maxOutages = 3;

/**
 * A statement that ran for as long as it may is not tried again: the caller would be gone before it has run as long
 * once more.
 */
function tookTooLong(error: unknown): boolean {
  return sqlState(error) === '57014';
}

/**
 * Runs one list command in one transaction. Every command is idempotent by the ids of its elements, so it is run again
 * in two cases. Where the connection was lost, the COMMIT may have taken effect, and the next attempt finds the kept
 * outcomes by key. Where a unique key was taken at the same moment, the next attempt sees what is kept.
 *
 * What is kept is kept for ever, so each key that was taken is one more element that somebody else has decided. A
 * command of n elements is run at most n + 1 times where there is no outage, and n + 3 times where there is one.
 * @param elements how many elements the command decides: it may find so many keys taken. A command whose inserts pass
 *   over taken keys needs no more than the default.
 * @throws the last error, where it could not be done; an outage is recognised by isOutage
 */
export async function runCommand<T>(
  dataSource: DataSource,
  work: (tx: EntityManager) => Promise<T>,
  elements = 2,
): Promise<T> {
  let outages = 0;
  let keysTaken = 0;
  while (true) {
    try {
      return await dataSource.transaction(work);
    } catch (error) {
      if (isUniqueViolation(error)) keysTaken += 1;
      else if (isOutage(error) && !tookTooLong(error)) outages += 1;
      else throw error;
      if (outages === maxOutages || keysTaken > elements) throw error;
    }
  }
}
