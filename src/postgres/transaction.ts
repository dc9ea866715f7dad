import type { DataSource, EntityManager } from 'typeorm';
import { currentEdition, prepareAnew, prepareForNewTypes } from './prepared-statements.js';
import { isMistyped, isStaleStatement } from './sql-errors.js';

/** How often a transaction is run again because a statement was stale: more changes of a schema do not come at once. */
const maxStale = 3;

/**
 * Runs one transaction. It is run again where a statement was prepared for a schema that has changed since. Nothing of
 * it was done then.
 * @param isolation where it is not to be READ COMMITTED
 * @throws what the transaction throws
 */
export function runTransaction<T>(
  dataSource: DataSource,
  work: (tx: EntityManager) => Promise<T>,
  isolation?: 'REPEATABLE READ',
): Promise<T> {
  return whileStale(() =>
    isolation === undefined ? dataSource.transaction(work) : dataSource.transaction(isolation, work),
  );
}

/**
 * Runs work of which one statement writes, each statement in a transaction of its own. That saves two round trips. It
 * is run again as a transaction is.
 * @throws what a statement throws
 */
export function runStatements<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  return whileStale(() => work(dataSource.manager));
}

async function whileStale<T>(run: () => Promise<T>): Promise<T> {
  for (let stale = 0; ; stale++) {
    const edition = currentEdition();
    try {
      return await run();
    } catch (error) {
      if (stale === maxStale) throw error;
      if (isStaleStatement(error)) prepareAnew(edition);
      else if (!isMistyped(error) || !prepareForNewTypes(edition)) throw error;
    }
  }
}
