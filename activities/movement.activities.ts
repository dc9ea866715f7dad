import type { MovementActivities } from '../contracts/activities.js';
import type { FeesService } from '../src/payments/fees.service.js';
import type { OrphansService } from '../src/payments/orphans.service.js';
import type { PaymentsOutside } from '../src/payments/outside.service.js';
import type { RefundLooks } from '../src/payments/refund-looks.service.js';

/** How many are seen to together. An orphan takes several calls, and so does a look at what we have not asked for. */
const [feesAtOnce, orphansAtOnce, refundsAtOnce, outsideAtOnce] = [100, 20, 100, 20];

/** What the payments know of movements. Amounts become decimal strings here. */
export function movementActivities(
  fees: Pick<FeesService, 'find' | 'booked'>,
  orphans: Pick<OrphansService, 'see' | 'booked'>,
  refunds: Pick<RefundLooks, 'see'>,
  outside: Pick<PaymentsOutside, 'see' | 'booked'>,
): Omit<MovementActivities, 'ledgerMovements'> {
  return {
    async paymentFees() {
      const { looked, movements } = await fees.find(feesAtOnce);
      return { looked, movements: movements.map((one) => ({ ...one, amount: String(one.amount) })) };
    },
    paymentFeesBooked: (movements) => fees.booked(movements.map(({ id }) => id)),
    async paymentOrphans() {
      const [{ looked, movements }, seen] = await Promise.all([orphans.see(orphansAtOnce), refunds.see(refundsAtOnce)]);
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
