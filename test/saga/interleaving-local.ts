import { attemptForward } from '../../activities/forward.activities.js';
import type { StepActivities } from '../../contracts/activities.js';
import type { Exchange } from '../../contracts/nouns.js';
import type { Command } from './workflow-double.js';

/**
 * The local attempt as the worker makes it, with each of its steps a command. It is given up where one of them fails.
 * It goes on where its run waits for it no more.
 */
export function settleLocally(attempt: Command, deliver: (step: Command) => void): void {
  const stop = new AbortController();
  const ask =
    (step: string) =>
    (list: readonly unknown[]): Promise<unknown> =>
      new Promise((answer, reject) => {
        const fail = (error: Error): void => {
          stop.abort();
          reject(error);
        };
        deliver({
          step,
          list,
          local: true,
          answer,
          fail,
          get over() {
            return stop.signal.aborted;
          },
        });
      });
  const steps = Object.fromEntries(
    ['inventoryHold', 'ledgerTransfer', 'inventoryMove', 'closeTrades', 'closePurchases'].map((step) => [
      step,
      ask(step),
    ]),
  );
  void attemptForward(steps as unknown as StepActivities, attempt.list as Exchange[], stop.signal).then(
    attempt.answer,
    attempt.fail,
  );
}
