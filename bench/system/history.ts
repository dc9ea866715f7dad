import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';

/** What Temporal keeps of the workflows that were started since a moment. */
export interface History {
  workflows: number;
  bytes: number;
}

const patienceMs = 30_000;

/**
 * Adds up the histories of the workflows of one task queue that were started since a moment, once all of them have
 * ended: only then Temporal tells their sizes. Its list is late by a moment, so the sum counts once it stays.
 * @throws Error where they do not end
 */
export async function readHistory(client: Client, taskQueue: string, since: Date): Promise<History> {
  const own = "WorkflowType NOT IN ('sweep', 'bookFees')";
  const started = `TaskQueue = '${taskQueue}' AND StartTime >= '${since.toISOString()}' AND ${own}`;
  let last: History = { workflows: -1, bytes: 0 };
  for (const deadline = Date.now() + patienceMs; ;) {
    await sleep(300);
    const { count: running } = await client.workflow.count(`${started} AND ExecutionStatus = 'Running'`);
    const now = await closedHistories(client, started);
    if (running === 0 && now.workflows === last.workflows) return now;
    last = now;
    if (Date.now() > deadline) throw new Error(`${running} workflows of ${taskQueue} have not ended.`);
  }
}

async function closedHistories(client: Client, query: string): Promise<History> {
  let workflows = 0;
  let bytes = 0;
  for await (const { historySize } of client.workflow.list({
    query: `${query} AND ExecutionStatus != 'Running'`,
    pageSize: 1_000,
  })) {
    workflows += 1;
    bytes += historySize ?? 0;
  }
  return { workflows, bytes };
}
