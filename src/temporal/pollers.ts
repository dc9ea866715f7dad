import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';

const { TASK_QUEUE_TYPE_WORKFLOW: ofWorkflows } = proto.temporal.api.enums.v1.TaskQueueType;

/** A worker polls at least once a minute. Its server's clock and this one may differ by as much again. */
const silentMs = 120_000;

/**
 * Whether a worker polls a task queue for workflows, as far as the last two minutes say.
 * @throws what Temporal throws
 */
export async function isPolled(client: Client, namespace: string, taskQueue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: ofWorkflows,
  });
  const last = Math.max(0, ...(pollers ?? []).map((one) => Number(one.lastAccessTime?.seconds ?? 0)));
  return Date.now() - last * 1_000 < silentMs;
}
