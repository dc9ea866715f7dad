import { Inject, Injectable } from '@nestjs/common';
import { VeltrixError } from '../errors.js';
import type { StoredDeals } from '../exchanges/stored-deals.js';
import { Waker } from '../exchanges/waker.js';
import { elementOf } from '../payments/payments.types.js';
import { PaymentsService } from '../payments/payments.service.js';
import { exchangeOf } from './purchases.rules.js';
import { STORED_PURCHASES } from './purchases.tokens.js';
import type { Purchase, PurchaseTerms } from './purchases.types.js';

/** Why a purchase is turned back that its title cancels. */
const cause = { code: 'purchase-cancelled', detail: 'The purchase was cancelled.' };

/** Cancels purchases in real money that are not paid yet. */
@Injectable()
export class CancelService {
  constructor(
    @Inject(STORED_PURCHASES) private readonly stored: StoredDeals<PurchaseTerms>,
    private readonly payments: PaymentsService,
    private readonly waker: Waker,
  ) {}

  /**
   * Turns a payment back, and has the purchase's saga do the rest. Done again, it comes to the same.
   * @returns the purchase as it is now; it is cancelled where its row says so, and else its saga goes on
   * @throws VeltrixError `not-found`, `purchase-not-cancellable` and `payment-processing`
   */
  async cancel(title: string, id: string): Promise<Purchase> {
    const purchase = await this.stored.read(title, id);
    const { payment } = exchangeOf(purchase);
    if (payment === undefined) throw notCancellable('It is paid in virtual currency, and its saga decides.');
    if (purchase.state === 'cancelled') return purchase;
    if (purchase.closedAt !== null) throw notCancellable(`It is ${purchase.state}.`);
    const became = await this.payments.turnBack(elementOf({ id, title }, payment), cause);
    if (became === 'captured') throw notCancellable('Its money is captured, so it will be completed.');
    if (became === 'processing')
      throw new VeltrixError('payment-processing', "The buyer's bank is at it. Ask again when it has decided.");
    await this.waker.wakeWaiting([id]);
    return this.stored.read(title, id);
  }
}

function notCancellable(why: string): VeltrixError {
  return new VeltrixError('purchase-not-cancellable', `The purchase cannot be cancelled. ${why}`);
}
