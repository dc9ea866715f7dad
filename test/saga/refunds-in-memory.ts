import type { PaymentResult, RefundCommands } from '../../activities/payment.activities.js';
import type { NothingKept, RefundEndOutcome, RefundOutcome } from '../../contracts/answers.js';
import type { Cause } from '../../contracts/nouns.js';

/** Refunds that keep to the contract and are kept in memory: the first outcome is kept. */
export class RefundsInMemory implements RefundCommands {
  private readonly kepts = new Map<string, RefundEndOutcome>();

  async refund(elements: readonly { id: string }[]): Promise<PaymentResult<RefundOutcome>[]> {
    return elements.map(({ id }) => {
      const kept = this.keep(id, { id, outcome: 'refunded' });
      return { answer: kept.outcome === 'refunded' ? kept : { id, outcome: 'turned-back', cause: kept.cause } };
    });
  }

  async cancel(elements: readonly { id: string; cause: Cause }[]): Promise<PaymentResult<RefundEndOutcome>[]> {
    return elements.map(({ id, cause }) => ({ answer: this.keep(id, { id, outcome: 'cancelled', cause }) }));
  }

  async kept(elements: readonly { id: string }[]): Promise<(RefundEndOutcome | NothingKept)[]> {
    return elements.map(({ id }) => this.kepts.get(id) ?? { id, outcome: 'open' });
  }

  private keep(id: string, outcome: RefundEndOutcome): RefundEndOutcome {
    const kept = this.kepts.get(id) ?? outcome;
    this.kepts.set(id, kept);
    return kept;
  }
}
