import { expect, jest, test } from '@jest/globals';
import { ActivityFailure, CancelledFailure, RetryState } from '@temporalio/common';
import { compact } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import { WorkflowRun, workflowModule, type Command } from './workflow-double.js';

// A worker cancels what it makes only when it ends, which no test can time. So the run is played by itself.
jest.unstable_mockModule('@temporalio/workflow', () => workflowModule);
const { exchangeSaga } = await import('../../workflows/exchange-saga.js');

const exchange: Exchange = {
  id: 'trd_01a21504-ad49-7044-a56a-ad0c2b517e14',
  title: 'arena',
  kind: 'trade',
  legs: [{ from: 'player:buyer', to: 'player:seller', asset: 'gold', amount: '60' }],
  moves: [{ instance: 'ins_01a21504-ad49-7044-a56a-ad0c2b517e15', from: 'player:seller', to: 'player:buyer' }],
};

const answers: Record<string, object> = {
  inventoryHold: { outcome: 'ok' },
  ledgerTransfer: { outcome: 'posted' },
  inventoryMove: { outcome: 'moved' },
  closeTrades: { closedAt: '2026-11-25T23:22:37.949Z' },
};

test('a local attempt that is cancelled, though nobody has cancelled the run, does not turn it back', async () => {
  const made: string[] = [];
  const answer = (command: Command): void => {
    made.push(`${command.step}${command.local ? ' local' : ''}`);
    if (command.local) {
      command.fail(
        new ActivityFailure(
          'Local Activity cancelled',
          command.step,
          '2',
          RetryState.CANCEL_REQUESTED,
          'worker',
          new CancelledFailure('The worker ends.'),
        ),
      );
    } else command.answer(compact([{ id: exchange.id, ...answers[command.step] }]));
  };
  const run = new WorkflowRun(answer);
  run.start(() => exchangeSaga([exchange]));
  while (run.state === 'running') await new Promise(setImmediate);
  expect(run.error).toBeUndefined();
  expect(made).toEqual(['settleForward local', 'inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades']);
});
