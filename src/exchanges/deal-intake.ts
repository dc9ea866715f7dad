import type { ClosedDeal } from '../../contracts/answers.js';
import { newId } from '../ids.js';
import { Batcher, requestLimits } from '../postgres/batcher.js';
import type { Seat } from './convoy-builder.js';
import type { ConvoyDispatcher } from './convoy-dispatcher.js';
import type { DealsService } from './deals.service.js';
import type { AcceptOutcome, AskedDeal, DealKind, NewDeal } from './deals.types.js';

/** The result of a request for a deal, and the way to start its saga. */
export interface AcceptedDeal<Terms> {
  outcome: AcceptOutcome<Terms>;
  /**
   * Takes the deal's seat in its convoy. It does nothing for a deal without a seat: one that was accepted before, was
   * not accepted, or is left to the sweep.
   * @returns what the deal's row says in the end, or undefined where this process will not be told
   */
  dispatch(): Promise<ClosedDeal | undefined>;
}

/**
 * Takes the requests for the deals of one kind. Requests that come while an INSERT is under way share the next INSERT.
 * A deal gets its seat in a convoy before its INSERT, because its row names the run that is to settle it. It gets the
 * seat after it was admitted, because the whole convoy waits for each seat, and must not wait for the locks of an
 * admission.
 */
export class DealIntake<Terms> {
  private readonly requests = new Batcher((asked: readonly AskedDeal<Terms>[], waits) => this.accept(asked, waits), {
    ...requestLimits,
    lanes: 1,
  });

  constructor(
    private readonly kind: DealKind<Terms>,
    private readonly service: DealsService<Terms>,
    private readonly dispatcher: ConvoyDispatcher,
  ) {}

  /**
   * Accepts a deal. The caller has to call `dispatch` of the answer, since a convoy waits for it.
   * @throws VeltrixError `overloaded` if too many requests wait already, and `row-held` where somebody holds a row that
   *   decides the deal for too long; with nothing accepted
   * @throws what PostgreSQL throws (see isOutage), with nothing accepted that a retry would not find
   */
  take(deal: AskedDeal<Terms>): Promise<AcceptedDeal<Terms>> {
    return this.requests.add(deal);
  }

  private async accept(asked: readonly AskedDeal<Terms>[], waits: boolean): Promise<AcceptedDeal<Terms>[]> {
    const named = asked.map((deal) => ({ ...deal, id: newId(this.kind.prefix), workflowId: null }));
    const seats = new Map<string, Seat | undefined>();
    try {
      const outcomes = await this.service.accept(named, (admitted) => this.seated(admitted, seats), waits);
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

  /**
   * Gives a seat to each deal that has none, and adds it to `seats`. The deals are answered with the ids of their runs.
   */
  private seated(admitted: readonly NewDeal<Terms>[], seats: Map<string, Seat | undefined>): NewDeal<Terms>[] {
    const standing = admitted.filter(({ id }) => !seats.has(id));
    const given = this.dispatcher.seats(standing.map((deal) => this.kind.exchangeOf(deal)));
    for (const [index, { id }] of standing.entries()) seats.set(id, given[index]);
    return admitted.map((deal) => ({ ...deal, workflowId: seats.get(deal.id)?.workflowId ?? null }));
  }
}
