/**
 * A process of its own, so that its exit code is seen: `node closing-process.mjs <address> <ready file>`. It makes
 * calls of every kind to a Temporal that fails them, closes the connection once its parent says so on standard input,
 * and writes what became of each.
 */
import { once } from 'node:events';
import { Client } from '@temporalio/client';
import { openConnection } from '../../dist/src/temporal/open-connection.js';

const connection = openConnection({ address: process.argv[2] });
const client = new Client({ connection, namespace: 'default' });
const schedule = {
  scheduleId: 'one',
  spec: { intervals: [{ every: '1 hour' }] },
  action: { type: 'startWorkflow', workflowType: 'one', taskQueue: 'one' },
};

/** Takes the first of what a call lists. */
async function first(list) {
  for await (const one of list) return one;
}

const calls = {
  start: () => client.workflow.start('one', { workflowId: 'one', taskQueue: 'one' }),
  describe: () => client.workflow.getHandle('one').describe(),
  result: () => client.workflow.getHandle('one').result(),
  'result in time': () => client.withDeadline(Date.now() + 60_000, () => client.workflow.getHandle('one').result()),
  signal: () => client.workflow.getHandle('one').signal('one'),
  query: () => client.workflow.getHandle('one').query('one'),
  update: () => client.workflow.getHandle('one').executeUpdate('one'),
  cancel: () => client.workflow.getHandle('one').cancel(),
  terminate: () => client.workflow.getHandle('one').terminate(),
  history: () => client.workflow.getHandle('one').fetchHistory(),
  list: () => first(client.workflow.list()),
  count: () => client.workflow.count(),
  'make a schedule': () => client.schedule.create(schedule),
  'describe a schedule': () => client.schedule.getHandle('one').describe(),
  'list schedules': () => first(client.schedule.list()),
  namespace: () => connection.workflowService.describeNamespace({ namespace: 'default' }),
  attributes: () => connection.operatorService.listSearchAttributes({ namespace: 'default' }),
  health: () => connection.healthService.check({}),
  system: () => connection.withDeadline(Date.now() + 60_000, () => connection.workflowService.getSystemInfo({})),
};

const outcomes = Promise.all(
  Object.entries(calls).map(([name, call]) =>
    call().then(
      () => [name, 'answered'],
      (error) => [name, error instanceof Error ? 'rejected' : `threw ${String(error)}`],
    ),
  ),
);
await once(process.stdin, 'data');
await connection.close();
// What is called from now on is told at once.
const late = await client.workflow
  .getHandle('late')
  .describe()
  .then(
    () => 'answered',
    () => 'rejected',
  );
process.stdin.destroy();
process.stdout.write(JSON.stringify({ ...Object.fromEntries(await outcomes), late }));
