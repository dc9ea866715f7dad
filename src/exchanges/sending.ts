import type { Exchange } from '../../contracts/nouns.js';
import { isOutage } from '../postgres/sql-errors.js';
import type { Seat } from './convoy-builder.js';
import type { ConvoyDispatcher } from './convoy-dispatcher.js';
import type { ExchangeStarter } from './exchange-starter.service.js';

/** Sends exchanges of rows that are there already on their way. */
export class Sending {
  constructor(
    private readonly starter: ExchangeStarter,
    private readonly dispatcher: ConvoyDispatcher,
  ) {}

  /**
   * Sends exchanges in convoys, whose ends nobody here waits for. One that is aboard already is left alone.
   * @param failures what went wrong is added to it
   * @returns how many found a seat and could be noted
   */
  async together(exchanges: readonly Exchange[], failures: unknown[]): Promise<number> {
    const seats = this.dispatcher.seats(exchanges);
    const byRun = new Map<string, { exchange: Exchange; seat: Seat }[]>();
    for (const [index, exchange] of exchanges.entries()) {
      const seat = seats[index];
      if (seat !== undefined) byRun.set(seat.workflowId, [...(byRun.get(seat.workflowId) ?? []), { exchange, seat }]);
    }
    let sent = 0;
    for (const [run, some] of byRun) {
      try {
        await this.starter.recordStart(
          some.map(({ exchange }) => exchange),
          run,
        );
        for (const { seat } of some) void seat.board();
        sent += some.length;
      } catch (error) {
        for (const { seat } of some) seat.leave();
        failures.push(error);
        // One row that cannot be written must not keep the others, so each goes by itself; an outage is none of them.
        if (!isOutage(error))
          sent += await this.alone(
            some.map(({ exchange }) => exchange),
            failures,
          );
      }
    }
    return sent;
  }

  /** Sends exchanges by themselves. @returns how many; none where one of them failed, because it is not known which */
  async alone(exchanges: readonly Exchange[], failures: unknown[]): Promise<number> {
    try {
      await this.starter.startAlone(exchanges);
      return exchanges.length;
    } catch (error) {
      failures.push(error);
      return 0;
    }
  }
}
