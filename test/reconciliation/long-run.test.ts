import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, type Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import {
  reconcileWorkflow,
  type ReconciliationEnd,
  type ReconciliationProgress,
  type ReconcileActivities,
  type ReconcileInput,
} from '../../contracts/reconciliation.js';
import { openConnection } from '../../src/temporal/open-connection.js';
import { until } from '../e2e/processes.js';

/* A run over so much that its workflow goes on as new. Its activities are of the test. */

const address = process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'] ?? '';
const taskQueue = `long-run-${randomUUID()}`;

let connection: Connection;
let native: NativeConnection;
let worker: Worker;
let working: Promise<void>;
/** What the workflow has called, but for its looks. */
let calls: string[];
let looks: number;
/** At which look the run is held up, and what lets it go on. */
const holdUpAt = 205;
const looksOfAll = 210;
let goOn: () => void;
const heldUp = new Promise<void>((resolve) => (goOn = resolve));

const end: ReconciliationEnd = { verdict: 'BREAKS', breaks: 3, pending: 2 };

const activities: Partial<ReconcileActivities> = {
  reconciliationBegin: (run) => Promise.resolve(void calls.push(`begin ${run}`)),
  async reconciliationLook(): Promise<ReconciliationProgress> {
    looks += 1;
    if (looks > holdUpAt) await heldUp;
    const done = looks === looksOfAll;
    return { done, check: done ? null : 'trades', at: 4, of: 9, looked: looks * 1_000 };
  },
  reconciliationFinish: (run) => {
    calls.push(`finish ${run}`);
    return Promise.resolve(end);
  },
  reconciliationRepairs: () => Promise.resolve({ redrive: [], look: [], next: null }),
};

beforeAll(async () => {
  [calls, looks] = [[], 0];
  connection = openConnection({ address });
  native = await NativeConnection.connect({ address });
  worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: { codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)) },
    activities,
  });
  working = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await working;
  await native.close();
  await connection.close();
});

async function detailsOf(handle: WorkflowHandle): Promise<string> {
  const told = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return told.currentDetails;
}

test('a long run goes on as new where it is, and its page says how far it is and what it came to', async () => {
  const { workflow } = new Client({ connection });
  const input: ReconcileInput = { run: 'rec_long' };
  const first = await workflow.start(reconcileWorkflow, {
    ...{ taskQueue, workflowId: randomUUID(), args: [input], workflowExecutionTimeout: '3 minutes' },
  });
  await until('the run is held up', () => Promise.resolve(looks > holdUpAt));
  const before = workflow.getHandle(first.workflowId, first.firstExecutionRunId);
  expect((await before.describe()).status.name).toBe('CONTINUED_AS_NEW');
  const now = workflow.getHandle(first.workflowId);
  expect(await detailsOf(now)).toBe('At `trades`, 5 of 9. 205000 records looked at. `rec_long`');
  goOn();
  expect(await first.result()).toEqual(end);
  expect(await detailsOf(now)).toBe('**BREAKS**: 3 breaks, 2 pending. `rec_long`');
  // A part that was looked at is not begun again.
  expect(calls).toEqual(['begin rec_long', 'finish rec_long']);
}, 120_000);
