import { attemptForward, attemptGrant } from '../../activities/forward.activities.js';
import type { StepActivities } from '../../contracts/activities.js';
import type { Exchange } from '../../contracts/nouns.js';
import type { Command } from './workflow-double.js';

/** Whether a command is a local attempt at a part of the forward way. */
export function isLocalAttempt({ step }: Command): boolean {
  return step === 'settleForward' || step === 'grantCaptured';
}

/**
 * A local attempt as the worker makes it, with each of its steps a command. It is given up where one of them fails. It
 * goes on where its run waits for it no more.
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
          more: [],
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
  const [activities, exchanges] = [steps as unknown as StepActivities, attempt.list as Exchange[]];
  const made =
    attempt.step === 'grantCaptured'
      ? attemptGrant(activities, exchanges, attempt.more[0] as number, stop.signal)
      : attemptForward(activities, exchanges, stop.signal);
  void made.then(attempt.answer, attempt.fail);
}
