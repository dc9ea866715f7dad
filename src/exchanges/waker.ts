import { Inject, Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../errors.js';
import { ConvoyDispatcher } from './convoy-dispatcher.js';
import { DEAL_BOOKS, type DealBook } from './deals.js';
import { ExchangeStarter } from './exchange-starter.service.js';
import { Sending } from './sending.js';

/** Starts the sagas of waiting deals again, because the buyer or the provider that they wait for has acted. */
@Injectable()
export class Waker {
  private readonly log = new Logger(Waker.name);
  private readonly sending: Sending;

  constructor(
    @Inject(DEAL_BOOKS) private readonly books: readonly DealBook[],
    starter: ExchangeStarter,
    dispatcher: ConvoyDispatcher,
  ) {
    this.sending = new Sending(starter, dispatcher);
  }

  /**
   * Ends the waits of deals, and gives them seats in convoys. Deals that are closed or have a run stay as they are.
   * @param ids deals of any kind
   * @returns how many deals got a seat. The waits of the others are over too, so the sweep starts them.
   * @throws what PostgreSQL throws where the waits could not be ended
   */
  async wakeWaiting(ids: readonly string[]): Promise<number> {
    let sent = 0;
    for (const book of this.books) {
      const failures: unknown[] = [];
      sent += await this.sending.together(await book.wake(ids), failures);
      for (const failure of failures)
        this.log.warn(`Deals that have waited are left to the sweep: ${messageOf(failure)}`);
    }
    return sent;
  }
}
