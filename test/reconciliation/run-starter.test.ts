import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { reconcileWorkflow, reconciliationWorkflowId } from '../../contracts/reconciliation.js';
import { loadConfig, type Config } from '../../src/process/config.js';
import { RunStarter } from '../../src/reconciliation/run-starter.js';
import { openConnection } from '../../src/temporal/open-connection.js';

let client: Client;
let config: Config;
let starter: RunStarter;

beforeAll(() => {
  client = new Client({ connection: openConnection({ address: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '' }) });
  config = loadConfig({
    ...{ VELTRIX_ADMIN_KEY: 'the-admin-key-of-the-tests', DATABASE_URL: 'postgres://nobody' },
    TASK_QUEUE: `starter-${randomUUID()}`,
  });
  starter = new RunStarter(config, client);
});
afterAll(() => client.connection.close());

/** A workflow that goes on, on a task queue. */
function onQueue(taskQueue: string): Promise<WorkflowHandle> {
  const workflowId = randomUUID();
  return client.workflow.start(reconcileWorkflow, { taskQueue, workflowId, workflowExecutionTimeout: '1 minute' });
}

const stateOf = async (handle: WorkflowHandle): Promise<string> => (await handle.describe()).status.name;

test('a workflow on a task queue that nobody polls is ended, so that another one takes its run over', async () => {
  const handle = await onQueue(`former-${randomUUID()}`);
  expect(await starter.isRunning(handle.workflowId)).toBe(false);
  expect(await stateOf(handle)).toBe('TERMINATED');
});

test('a workflow that can go on is left alone, and one that is not there does not run', async () => {
  const name = `other-${randomUUID()}`;
  const [own, other] = [await onQueue(config.TASK_QUEUE), await onQueue(name)];
  await client.workflowService.pollWorkflowTaskQueue({
    ...{ namespace: config.TEMPORAL_NAMESPACE, taskQueue: { name }, identity: 'a worker' },
  });
  for (const handle of [own, other]) {
    expect(await starter.isRunning(handle.workflowId)).toBe(true);
    expect(await stateOf(handle)).toBe('RUNNING');
  }
  expect(await starter.isRunning(randomUUID())).toBe(false);
});

test('a workflow that cannot go on has an end, so that it keeps its run for a day at most', async () => {
  const id = `rec_${randomUUID()}`;
  await starter.start(id);
  const handle = client.workflow.getHandle(reconciliationWorkflowId(id));
  const { raw } = await handle.describe();
  await handle.terminate();
  expect(Number(raw.executionConfig?.workflowRunTimeout?.seconds)).toBe(86_400);
});
