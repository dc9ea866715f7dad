import { proxyActivities } from '@temporalio/workflow';
import type { UsualActivities, UsualTrade } from './contracts.js';

const steps = proxyActivities<UsualActivities>({ startToCloseTimeout: '30 seconds' });

/** The saga as one writes it first: a workflow for each trade, five activities one after the other, and an undo. */
export async function usualTrade(trade: UsualTrade): Promise<string> {
  const id = await steps.recordTrade(trade);
  let refusal = await steps.holdItem(id, trade);
  if (refusal === null) {
    refusal = await steps.transferGold(id, trade);
    if (refusal === null) await steps.moveItem(id, trade.title);
    else await steps.releaseItem(id, trade.title, refusal);
  }
  await steps.closeTrade(id, refusal);
  return refusal === null ? 'settled' : `refused ${refusal.code}`;
}
