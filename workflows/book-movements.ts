import { ApplicationFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import {
  paymentsTaskQueue,
  type Movement,
  type MovementActivities,
  type PaymentMovements,
} from '../contracts/activities.js';

/** So many rounds at most: the schedule comes again soon, and a run stays short. */
const maxRounds = 20;

/**
 * Books what payment providers keep of captured payments, once they tell it. Nobody waits for that. A run that fails
 * leaves what it has not booked to the next one.
 * @returns how many fees it booked
 * @throws ApplicationFailure at the end where the ledger has refused any, so that Temporal shows it
 */
export function bookFees(): Promise<number> {
  const { paymentFees, paymentFeesBooked } = ofPayments();
  return bookMovements(paymentFees, paymentFeesBooked);
}

/**
 * Sees to the intents at payment providers that no purchase takes, and books what has moved. It is as bookFees.
 * @returns how many movements it booked
 * @throws ApplicationFailure as bookFees does
 */
export function seeToOrphans(): Promise<number> {
  const { paymentOrphans, paymentOrphansBooked } = ofPayments();
  return bookMovements(paymentOrphans, paymentOrphansBooked);
}

/**
 * Finds what has moved at payment providers without our asking, books it, and has the goods follow. It is as bookFees.
 * @returns how many movements it booked
 * @throws ApplicationFailure as bookFees does
 */
export async function seeToOutside(): Promise<number> {
  const { paymentOutside, paymentOutsideBooked } = ofPayments();
  const booking = bookMovements(paymentOutside, paymentOutsideBooked);
  // The goods wait for no movement that the ledger refuses.
  const following = booking.then(haveGoodsFollow, haveGoodsFollow);
  await Promise.allSettled([following]);
  const booked = await booking;
  await following;
  return booked;
}

async function haveGoodsFollow(): Promise<void> {
  const { outsideGoods } = proxyActivities<Pick<MovementActivities, 'outsideGoods'>>(options);
  for (let round = 0; round < maxRounds; round++) if ((await outsideGoods()) === 0) break;
}

const options = { startToCloseTimeout: '2 minutes', retry: { maximumAttempts: 2 } } as const;

function ofPayments(): PaymentMovements {
  return proxyActivities<PaymentMovements>({
    ...options,
    taskQueue: paymentsTaskQueue(workflowInfo().taskQueue),
  });
}

async function bookMovements<M extends Movement>(
  find: () => Promise<{ looked: number; movements: M[] }>,
  tellBooked: (movements: M[]) => Promise<void>,
): Promise<number> {
  const { ledgerMovements } = proxyActivities<Pick<MovementActivities, 'ledgerMovements'>>(options);
  let booked = 0;
  const refused = new Set<string>();
  for (let round = 0; round < maxRounds; round++) {
    const { looked, movements } = await find();
    if (movements.length > 0) {
      const keys = new Set(await ledgerMovements(movements));
      const done = movements.filter(({ key }) => keys.has(key));
      if (done.length > 0) await tellBooked(done);
      booked += done.length;
      for (const { key } of movements) if (!keys.has(key)) refused.add(key);
    }
    if (looked === 0) break;
  }
  if (refused.size > 0) throw ApplicationFailure.nonRetryable(`The ledger has refused ${[...refused].join(', ')}.`);
  return booked;
}
