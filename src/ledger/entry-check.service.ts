import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { messageOf } from '../errors.js';
import { LEDGER_DATABASE } from '../postgres/data-sources.js';
import { runTransaction } from '../postgres/transaction.js';
import { keepSlice, lockCheck, lookAtSlice } from './entry-check.statements.js';

/** How many entries one slice has: some tens of milliseconds of one connection. */
const sliceSize = 20_000;

const sliceEveryMs = 5_000;

/**
 * The check of all entries, in slices, again and again. It changes nothing of the books: it keeps which entries do not
 * follow from the one before, for whoever asks whether the books hold.
 */
@Injectable()
export class EntryCheck {
  private readonly log = new Logger(EntryCheck.name);

  constructor(@Inject(LEDGER_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Looks at the next slice. Only one process does at a time.
   * @returns `whole` where that was the last one, and `busy` where another process is at it
   */
  next(limit = sliceSize): Promise<'busy' | 'more' | 'whole'> {
    return runTransaction(this.dataSource, async (tx) => {
      const from = await lockCheck(tx);
      if (from === undefined) return 'busy';
      const slice = await lookAtSlice(tx, from, limit);
      const isLast = slice.seen < limit;
      await keepSlice(tx, from, slice, isLast);
      return isLast ? 'whole' : 'more';
    });
  }

  /** Looks at one slice after the other until the process is to end. What fails is logged and tried again. */
  async keep(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.next().catch((error: unknown) => this.log.warn(`entries were not checked: ${messageOf(error)}`));
      await pause(sliceEveryMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}
