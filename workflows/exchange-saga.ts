import type { Answers, RunOutcome } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import { ExchangeRun } from './exchange-run.js';
import { handleOperatorUpdates } from './operator-acts.js';

/**
 * Settles exchanges: reserve, pivot, finish, for all of them together. An exchange that is refused gives back what it
 * holds and is closed with its reason, while the rest go on; one whose step can neither succeed nor be refused leaves,
 * and goes on by itself. One whose payment waits for somebody is left with its row open. Any number of runs of one
 * exchange come to one end, because every participant keeps its first answer.
 * @returns what each deal's row says, or whom the deal waits for, or that the exchange has left
 */
export async function exchangeSaga(exchanges: Exchange[]): Promise<Answers<RunOutcome>> {
  const run = new ExchangeRun(exchanges);
  handleOperatorUpdates(run);
  return run.run();
}
