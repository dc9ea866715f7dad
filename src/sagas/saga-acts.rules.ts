import type { Cause } from '../../contracts/nouns.js';
import { answerOfAct, type ActAnswer, type ActResults, type OperatorActName } from '../../contracts/sagas.js';
import { VeltrixError, type ErrorCode } from '../errors.js';

const refusals = [
  'saga-not-stuck',
  'saga-busy',
  'saga-not-alone',
  'saga-not-parked',
  'saga-not-resolvable',
  'step-failed-again',
  'too-late',
] as const satisfies readonly ErrorCode[];

/** Whether the type of a failed update is the code by which a run refuses an act. */
export function isRefusal(type: string | null | undefined): type is (typeof refusals)[number] {
  return refusals.some((code) => code === type);
}

/**
 * The answer to an operator by what the run has answered.
 * @throws VeltrixError `too-late` if the operator wanted to turn back what is settled
 */
export function answerOf<N extends OperatorActName>(name: N, result: ActResults[N]): ActAnswer {
  const answer = answerOfAct(name, result);
  if (answer.code === 'too-late') throw new VeltrixError('too-late', answer.detail);
  return answer;
}

/**
 * The answer to an operator whose deal is closed already, which needs no run.
 * @throws VeltrixError `too-late` as for answerOf, and where there is nothing to park; `saga-not-stuck` where there is
 *   nothing to try again; `saga-not-parked` where there is nothing to resume
 */
export function answerOfDeal(
  name: OperatorActName,
  deal: { exchange: { id: string }; state: string; reason: Cause | null },
): ActAnswer {
  const { state, reason } = deal;
  const { id } = deal.exchange;
  const closed = `The deal is closed as ${state}.`;
  if (name === 'retry') throw new VeltrixError('saga-not-stuck', closed);
  if (name === 'park') throw new VeltrixError('too-late', closed);
  if (name === 'resume') throw new VeltrixError('saga-not-parked', closed);
  if (reason === null) return answerOf(name, { id, state: 'settled' });
  // A kind may call a deal that was turned back by another word, as a purchase that is declined.
  return answerOf(name, { id, state: state === 'refused' ? 'refused' : 'compensated', cause: reason });
}
