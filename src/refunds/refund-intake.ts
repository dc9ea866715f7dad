import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import type { AcceptedDeal, DealIntake } from '../exchanges/deal-intake.js';
import type { DealsService } from '../exchanges/deals.service.js';
import type { Declined } from '../exchanges/deals.types.js';
import type { StoredDeals } from '../exchanges/stored-deals.js';
import { idPrefixes } from '../forms.js';
import { uuidOf } from '../ids.js';
import type { AccountsService } from '../payments/accounts.service.js';
import type { SpentGoods } from '../payments/accounts.types.js';
import type { PaymentsReads } from '../payments/payments.reads.js';
import type { CancelService } from '../purchases/cancel.service.js';
import { isMoney, type Purchase, type PurchaseTerms } from '../purchases/purchases.types.js';
import { notPaid, notRefundable, purchaseDisputed, quote, stateDeclined, type RefundQuote } from './refunds.rules.js';
import type { RefundOrder, RefundTerms } from './refunds.types.js';
import { readTotals } from './totals.statements.js';

/** A request for a refund. Where it names no policy, the title's account at the provider does, or it is a debt. */
export interface RefundRequest extends Omit<RefundOrder, 'policy' | 'found'> {
  title: string;
  key: string;
  /** SHA-256 of the request's canonical body. */
  fingerprint: Buffer;
  /** `pur_…` */
  purchase: string;
  policy: SpentGoods | null;
}

/** What other boundaries say of a purchase, and do to it. */
interface Others {
  purchases: Pick<StoredDeals<PurchaseTerms>, 'read'>;
  accounts: Pick<AccountsService, 'account'>;
  cancels: Pick<CancelService, 'cancel'>;
  payments: Pick<PaymentsReads, 'views'>;
}

/** How often a request is decided anew, where other refunds of its purchase are accepted meanwhile. */
const maxQuotes = 20;

/** Where requests for refunds come in: each is held to what is left of its purchase. */
export class RefundIntake {
  constructor(
    private readonly database: DataSource,
    private readonly others: Others,
    private readonly service: DealsService<RefundTerms>,
    private readonly deals: DealIntake<RefundTerms>,
  ) {}

  /**
   * Accepts a refund, as DealIntake does. One that is declined is answered by its key first: what was accepted once is
   * never declined. A purchase in real money that is not paid yet is cancelled, because there is nothing to refund.
   * @throws VeltrixError `not-found`, `payment-processing`, `overloaded`, and `unavailable` where other refunds of the
   *   purchase come first again and again
   */
  async take(request: RefundRequest): Promise<AcceptedDeal<RefundTerms>> {
    for (let attempt = 1; attempt <= maxQuotes; attempt++) {
      const purchase = await this.others.purchases.read(request.title, request.purchase);
      const quoted = await this.quote(request, purchase);
      if ('declined' in quoted) return this.declined(request, purchase, quoted.declined);
      const taken = await this.deals.take({ ...request, ...quoted.terms });
      if (taken.outcome.outcome !== 'outdated') return taken;
    }
    throw new VeltrixError('unavailable', 'Other refunds of the purchase are being accepted. Send it again.');
  }

  private async quote(request: RefundRequest, purchase: Purchase): Promise<RefundQuote> {
    const { title } = request;
    const declined = stateDeclined(purchase) ?? (await this.disputed(title, purchase));
    if (declined !== undefined) return { declined };
    const totals = await readTotals(this.database.manager, title, uuidOf(idPrefixes.purchase, purchase.id) ?? '');
    const policy = request.policy ?? (await this.policyOf(purchase));
    return quote({ ...request, policy, found: null }, purchase, totals);
  }

  private async disputed(title: string, { id, pay }: Purchase): Promise<Declined | undefined> {
    if (!isMoney(pay)) return undefined;
    const view = (await this.others.payments.views(title, [id])).get(id);
    return view?.dispute === 'open' ? purchaseDisputed : undefined;
  }

  private async policyOf({ title, pay }: Purchase): Promise<SpentGoods> {
    return isMoney(pay) ? (await this.others.accounts.account(title, pay.provider)).spentGoods : 'debt';
  }

  private async declined(
    request: RefundRequest,
    purchase: Purchase,
    why: Declined,
  ): Promise<AcceptedDeal<RefundTerms>> {
    const [kept] = await this.service.kept([request]);
    const outcome = kept ?? { outcome: 'declined' as const, cause: await this.causeOf(purchase, why) };
    return { outcome, dispatch: () => Promise.resolve(undefined) };
  }

  /** Why a refund is declined. What was never captured is not refunded: the purchase is cancelled instead. */
  private async causeOf({ title, id, pay, closedAt }: Purchase, why: Declined): Promise<Declined> {
    if (closedAt !== null || !isMoney(pay)) return why;
    try {
      await this.others.cancels.cancel(title, id);
    } catch (error) {
      if (error instanceof VeltrixError && error.code === 'purchase-not-cancellable')
        return notRefundable('Its money is captured and it is not completed yet. Ask again when it is.');
      throw error;
    }
    return notPaid('It is cancelled.');
  }
}
