import { isLockTimeout } from './sql-errors.js';

/** For how long a command is tried again whose row is held, and the pause between two tries. */
const [triedMs, pauseMs] = [1_000, 50];

/**
 * Lets the commands of a process that change one row take turns, so that a row that somebody else holds takes one
 * connection and not all. Commands of different rows do not wait for each other.
 */
export class RowTurns {
  private readonly last = new Map<string, Promise<unknown>>();

  /**
   * Runs a command when those that came before it for the same row are done.
   * @param row the name of the row
   * @param command one transaction, which may be run several times where the row is held
   * @throws what the command throws. Where the row was held for too long, each of those in the line throws that, with
   *   nothing done; see isLockTimeout
   */
  async take<T>(row: string, command: () => Promise<T>): Promise<T> {
    const turn = (): Promise<T> => untilFree(command);
    const afterFailure = (error: unknown): Promise<T> => {
      if (isLockTimeout(error)) throw error;
      return turn();
    };
    const mine = this.last.get(row)?.then(turn, afterFailure) ?? turn();
    this.last.set(row, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(row) === mine) this.last.delete(row);
    }
  }
}

async function untilFree<T>(command: () => Promise<T>): Promise<T> {
  const until = performance.now() + triedMs;
  while (true) {
    try {
      return await command();
    } catch (error) {
      if (!isLockTimeout(error) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
