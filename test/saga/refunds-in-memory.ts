import type { PaymentResult, RefundCommands } from '../../activities/payment.activities.js';
import type { NothingKept, RefundEndOutcome, RefundOutcome } from '../../contracts/answers.js';
import type { Cause } from '../../contracts/nouns.js';
import { waitsUntil } from './payments-in-memory.js';

/*
 * Refunds that keep to the contract and are kept in memory, so that a test of the saga decides what becomes of each:
 * the first outcome is kept, nothing is sent once it is cancelled, and nothing is given back twice.
 */

export interface RefundPlan {
  fate: 'refunds' | 'fails';
  /** How often it is pending, once it was sent, before it comes to its end. */
  waits: number;
}

/** A refund. */
export interface RefundRow {
  state: 'open' | 'sent' | 'refunded' | 'cancelled';
  /** Why it is turned back, if it is. A refund that was sent comes to its end all the same. */
  decided: Cause | undefined;
  /** How often money was given back. */
  refunds: number;
  waited: number;
}

export const refundFailed: Cause = { code: 'refund-failed', detail: 'The bank has sent the money back.' };

export class RefundsInMemory implements RefundCommands {
  /** Of which refunds nothing can be done now. */
  readonly fails = new Set<string>();
  /** Refunds that are not asked about the next time. */
  readonly later = new Set<string>();
  private readonly plans = new Map<string, RefundPlan>();
  private readonly rows = new Map<string, RefundRow>();

  plan(id: string, plan: Partial<RefundPlan>): void {
    this.plans.set(id, { ...this.planOf(id), ...plan });
  }

  row(id: string): RefundRow {
    const row = this.rows.get(id) ?? { state: 'open', decided: undefined, refunds: 0, waited: 0 };
    this.rows.set(id, row);
    return row;
  }

  refund(elements: readonly { id: string }[]): Promise<PaymentResult<RefundOutcome>[]> {
    return this.each<{ id: string }, RefundOutcome>(elements, ({ id }) => {
      const row = this.row(id);
      if (row.state === 'refunded') return { answer: { id, outcome: 'refunded' } };
      // A refund that is on its way is followed to its end, also where it is turned back.
      if (row.decided !== undefined && row.state !== 'sent')
        return { answer: { id, outcome: 'turned-back', cause: row.decided } };
      const state = this.goOn(id, row);
      if (state === 'sent') return { answer: { id, outcome: 'waits', for: 'provider', until: waitsUntil } };
      return state === 'refunded'
        ? { answer: { id, outcome: 'refunded' } }
        : { answer: { id, outcome: 'turned-back', cause: row.decided ?? refundFailed } };
    });
  }

  cancel(elements: readonly { id: string; cause: Cause }[]): Promise<PaymentResult<RefundEndOutcome>[]> {
    return this.each<{ id: string; cause: Cause }, RefundEndOutcome>(elements, ({ id, cause }) => {
      const row = this.row(id);
      if (row.state !== 'refunded') row.decided ??= cause;
      if (row.state === 'open') row.state = 'cancelled';
      if (row.state === 'sent' && this.goOn(id, row) === 'sent') return { later: 'The refund is on its way.' };
      return { answer: endOf(id, row) };
    });
  }

  kept(elements: readonly { id: string }[]): Promise<(RefundEndOutcome | NothingKept)[]> {
    return Promise.resolve(
      elements.map(({ id }) => {
        const row = this.rows.get(id);
        const isOpen = row === undefined || row.state === 'open' || row.state === 'sent';
        return isOpen ? { id, outcome: 'open' } : endOf(id, row);
      }),
    );
  }

  private each<E extends { id: string }, O>(
    elements: readonly E[],
    result: (element: E) => PaymentResult<O>,
  ): Promise<PaymentResult<O>[]> {
    return Promise.resolve(
      elements.map((element) => {
        if (this.later.delete(element.id)) return { later: 'The provider is not asked now.' };
        return this.fails.has(element.id) ? { failed: 'The provider does not answer.' } : result(element);
      }),
    );
  }

  /** Sends a refund, or looks at one that was sent. */
  private goOn(id: string, row: RefundRow): RefundRow['state'] {
    const { fate, waits } = this.planOf(id);
    row.state = 'sent';
    if (row.waited < waits) {
      row.waited += 1;
    } else if (fate === 'fails') {
      row.state = 'cancelled';
      row.decided ??= refundFailed;
    } else {
      row.state = 'refunded';
      row.refunds += 1;
    }
    return row.state;
  }

  private planOf(id: string): RefundPlan {
    return this.plans.get(id) ?? { fate: 'refunds', waits: 0 };
  }
}

function endOf(id: string, { state, decided }: RefundRow): RefundEndOutcome {
  if (state === 'refunded') return { id, outcome: 'refunded' };
  if (decided === undefined) throw new Error(`${id} is ${state} for no reason`);
  return { id, outcome: 'cancelled', cause: decided };
}
