import { expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { AuthorizeOutcome } from '../contracts/answers.js';
import { RefundsInMemory } from '../test/saga/refunds-in-memory.js';
import { paymentActivities, type Asking, type PaymentCommands } from './payment.activities.js';

/** How the payments are asked by an attempt at a step. */
async function askedBy(attempt: number, run: { alone: boolean }): Promise<Asking[]> {
  const asked: Asking[] = [];
  const answer =
    <Outcome>(outcome: Outcome) =>
    (_elements: unknown, asking: Asking) => {
      asked.push(asking);
      return Promise.resolve([{ answer: outcome }]);
    };
  const commands: PaymentCommands = {
    authorize: answer<AuthorizeOutcome>({ id: 'pur_1', outcome: 'authorized' }),
    capture: answer({ id: 'pur_1', outcome: 'captured' as const }),
    void: answer({ id: 'pur_1', outcome: 'captured' as const }),
    kept: () => Promise.resolve([]),
  };
  const { paymentAuthorize, paymentCapture, paymentVoid } = paymentActivities(commands, new RefundsInMemory()).payments;
  const payment = { provider: 'stripe', currency: 'EUR', amount: '499' };
  const one = { id: 'pur_1', title: 'arena', payment, cause: { code: 'compensated', detail: 'It is a test.' } };
  const environment = new MockActivityEnvironment({ attempt });
  for (const step of [paymentAuthorize, paymentCapture, paymentVoid] as (typeof paymentVoid)[])
    await environment.run(step, [one], run);
  return asked;
}

test.each([
  [1, false, false],
  [2, false, true],
  [7, false, true],
  [1, true, true],
  [2, true, true],
])('attempt %i of a run whose payment is alone (%s) takes its time: %s', async (attempt, alone, patient) => {
  expect(await askedBy(attempt, { alone })).toEqual(Array.from({ length: 3 }, () => ({ alone, patient })));
});
