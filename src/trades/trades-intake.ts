import { Injectable } from '@nestjs/common';
import type { ClosedDeal } from '../../contracts/answers.js';
import { Convoys } from '../exchanges/convoys.js';
import { newId } from '../ids.js';
import { Batcher, requestLimits } from '../postgres/batcher.js';
import { exchangeOf } from './trades.rules.js';
import { TradesService } from './trades.service.js';
import type { AcceptOutcome, AskedTrade } from './trades.types.js';

/** What became of a request for a trade, and how it goes on. */
export interface Taken {
  outcome: AcceptOutcome;
  /**
   * Sends the trade on its way, once; a trade that is on its way already is left alone.
   * @returns what its row says in the end, or undefined where this process will not be told
   */
  go(): Promise<ClosedDeal | undefined>;
}

/**
 * Where requests for trades come in: what comes while an INSERT is under way forms the next one. A trade is given its
 * seat in a convoy before, so that its row names the run that is to settle it.
 */
@Injectable()
export class TradesIntake {
  private readonly requests = new Batcher((asked: readonly AskedTrade[]) => this.accept(asked), { ...requestLimits, lanes: 1 });

  constructor(
    private readonly service: TradesService,
    private readonly convoys: Convoys,
  ) {}

  /**
   * Accepts a trade. Whoever is answered calls `go`, since a convoy waits for it.
   * @throws VeltrixError `overloaded` if too many requests wait already, with nothing accepted
   * @throws what PostgreSQL throws (see isOutage), with nothing accepted that a retry would not find
   */
  take(trade: AskedTrade): Promise<Taken> {
    return this.requests.add(trade);
  }

  private async accept(asked: readonly AskedTrade[]): Promise<Taken[]> {
    const named = asked.map((trade) => ({ ...trade, id: newId('trd') }));
    const seats = this.convoys.seats(named.map(exchangeOf));
    try {
      const outcomes = await this.service.accept(named.map((trade, index) => ({ ...trade, workflowId: seats[index]?.workflowId ?? null })));
      return outcomes.map((outcome, index) => {
        const seat = seats[index];
        if (outcome.outcome === 'accepted' && seat !== undefined) return { outcome, go: () => seat.board() };
        seat?.leave();
        return { outcome, go: () => Promise.resolve(undefined) };
      });
    } catch (error) {
      for (const seat of seats) seat?.leave();
      throw error;
    }
  }
}
