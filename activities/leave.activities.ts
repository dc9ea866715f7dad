import { activityInfo } from '@temporalio/activity';
import type { ExchangeStarter } from '../src/exchanges/exchange-starter.service.js';
import type { LeaveActivities } from '../contracts/activities.js';

/** How an exchange leaves its convoy. */
export function leaveActivities(starter: ExchangeStarter): LeaveActivities {
  return { startAlone: (exchanges) => starter.startAlone(exchanges, activityInfo().workflowExecution?.workflowId) };
}
