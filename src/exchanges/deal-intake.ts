import type { ClosedDeal } from '../../contracts/answers.js';
import { newId } from '../ids.js';
import { Batcher, requestLimits } from '../postgres/batcher.js';
import type { ConvoyDispatcher } from './convoy-dispatcher.js';
import type { DealsService } from './deals.service.js';
import type { AcceptOutcome, AskedDeal, DealKind } from './deals.types.js';

/** What became of a request for a deal, and how it goes on. */
export interface AcceptedDeal<Terms> {
  outcome: AcceptOutcome<Terms>;
  /**
   * Sends the deal on its way, once; a deal that is on its way already is left alone.
   * @returns what its row says in the end, or undefined where this process will not be told
   */
  dispatch(): Promise<ClosedDeal | undefined>;
}

/**
 * Where requests for the deals of one kind come in: what comes while an INSERT is under way forms the next one. A deal
 * is given its seat in a convoy before, so that its row names the run that is to settle it.
 */
export class DealIntake<Terms> {
  private readonly requests = new Batcher((asked: readonly AskedDeal<Terms>[]) => this.accept(asked), {
    ...requestLimits,
    lanes: 1,
  });

  constructor(
    private readonly kind: DealKind<Terms>,
    private readonly service: DealsService<Terms>,
    private readonly dispatcher: ConvoyDispatcher,
  ) {}

  /**
   * Accepts a deal. Whoever is answered calls `dispatch`, since a convoy waits for it.
   * @throws VeltrixError `overloaded` if too many requests wait already, with nothing accepted
   * @throws what PostgreSQL throws (see isOutage), with nothing accepted that a retry would not find
   */
  take(deal: AskedDeal<Terms>): Promise<AcceptedDeal<Terms>> {
    return this.requests.add(deal);
  }

  private async accept(asked: readonly AskedDeal<Terms>[]): Promise<AcceptedDeal<Terms>[]> {
    const named = asked.map((deal) => ({ ...deal, id: newId(this.kind.prefix) }));
    const seats = this.dispatcher.seats(named.map((deal) => this.kind.exchangeOf(deal)));
    try {
      const outcomes = await this.service.accept(
        named.map((deal, index) => ({ ...deal, workflowId: seats[index]?.workflowId ?? null })),
      );
      return outcomes.map((outcome, index) => {
        const seat = seats[index];
        if (outcome.outcome === 'accepted' && seat !== undefined) return { outcome, dispatch: () => seat.board() };
        seat?.leave();
        return { outcome, dispatch: () => Promise.resolve(undefined) };
      });
    } catch (error) {
      for (const seat of seats) seat?.leave();
      throw error;
    }
  }
}
