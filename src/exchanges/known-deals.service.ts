import { Inject, Injectable, Logger } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import { DEAL_BOOKS, type DealBook } from './deals.js';

/**
 * Which deals are there. A database that was restored has forgotten the deals of its last minutes, and Temporal has
 * not: their runs must move nothing.
 */
@Injectable()
export class KnownDeals {
  private readonly log = new Logger(KnownDeals.name);
  private readonly ended: Counter;

  constructor(
    @Inject(DEAL_BOOKS) private readonly books: readonly DealBook[],
    @Inject(Registry) registry: Registry,
  ) {
    this.ended = new Counter({
      name: 'veltrix_deals_not_there_total',
      help: 'Exchanges for which this process did nothing, because there is no such deal',
      registers: [registry],
    });
  }

  /**
   * Which of these ids are of no deal, open or closed. It is one read by primary key for each kind among them.
   * @throws what PostgreSQL throws
   */
  async missing(ids: readonly string[]): Promise<Set<string>> {
    const there = new Set((await Promise.all(this.books.map((book) => book.there(ids)))).flat());
    return new Set(ids.filter((id) => !there.has(id)));
  }

  /** Says that nothing was done for exchanges that have no deal. */
  refused(ids: Iterable<string>): void {
    for (const id of ids) {
      this.ended.inc();
      this.log.error(`There is no ${id}, and nothing was done for it. Its run ends.`);
    }
  }
}
