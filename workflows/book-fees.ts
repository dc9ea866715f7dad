import { ApplicationFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import { paymentsTaskQueue, type FeeActivities } from '../contracts/activities.js';

/** So many rounds at most: the schedule comes again soon, and a run stays short. */
const maxRounds = 20;

/**
 * Books what payment providers keep of captured payments, once they tell it. Nobody waits for that. A run that fails
 * leaves what it has not booked to the next one.
 * @returns how many fees it booked
 * @throws ApplicationFailure at the end where the ledger has refused any, so that Temporal shows it
 */
export async function bookFees(): Promise<number> {
  const options = { startToCloseTimeout: '2 minutes', retry: { maximumAttempts: 2 } } as const;
  const { ledgerFees } = proxyActivities<Pick<FeeActivities, 'ledgerFees'>>(options);
  const { paymentFees, paymentFeesBooked } = proxyActivities<Omit<FeeActivities, 'ledgerFees'>>({
    ...options,
    taskQueue: paymentsTaskQueue(workflowInfo().taskQueue),
  });
  let booked = 0;
  const refused: string[] = [];
  for (let round = 0; round < maxRounds; round++) {
    const { looked, fees } = await paymentFees();
    if (fees.length > 0) {
      const ids = await ledgerFees(fees);
      if (ids.length > 0) await paymentFeesBooked(ids);
      booked += ids.length;
      refused.push(...fees.map(({ id }) => id).filter((id) => !ids.includes(id)));
    }
    if (looked === 0) break;
  }
  if (refused.length > 0)
    throw ApplicationFailure.nonRetryable(`The ledger has refused the fees of ${refused.join(', ')}.`);
  return booked;
}
