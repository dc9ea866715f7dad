import { closeActivity, markActivity, waitActivity, type DealActivities } from '../contracts/activities.js';
import type { DealsService } from '../src/exchanges/deals.service.js';
import { asStepAnswers } from './step-answers.js';

/** The last step of an exchange whose deal is of this kind, and how its row says that it is stuck or waits. */
export function dealActivities(
  kind: string,
  deals: Pick<DealsService<never>, 'close' | 'mark' | 'wait'>,
): DealActivities {
  const activities: DealActivities = {};
  activities[closeActivity(kind)] = (closings, stop) => asStepAnswers(closings, (some) => deals.close(some), stop);
  activities[markActivity(kind)] = (ids, mark) => deals.mark(ids, mark);
  activities[waitActivity(kind)] = (waiting) => deals.wait(waiting);
  return activities;
}
