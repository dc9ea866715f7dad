import type { MovementActivities } from '../contracts/activities.js';
import type { FeesService } from '../src/payments/fees.service.js';
import type { OrphansService } from '../src/payments/orphans.service.js';
import type { RefundLooks } from '../src/payments/refund-looks.service.js';

/** How many fees, orphans and refunds are seen to together. An orphan takes several calls. */
const [feesAtOnce, orphansAtOnce, refundsAtOnce] = [100, 20, 100];

/** What the payments know of movements. Amounts become decimal strings here. */
export function movementActivities(
  fees: Pick<FeesService, 'find' | 'booked'>,
  orphans: Pick<OrphansService, 'see' | 'booked'>,
  refunds: Pick<RefundLooks, 'see'>,
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
  };
}
