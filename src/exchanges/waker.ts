import { Inject, Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../errors.js';
import { ConvoyDispatcher } from './convoy-dispatcher.js';
import { DEAL_BOOKS, type DealBook } from './deals.js';
import { ExchangeStarter } from './exchange-starter.service.js';
import { Sending } from './sending.js';

/** Starts deals again that wait for somebody who has acted now. */
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
   * Ends the waits of deals, and sends them on their way together. It changes nothing about deals that are closed or
   * have a run.
   * @returns how many it has sent; the sweep takes the others that have waited
   * @throws what PostgreSQL throws where the wait could not be ended
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
