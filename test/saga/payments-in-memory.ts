import type { PaymentCommands, PaymentResult } from '../../activities/payment.activities.js';
import type { AuthorizeOutcome, CaptureOutcome, NothingKept, VoidOutcome, Waiting } from '../../contracts/answers.js';
import type { Cause } from '../../contracts/nouns.js';

/*
 * Payments that keep to the contract and are kept in memory, so that a test of the saga decides what becomes of each:
 * the first outcome is kept, a void is decided for ever, and nothing is captured twice.
 */

/** What becomes of a payment that is asked to be authorised. */
export type Fate =
  | 'authorizes'
  | 'captures-at-once'
  | 'declines'
  /** It is answered as turned back, and the provider has captured it all the same. */
  | 'declines-but-is-captured';

export interface PaymentPlan {
  fate: Fate;
  /** How often it waits before. */
  waits: number;
}

/** A payment. */
export interface PaymentRow {
  state: 'open' | 'authorized' | 'captured' | 'cancelled';
  /** Why it is turned back, if it is. */
  decided: Cause | undefined;
  /** How often money was taken. */
  captures: number;
  waited: number;
}

export const declined: Cause = { code: 'payment-declined', detail: 'The card was declined.' };

/** When whoever a payment waits for must have done something. */
export const waitsUntil = '2030-01-01T00:00:00.000Z';

export class PaymentsInMemory implements PaymentCommands {
  /** What was noted of whom deals wait for, in order. */
  readonly noted: Waiting[] = [];
  /** Of which payments nothing can be done now. */
  readonly fails = new Set<string>();
  /** Payments that are not asked about the next time. */
  readonly later = new Set<string>();
  private readonly plans = new Map<string, PaymentPlan>();
  private readonly rows = new Map<string, PaymentRow>();

  plan(id: string, plan: Partial<PaymentPlan>): void {
    this.plans.set(id, { ...this.planOf(id), ...plan });
  }

  row(id: string): PaymentRow {
    const row = this.rows.get(id) ?? { state: 'open', decided: undefined, captures: 0, waited: 0 };
    this.rows.set(id, row);
    return row;
  }

  /** Whether any step was ever asked about it. */
  knows(id: string): boolean {
    return this.rows.has(id);
  }

  authorize(elements: readonly { id: string }[]): Promise<PaymentResult<AuthorizeOutcome>[]> {
    return this.each(elements, ({ id }) => this.authorizeOne(id));
  }

  capture(elements: readonly { id: string }[]): Promise<PaymentResult<CaptureOutcome>[]> {
    return this.each(elements, ({ id }) => {
      const row = this.row(id);
      if (row.state === 'captured') return { id, outcome: 'captured' };
      if (row.decided !== undefined) return { id, outcome: 'turned-back', cause: row.decided };
      if (row.state !== 'authorized') throw new Error(`${id} is not authorised`);
      take(row);
      return { id, outcome: 'captured' };
    });
  }

  void(elements: readonly { id: string; cause: Cause }[]): Promise<PaymentResult<VoidOutcome>[]> {
    return this.each(elements, ({ id, cause }) => {
      const row = this.row(id);
      if (row.state === 'captured') return { id, outcome: 'captured' };
      row.decided ??= cause;
      row.state = 'cancelled';
      return { id, outcome: 'cancelled', cause: row.decided };
    });
  }

  kept(elements: readonly { id: string }[]): Promise<(VoidOutcome | NothingKept)[]> {
    return Promise.resolve(
      elements.map(({ id }) => {
        const { state, decided } = this.rows.get(id) ?? { state: 'open', decided: undefined };
        if (state === 'captured') return { id, outcome: 'captured' };
        if (state === 'cancelled' && decided !== undefined) return { id, outcome: 'cancelled', cause: decided };
        return { id, outcome: 'open' };
      }),
    );
  }

  private each<E extends { id: string }, O>(
    elements: readonly E[],
    answer: (element: E) => O,
  ): Promise<PaymentResult<O>[]> {
    return Promise.resolve(
      elements.map((element) =>
        this.later.delete(element.id)
          ? { later: 'The provider is not asked now.' }
          : this.fails.has(element.id)
            ? { failed: 'The provider does not answer.' }
            : { answer: answer(element) },
      ),
    );
  }

  private authorizeOne(id: string): AuthorizeOutcome {
    const row = this.row(id);
    const { fate, waits } = this.planOf(id);
    if (row.decided !== undefined) return { id, outcome: 'turned-back', cause: row.decided };
    if (row.state === 'captured') return { id, outcome: 'captured' };
    if (row.waited < waits) {
      row.waited += 1;
      return { id, outcome: 'waits', for: 'buyer', until: waitsUntil };
    }
    if (fate === 'captures-at-once' || fate === 'declines-but-is-captured') take(row);
    if (fate === 'declines' || fate === 'declines-but-is-captured') {
      row.decided = declined;
      return { id, outcome: 'turned-back', cause: declined };
    }
    if (fate === 'captures-at-once') return { id, outcome: 'captured' };
    row.state = 'authorized';
    return { id, outcome: 'authorized' };
  }

  private planOf(id: string): PaymentPlan {
    return this.plans.get(id) ?? { fate: 'authorizes', waits: 0 };
  }
}

function take(row: PaymentRow): void {
  row.state = 'captured';
  row.captures += 1;
}

/** Fees, orphans and refunds to look at of which there are none. */
export const noMovements = {
  fees: { find: () => Promise.resolve({ looked: 0, movements: [] }), booked: () => Promise.resolve() },
  orphans: { see: () => Promise.resolve({ looked: 0, movements: [] }), booked: () => Promise.resolve() },
  refundLooks: { see: () => Promise.resolve(0) },
  outside: { see: () => Promise.resolve({ looked: 0, movements: [] }), booked: () => Promise.resolve() },
  outsideGoods: { follow: () => Promise.resolve(0) },
  periods: { accept: () => Promise.resolve([]) },
  reconciliation: {
    begin: () => Promise.resolve(true),
    lookOn: () => Promise.resolve({ done: true, check: null, at: 0, of: 0, looked: 0 }),
    progress: () => Promise.resolve({ done: true, check: null, at: 0, of: 0, looked: 0 }),
    skip: () => Promise.resolve(),
    note: () => Promise.resolve(),
    finish: () => Promise.resolve({ verdict: 'RECONCILED' as const, breaks: 0, pending: 0 }),
    planned: () => Promise.resolve([]),
    repaired: () => Promise.resolve(),
  },
  redrive: { start: () => Promise.resolve([]) },
  looksAgain: { note: () => Promise.resolve([]) },
};
