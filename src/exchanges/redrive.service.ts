import { Inject, Injectable } from '@nestjs/common';
import type { ExchangeRef } from '../../contracts/nouns.js';
import { DEAL_BOOKS, type DealBook } from './deals.js';
import { ExchangeStarter } from './exchange-starter.service.js';

/** Starts sagas again that somebody has found wanting. */
@Injectable()
export class RedriveService {
  constructor(
    @Inject(DEAL_BOOKS) private readonly books: readonly DealBook[],
    private readonly starter: ExchangeStarter,
  ) {}

  /**
   * Starts a run for each deal by itself, whether it is open or closed: any number of runs come to one end, and the run
   * of a closed deal ends what is left of it at its participants.
   * @returns the ids of those that there are
   * @throws what PostgreSQL and Temporal throw, after all were tried
   */
  async start(deals: readonly ExchangeRef[]): Promise<string[]> {
    const titles = [...new Set(deals.map(({ title }) => title))];
    const found = await Promise.all(
      titles.flatMap((title) => {
        const ids = deals.filter((deal) => deal.title === title).map(({ id }) => id);
        return this.books.map((book) => book.find(title, ids));
      }),
    );
    const exchanges = found.flat().map(({ exchange }) => exchange);
    await this.starter.startAlone(exchanges);
    return exchanges.map(({ id }) => id);
  }
}
