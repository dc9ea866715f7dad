import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, WorkflowFailedError, type Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { reconciliationActivities } from '../../activities/reconciliation.activities.js';
import { reconcileWorkflow, type ReconcileInput } from '../../contracts/reconciliation.js';
import { openConnection } from '../../src/temporal/open-connection.js';
import { RunsWorld, ScriptedCheck } from './runs-world.js';

/* The database was restored to before runs were accepted, and Temporal was not: their workflows go on. */

const address = process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '';
const taskQueue = `forgotten-${randomUUID()}`;

let world: RunsWorld;
let connection: Connection;
let native: NativeConnection;
let worker: Worker;
let working: Promise<void>;

beforeAll(async () => {
  world = await RunsWorld.open([new ScriptedCheck('books')]);
  connection = openConnection({ address });
  native = await NativeConnection.connect({ address });
  worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: { codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)) },
    activities: reconciliationActivities(world.service, { accept: () => Promise.resolve([]) }),
  });
  working = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await working;
  await native.close();
  await connection.close();
  await world.close();
});

async function forgotten(): Promise<string> {
  const id = await world.begun();
  await world.alter(`delete from reconciliation.runs where id = '${id.slice(4)}'`);
  return id;
}

/** Has a workflow make runs. One that never ends is ended after a while. */
function make(input: ReconcileInput): Promise<unknown> {
  return new Client({ connection }).workflow.execute(reconcileWorkflow, {
    ...{ taskQueue, workflowId: randomUUID(), args: [input], workflowExecutionTimeout: '15 seconds' },
  });
}

/** What a workflow has failed with. */
async function failureOf(made: Promise<unknown>): Promise<unknown> {
  const error: unknown = await made.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof WorkflowFailedError ? error.cause?.cause : error;
}

const notThere = (id: string): object =>
  expect.objectContaining({ type: 'RunNotThere', message: expect.stringContaining(id) as unknown });

test('the workflow of a run that is not there ends, wherever it has come to', async () => {
  const id = await forgotten();
  const failures = await Promise.all([{ run: id }, { runs: [id], begun: true }].map((input) => failureOf(make(input))));
  expect(failures).toEqual([notThere(id), notThere(id)]);
});

test('of several runs those that are there are made', async () => {
  const [first, last] = [await forgotten(), await forgotten()];
  const there = await world.begun();
  expect(await make({ runs: [first, there], begun: true })).toMatchObject({ verdict: 'RECONCILED' });
  expect(await failureOf(make({ runs: [await world.begun(), last], begun: true }))).toEqual(notThere(last));
});
