import type { ClosedDeal } from '../../contracts/answers.js';
import type { Draining } from '../process/draining.js';
import { waitingStates, type StoredDeal } from './deals.types.js';
import type { ExchangeStarter } from './exchange-starter.service.js';
import type { StoredDeals } from './stored-deals.js';

/** How long a request lets its deal be before it looks at the row again: twice as long each time. */
const minPauseMs = 100;
const maxPauseMs = 2_000;

/** Waits for the ends of the deals of one kind. */
export class DealWait<Terms> {
  constructor(
    private readonly deals: Pick<StoredDeals<Terms>, 'read' | 'closed'>,
    private readonly starter: Pick<ExchangeStarter, 'ended'>,
    private readonly draining: Draining,
  ) {}

  /**
   * Waits for the end of a deal, or until it waits for the buyer, as long as the caller wants to. What its run tells is
   * answered as it is. A run that does not tell this process is awaited by the name that the row has, and the row is
   * read again.
   * @param ended what `dispatch` has answered
   * @returns the deal as it is in the end, or when the time is over or the process begins to end
   */
  async untilClosed(
    now: StoredDeal<Terms>,
    ended: Promise<ClosedDeal | undefined>,
    waitSeconds: number,
  ): Promise<StoredDeal<Terms>> {
    if (waitSeconds === 0 || isTheBuyers(now)) return now;
    const until = performance.now() + waitSeconds * 1_000;
    const closed = await this.draining.within(ended, until - performance.now());
    if (closed !== undefined) return this.deals.closed(now, closed);
    let lastAwaited: string | null = null;
    let pauseMs = minPauseMs;
    while (true) {
      const row = await this.deals.read(now.title, now.id);
      const left = until - performance.now();
      if (isTheBuyers(row) || left <= 0 || this.draining.begun) return row;
      if (row.workflowId === lastAwaited) {
        // The run does not exist yet, or it has ended without this deal, or Temporal is away.
        await this.draining.within(new Promise<never>(() => undefined), Math.min(pauseMs, left));
        pauseMs = Math.min(pauseMs * 2, maxPauseMs);
      } else {
        pauseMs = minPauseMs;
      }
      lastAwaited = row.workflowId;
      if (lastAwaited !== null) await this.starter.ended(lastAwaited, Math.max(until - performance.now(), 1));
    }
  }
}

/** Whether nothing is to be waited for that Veltrix does: the deal is closed, or the buyer is to act. */
function isTheBuyers({ state, closedAt }: StoredDeal<unknown>): boolean {
  return closedAt !== null || state === waitingStates.buyer;
}
