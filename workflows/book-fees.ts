import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import { paymentsTaskQueue, type FeeActivities } from '../contracts/activities.js';

/** So many rounds at most: the schedule comes again soon, and a run stays short. */
const maxRounds = 20;

/**
 * Books what payment providers keep of captured payments, once they tell it. Nobody waits for that. A run that fails
 * leaves what it has not booked to the next one.
 * @returns how many fees it booked
 */
export async function bookFees(): Promise<number> {
  const options = { startToCloseTimeout: '2 minutes', retry: { maximumAttempts: 2 } } as const;
  const { ledgerFees } = proxyActivities<Pick<FeeActivities, 'ledgerFees'>>(options);
  const { paymentFees, paymentFeesBooked } = proxyActivities<Omit<FeeActivities, 'ledgerFees'>>({
    ...options,
    taskQueue: paymentsTaskQueue(workflowInfo().taskQueue),
  });
  let booked = 0;
  for (let round = 0; round < maxRounds; round++) {
    const { looked, fees } = await paymentFees();
    if (fees.length > 0) {
      await ledgerFees(fees);
      await paymentFeesBooked(fees.map(({ id }) => id));
      booked += fees.length;
    }
    if (looked === 0) break;
  }
  return booked;
}
