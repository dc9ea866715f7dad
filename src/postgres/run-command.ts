import type { DataSource, EntityManager } from 'typeorm';
import { isOutage, isUniqueViolation, sqlState } from './sql-errors.js';

/** How often a command is made at most. */
export const mostAttempts = 3;

/** Whoever has waited for as long as a statement may run is told so, because they would be gone before another wait is over. */
function tookTooLong(error: unknown): boolean {
  return sqlState(error) === '57014';
}

/**
 * Runs one list command in one transaction. Every command is idempotent by the ids of its elements, so it is
 * run again when a unique key was taken at the same moment (the next attempt sees what is kept) and when the
 * connection was lost (the COMMIT may have taken effect; the next attempt finds the kept outcomes by key).
 * @throws the last error, where it could not be done; an outage is recognised by isOutage
 */
export async function runCommand<T>(dataSource: DataSource, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await dataSource.transaction(work);
    } catch (error) {
      if (attempt >= mostAttempts || tookTooLong(error) || !(isUniqueViolation(error) || isOutage(error))) throw error;
    }
  }
}
