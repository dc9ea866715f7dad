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
    return (await this.wake(ids)).sent;
  }

  /**
   * Wakes deals as `wakeWaiting` does.
   * @returns those that could not be woken, mostly because somebody holds their rows
   */
  async changed(ids: readonly string[]): Promise<string[]> {
    return (await this.wake(ids)).notWoken;
  }

  private async wake(ids: readonly string[]): Promise<{ sent: number; notWoken: string[] }> {
    let sent = 0;
    const left: string[] = [];
    for (const book of this.books) {
      const failures: unknown[] = [];
      const { waited, notWoken } = await book.wake(ids);
      left.push(...notWoken);
      sent += await this.sending.together(waited, failures);
      for (const failure of failures)
        this.log.warn(`Deals that have waited are left to the sweep: ${messageOf(failure)}`);
    }
    return { sent, notWoken: left };
  }
}
