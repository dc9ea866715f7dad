import type { MovementActivities, PaymentMovements } from '../contracts/activities.js';
import type { FeesService } from '../src/payments/fees.service.js';
import type { OrphansService } from '../src/payments/orphans.service.js';
import type { PaymentsOutside } from '../src/payments/outside.service.js';
import type { RefundLooks } from '../src/payments/refund-looks.service.js';
import type { OutsideGoods } from '../src/refunds/outside-goods.service.js';

/** How many are seen to together. An orphan takes several calls, and so does a look at what we have not asked for. */
const [feesAtOnce, orphansAtOnce, refundsAtOnce, outsideAtOnce, goodsAtOnce] = [100, 20, 100, 20, 100];

/** What the payments know of movements. Amounts become decimal strings here. */
export function movementActivities({
  fees,
  orphans,
  refundLooks,
  outside,
}: {
  fees: Pick<FeesService, 'find' | 'booked'>;
  orphans: Pick<OrphansService, 'see' | 'booked'>;
  refundLooks: Pick<RefundLooks, 'see'>;
  outside: Pick<PaymentsOutside, 'see' | 'booked'>;
}): PaymentMovements {
  return {
    async paymentFees() {
      const { looked, movements } = await fees.find(feesAtOnce);
      return { looked, movements: movements.map((one) => ({ ...one, amount: String(one.amount) })) };
    },
    paymentFeesBooked: (movements) => fees.booked(movements.map(({ id }) => id)),
    async paymentOrphans() {
      const [{ looked, movements }, seen] = await Promise.all([
        orphans.see(orphansAtOnce),
        refundLooks.see(refundsAtOnce),
      ]);
      return { looked: looked + seen, movements: movements.map((one) => ({ ...one, amount: String(one.amount) })) };
    },
    paymentOrphansBooked: (movements) => orphans.booked(movements),
    async paymentOutside() {
      const { looked, movements } = await outside.see(outsideAtOnce);
      return { looked, movements: movements.map((one) => ({ ...one, amount: String(one.amount) })) };
    },
    paymentOutsideBooked: (movements) => outside.booked(movements.map(({ movement }) => movement)),
  };
}

/** What follows such movements. */
export function goodsActivities(goods: Pick<OutsideGoods, 'follow'>): Pick<MovementActivities, 'outsideGoods'> {
  return { outsideGoods: () => goods.follow(goodsAtOnce) };
}
