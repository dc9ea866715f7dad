import type { ClosedDeal } from '../../contracts/answers.js';
import { newId } from '../ids.js';
import { Batcher, requestLimits } from '../postgres/batcher.js';
import type { Seat } from './convoy-builder.js';
import type { ConvoyDispatcher } from './convoy-dispatcher.js';
import type { DealsService } from './deals.service.js';
import type { AcceptOutcome, AskedDeal, DealKind, NewDeal } from './deals.types.js';

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
 * is given its seat in a convoy before, so that its row names the run that is to settle it, and after it was admitted,
 * so that the others in its convoy wait for nothing that it waits for.
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
    const named = asked.map((deal) => ({ ...deal, id: newId(this.kind.prefix), workflowId: null }));
    const seats = new Map<string, Seat | undefined>();
    try {
      const outcomes = await this.service.accept(named, (admitted) => this.seated(admitted, seats));
      return outcomes.map((outcome, index) => {
        const seat = seats.get(named[index]?.id ?? '');
        if (outcome.outcome === 'accepted' && seat !== undefined) return { outcome, dispatch: () => seat.board() };
        seat?.leave();
        return { outcome, dispatch: () => Promise.resolve(undefined) };
      });
    } catch (error) {
      for (const seat of seats.values()) seat?.leave();
      throw error;
    }
  }

  /** Gives seats to those that have none, and keeps them in `seats`. A deal keeps its seat until `accept` is over. */
  private seated(admitted: readonly NewDeal<Terms>[], seats: Map<string, Seat | undefined>): NewDeal<Terms>[] {
    const standing = admitted.filter(({ id }) => !seats.has(id));
    const given = this.dispatcher.seats(standing.map((deal) => this.kind.exchangeOf(deal)));
    for (const [index, { id }] of standing.entries()) seats.set(id, given[index]);
    return admitted.map((deal) => ({ ...deal, workflowId: seats.get(deal.id)?.workflowId ?? null }));
  }
}
