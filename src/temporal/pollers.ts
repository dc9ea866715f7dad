import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';

const { TASK_QUEUE_TYPE_WORKFLOW: ofWorkflows } = proto.temporal.api.enums.v1.TaskQueueType;

/** A worker polls at least once a minute. */
const silentMs = 120_000;

/**
 * Which task queues are polled for workflows, as far as looks at them say. The clocks of the server and of this process
 * may differ by any time. So a queue is polled for as long as the server names ever later polls, and how long ago it
 * has named the last one is measured here.
 */
export class Pollers {
  /** For each queue the time of its last poll by the server's clock, and since when it is known by this process. */
  private readonly last = new Map<string, { poll: number; since: number }>();

  constructor(
    private readonly client: Client,
    private readonly namespace: string,
  ) {}

  /**
   * Whether a worker polls a task queue. One that has ended is noticed two minutes after the first look that has met
   * its last poll.
   * @throws what Temporal throws
   */
  async isPolled(taskQueue: string): Promise<boolean> {
    const { pollers } = await this.client.workflowService.describeTaskQueue({
      namespace: this.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: ofWorkflows,
    });
    const poll = Math.max(0, ...(pollers ?? []).map((one) => Number(one.lastAccessTime?.seconds ?? 0)));
    const now = performance.now();
    const before = this.last.get(taskQueue);
    const known = before?.poll === poll ? before : { poll, since: now };
    this.last.set(taskQueue, known);
    return poll > 0 && now - known.since < silentMs;
  }
}
