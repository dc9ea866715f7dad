import type { Closing } from '../../contracts/answers.js';
import type { Cause } from '../../contracts/nouns.js';
import type { OperatorActName } from '../../contracts/sagas.js';
import { VeltrixError, type ErrorCode } from '../errors.js';

/** How an act was answered. */
export interface ActAnswer {
  code: string;
  detail: string;
}

const refusals = ['saga-not-stuck', 'saga-busy', 'saga-not-alone', 'saga-not-resolvable', 'step-failed-again', 'too-late'] as const satisfies readonly ErrorCode[];

/** Whether the type of a failed update is the code by which a run refuses an act. */
export function isRefusal(type: string | null | undefined): type is (typeof refusals)[number] {
  return refusals.some((code) => code === type);
}

/**
 * The answer to an operator by what the deal's row will say.
 * @throws VeltrixError `too-late` if the operator wanted to turn back what is settled
 */
export function answerOf(name: 'compensate' | 'resolve', closing: Closing): ActAnswer {
  if (closing.state === 'settled') {
    if (name === 'compensate') throw new VeltrixError('too-late', 'The pivot has booked it, so the deal is settled or will be.');
    return { code: 'settled', detail: 'The deal is settled.' };
  }
  return { code: closing.state, detail: `${closing.cause.code}: ${closing.cause.detail}` };
}

/**
 * The answer to an operator whose deal is closed already, which needs no run.
 * @throws VeltrixError `too-late` as for answerOf; `saga-not-stuck` where there is nothing to try again
 */
export function answerOfDeal(name: OperatorActName, deal: { exchange: { id: string }; state: string; reason: Cause | null }): ActAnswer {
  const { state, reason } = deal;
  const { id } = deal.exchange;
  if (name === 'retry') throw new VeltrixError('saga-not-stuck', `The deal is closed as ${state}.`);
  if (state === 'refused' || state === 'compensated') return answerOf(name, { id, state, cause: reason ?? { code: '', detail: '' } });
  return answerOf(name, { id, state: 'settled' });
}
