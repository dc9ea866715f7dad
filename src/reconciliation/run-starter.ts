import { Inject, Injectable, Logger } from '@nestjs/common';
import { Client, WorkflowIdConflictPolicy, WorkflowNotFoundError } from '@temporalio/client';
import { reconcileWorkflow, reconciliationWorkflowId, type ReconcileInput } from '../../contracts/reconciliation.js';
import { CONFIG, type Config } from '../process/config.js';
import { deadlineIn } from '../temporal/deadline.js';
import { Pollers } from '../temporal/pollers.js';

const callTimeoutMs = 5_000;

/** The workflows that make runs. */
@Injectable()
export class RunStarter {
  private readonly log = new Logger(RunStarter.name);
  private readonly pollers: Pollers;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly client: Client,
  ) {
    this.pollers = new Pollers(client, config.TEMPORAL_NAMESPACE);
  }

  /**
   * Has a workflow of its own make a run. One that is under way stays as it is, and makes nothing where the run has
   * ended. One that cannot go on, for example after a release that cannot replay it, is ended after a day.
   * @throws what Temporal throws
   */
  async start(run: string): Promise<void> {
    await this.client.withDeadline(deadlineIn(callTimeoutMs), () =>
      this.client.workflow.start<(input: ReconcileInput) => Promise<unknown>>(reconcileWorkflow, {
        workflowId: reconciliationWorkflowId(run),
        taskQueue: this.config.TASK_QUEUE,
        args: [{ run }],
        workflowRunTimeout: '1 day',
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      }),
    );
  }

  /**
   * Whether Temporal runs a workflow that can go on. One on a task queue of earlier settings, which nobody polls any
   * more, would run for ever, and is terminated: what its run has come to is kept, and another workflow goes on there.
   * @throws what Temporal throws, unless that is that there is none
   */
  async isRunning(workflowId: string): Promise<boolean> {
    const { client, config } = this;
    const ask = <T>(make: () => Promise<T>): Promise<T> => client.withDeadline(deadlineIn(callTimeoutMs), make);
    try {
      const handle = client.workflow.getHandle(workflowId);
      const { status, taskQueue } = await ask(() => handle.describe());
      if (status.name !== 'RUNNING') return false;
      if (taskQueue === config.TASK_QUEUE) return true;
      if (await ask(() => this.pollers.isPolled(taskQueue))) return true;
      await ask(() => handle.terminate(`No worker polls its task queue ${taskQueue}.`));
      this.log.warn(`${workflowId} was on the task queue ${taskQueue}, which no worker polls, and was ended`);
      return false;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }
}
