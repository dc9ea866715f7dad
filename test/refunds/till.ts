import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import type { Closing } from '../../contracts/answers.js';
import { VeltrixError } from '../../src/errors.js';
import { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { DealIntake } from '../../src/exchanges/deal-intake.js';
import { DealMetrics } from '../../src/exchanges/deal-metrics.js';
import { DealsService } from '../../src/exchanges/deals.service.js';
import type { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import { StoredDeals } from '../../src/exchanges/stored-deals.js';
import type { PaymentAccount, SpentGoods } from '../../src/payments/accounts.types.js';
import type { PaymentView } from '../../src/payments/payments.types.js';
import type { PoolOptions } from '../../src/postgres/data-sources.js';
import { purchaseKind } from '../../src/purchases/purchase-kind.js';
import type { NewPurchase, PurchasedContent } from '../../src/purchases/purchases.types.js';
import { Restock } from '../../src/purchases/restock.js';
import { refundKind } from '../../src/refunds/refund-kind.js';
import { RefundIntake, type RefundRequest } from '../../src/refunds/refund-intake.js';
import { RefundTotals } from '../../src/refunds/refund-totals.js';
import { RefundsReads } from '../../src/refunds/refunds.reads.js';
import type { Refund, RefundTerms } from '../../src/refunds/refunds.types.js';
import { purchaseOf, Store, title } from '../purchases/store.js';

/**
 * What is refunded in the tests: paid with 10 gold, for ten gems and ten swords. So each part of the price has its
 * share of both, whichever other refunds are open.
 */
export const content: PurchasedContent = {
  amounts: [{ asset: 'gem', amount: '10' }],
  items: [{ item: 'sword', instances: Array.from({ length: 10 }, (_, place) => `ins_${place + 1}`) }],
};

/** A store whose purchases are refunded by two processes. Temporal is a double, which starts nothing. */
export class Till {
  readonly services: readonly [DealsService<RefundTerms>, DealsService<RefundTerms>];
  readonly intakes: readonly [RefundIntake, RefundIntake];
  readonly reads: RefundsReads;
  /** The policy of every account at a provider. */
  spentGoods: SpentGoods = 'freeze';
  /** The purchases whose payments are disputed. */
  readonly disputed = new Set<string>();
  /** What the cancellation of a purchase is answered with: nothing, or the code of an error. */
  cancelled: 'purchase-not-cancellable' | 'payment-processing' | undefined;
  /** The purchases that were cancelled. */
  readonly cancels: string[] = [];

  private constructor(readonly store: Store) {
    const starter = {
      start: () => Promise.resolve('run'),
      ended: () => Promise.resolve(undefined),
    } as unknown as ExchangeStarter;
    const [first, second] = store.sources.map(
      (source) =>
        new DealsService<RefundTerms>(
          refundKind,
          source,
          new DealMetrics(new Registry()),
          new RefundTotals(new Restock()),
        ),
    );
    if (first === undefined || second === undefined) throw new Error('There are two processes.');
    this.services = [first, second];
    this.reads = new RefundsReads(store.sources[0]);
    const intakeOf = (process: 0 | 1): RefundIntake =>
      new RefundIntake(
        store.sources[process],
        {
          purchases: new StoredDeals(purchaseKind, store.sources[process]),
          accounts: { account: () => Promise.resolve({ spentGoods: this.spentGoods } as PaymentAccount) },
          cancels: { cancel: (_, id) => this.cancel(id) },
          payments: { views: (_, ids) => Promise.resolve(this.viewsOf(ids)) },
        },
        this.services[process],
        new DealIntake(refundKind, this.services[process], new ConvoyDispatcher(starter, new Registry())),
      );
    this.intakes = [intakeOf(0), intakeOf(1)];
  }

  /** @param pool as for a store */
  static async open(pool?: PoolOptions): Promise<Till> {
    const till = new Till(await Store.open(undefined, pool));
    await till.store.publish('pack');
    return till;
  }

  /** Makes a completed purchase. @returns its id */
  async purchase(over: Partial<NewPurchase> = {}): Promise<string> {
    const id = await this.order(over);
    await this.store.services[0].close([{ id, state: 'settled' }]);
    return id;
  }

  /** Makes an open purchase. @returns its id */
  async order(over: Partial<NewPurchase> = {}): Promise<string> {
    const purchase = purchaseOf('ann', 'pack', { content, ...over });
    const [outcome] = await this.store.services[0].accept([purchase]);
    if (outcome?.outcome !== 'accepted') throw new Error(`The purchase was ${outcome?.outcome}.`);
    return purchase.id;
  }

  /** What becomes of a request for a refund, in a word, and the refund if there is one. */
  async refund(
    purchase: string,
    amount: bigint | null,
    over: Partial<RefundRequest> = {},
    process: 0 | 1 = 0,
  ): Promise<[word: string, refund?: Refund]> {
    const { outcome, dispatch } = await this.intakes[process].take({
      title,
      key: randomUUID(),
      fingerprint: Buffer.from('f'),
      purchase,
      amount,
      policy: null,
      restock: false,
      grounds: 'asked for',
      ...over,
    });
    await dispatch();
    if ('deal' in outcome) return [outcome.outcome, outcome.deal];
    return [outcome.outcome === 'declined' ? outcome.cause.code : outcome.outcome];
  }

  /** The refund that was accepted. */
  async accepted(purchase: string, amount: bigint | null, over: Partial<RefundRequest> = {}): Promise<Refund> {
    const [word, refund] = await this.refund(purchase, amount, over);
    if (word !== 'accepted' || refund === undefined) throw new Error(`The refund was ${word}.`);
    return refund;
  }

  /** Closes a refund, as its saga would. */
  async close(refund: Refund, end: 'succeeded' | 'refused' | 'compensated' | 'failed' | 'canceled'): Promise<void> {
    await this.services[0].close([closingOf(refund.id, end)]);
  }

  /** What is counted of a purchase, in one line: promised, refunded. */
  async totals(purchase: string): Promise<string> {
    const { rows } = await this.store.session.query<{ promised: string; refunded: string }>(
      'select promised, refunded from refunds.totals where purchase = $1',
      [purchase.slice(4)],
    );
    const [row] = rows;
    return row === undefined ? 'none' : `${row.promised} promised, ${row.refunded} refunded`;
  }

  private viewsOf(ids: readonly string[]): Map<string, PaymentView> {
    return new Map(ids.map((id) => [id, { dispute: this.disputed.has(id) ? 'open' : null } as PaymentView]));
  }

  private cancel(id: string): Promise<never> {
    if (this.cancelled !== undefined) return Promise.reject(new VeltrixError(this.cancelled, 'It cannot be.'));
    this.cancels.push(id);
    return Promise.resolve(undefined as never);
  }
}

/** The closing by which a refund comes to an end. */
export function closingOf(id: string, end: 'succeeded' | 'refused' | 'compensated' | 'failed' | 'canceled'): Closing {
  if (end === 'succeeded') return { id, state: 'settled' };
  const codes = { refused: 'item-held', compensated: 'compensated-by-operator' } as const;
  const code = end === 'refused' || end === 'compensated' ? codes[end] : `refund-${end}`;
  return { id, state: end === 'refused' ? 'refused' : 'compensated', cause: { code, detail: 'So it was told.' } };
}
