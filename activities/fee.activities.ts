import type { FeeActivities } from '../contracts/activities.js';
import type { FeesService } from '../src/payments/fees.service.js';

/** How many fees are asked for and booked together. */
const feesAtOnce = 100;

/** What the payments know of fees. Amounts become decimal strings here. */
export function feeActivities(
  fees: Pick<FeesService, 'find' | 'booked'>,
): Pick<FeeActivities, 'paymentFees' | 'paymentFeesBooked'> {
  return {
    async paymentFees() {
      const { looked, fees: known } = await fees.find(feesAtOnce);
      return {
        looked,
        fees: known.map(({ id, title, provider, currency, amount }) => ({
          id,
          title,
          provider,
          currency,
          amount: String(amount),
        })),
      };
    },
    paymentFeesBooked: (ids) => fees.booked(ids),
  };
}
