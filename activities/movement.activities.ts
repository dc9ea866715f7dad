import type { MovementActivities } from '../contracts/activities.js';
import type { FeesService } from '../src/payments/fees.service.js';
import type { OrphansService } from '../src/payments/orphans.service.js';

/** How many fees, and how many orphans, are seen to together. */
const atOnce = 100;

/** What the payments know of movements. Amounts become decimal strings here. */
export function movementActivities(
  fees: Pick<FeesService, 'find' | 'booked'>,
  orphans: Pick<OrphansService, 'see' | 'booked'>,
): Omit<MovementActivities, 'ledgerMovements'> {
  return {
    async paymentFees() {
      const { looked, movements } = await fees.find(atOnce);
      return { looked, movements: movements.map((one) => ({ ...one, amount: String(one.amount) })) };
    },
    paymentFeesBooked: (movements) => fees.booked(movements.map(({ id }) => id)),
    async paymentOrphans() {
      const { looked, movements } = await orphans.see(atOnce);
      return { looked, movements: movements.map((one) => ({ ...one, amount: String(one.amount) })) };
    },
    paymentOrphansBooked: (movements) => orphans.booked(movements),
  };
}
