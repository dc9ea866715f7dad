import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Closing } from '../contracts/answers.js';
import type { Exchange, ExchangeRef } from '../contracts/nouns.js';
import type { OperatorAct, OperatorActName } from '../contracts/sagas.js';
import { expand } from '../contracts/answers.js';
import { byHand, failureOf } from './exchange-steps.js';
import { actFault, assertMoved, closingAfterRelease, closingOf, hasLegs, hasMoves, holdAnswer, ledgerAnswer, type PivotAnswer } from './exchange.rules.js';
import { StandsNoMore, StepFailedAgain, type SagaWatch } from './saga-watch.js';

/** What the acts change of a run. */
export interface Steered {
  exchanges: readonly Exchange[];
  watch: SagaWatch;
  /** Turns the run back, or joins whoever has. @returns what the row will say */
  turnBack(act: OperatorAct): Promise<Closing>;
  /** Ends the run with what the row is to say, whatever it waits for. */
  resolve(closing: Closing): void;
}

/** Takes the acts of operators. A run that settles several exchanges takes none. */
export function takeActs(run: Steered): void {
  /** Whose `retry` or `resolve` is under way. The next one is told so. */
  let busy: { name: OperatorActName; operator: string } | undefined;
  const alone = async <T>(name: OperatorActName, { operator }: OperatorAct, act: () => Promise<T>): Promise<T> => {
    if (busy !== undefined) throw refusal('saga-busy', `${busy.operator} is at it: ${busy.name} is under way.`);
    busy = { name, operator };
    try {
      return await act();
    } finally {
      busy = undefined;
    }
  };
  take(run, 'retry', (act) => alone('retry', act, () => retry(run.watch)), ({ step }) => ({ code: 'retried', detail: `The step ${step} has answered.` }));
  take(run, 'compensate', (act) => run.turnBack(act), (closing) => (closing.state === 'settled' ? { code: 'too-late', detail: 'The pivot has booked it.' } : toldOf(closing)));
  // A workflow that was cancelled may be parked at its undo. An operator ends it all the same.
  take(run, 'resolve', (act) => alone('resolve', act, () => CancellationScope.nonCancellable(() => resolve(run))), toldOf);
}

/** Lets an act in, does it, and has it and its answer noted. */
function take<T>({ exchanges, watch }: Steered, name: OperatorActName, does: (act: OperatorAct) => Promise<T>, told: (answer: T) => { code: string; detail: string }): void {
  const validator = (act: OperatorAct): void => {
    const fault = actFault(exchanges, act);
    if (fault !== undefined) throw refusal(fault.code, fault.detail);
  };
  const handler = async (act: OperatorAct): Promise<T> => {
    watch.asked(name, act);
    try {
      const answer = await does(act);
      watch.answered(name, act, told(answer));
      return answer;
    } catch (error) {
      if (error instanceof ApplicationFailure) watch.answered(name, act, { code: error.type ?? 'Error', detail: error.message });
      throw error;
    }
  };
  setHandler(defineUpdate<T, [OperatorAct]>(name), handler, { validator });
}

function toldOf(closing: Closing): { code: string; detail: string } {
  return { code: closing.state, detail: closing.state === 'settled' ? 'The row says settled.' : closing.cause.detail };
}

/** Has the step that the run stands at tried now. */
async function retry(watch: SagaWatch): Promise<{ step: string }> {
  try {
    const step = await watch.retry();
    if (step === undefined) throw refusal('saga-not-stuck', 'The saga stands at no step; what it does now is tried again by itself.');
    return { step };
  } catch (error) {
    if (error instanceof StepFailedAgain) throw refusal('step-failed-again', error.message);
    if (error instanceof StandsNoMore) throw refusal('saga-not-stuck', 'The saga was turned back or resolved meanwhile.');
    throw error;
  }
}

/**
 * Ends the saga as its pivot says. It is refused while the pivot is open, since then an open hold may still become either.
 * The items' side is fenced first: after its end by hand a late hold, move or release does nothing.
 */
async function resolve({ exchanges, resolve: end }: Steered): Promise<Closing> {
  const [exchange] = exchanges;
  if (exchange === undefined) throw new Error('The saga has no exchange.');
  try {
    const pivot = await keptPivot(exchange);
    if (pivot === undefined) throw refusal('saga-not-resolvable', 'The pivot is open: nothing is decided yet, and items may be held. Retry the saga, or compensate it.');
    const closing = hasLegs(exchange) && hasMoves(exchange) ? await endByHand(exchange, pivot) : closingOf(exchange, pivot);
    end(closing);
    return closing;
  } catch (error) {
    const failure = error instanceof ApplicationFailure ? undefined : failureOf(error);
    if (failure === undefined) throw error;
    throw refusal('step-failed-again', `The saga could not be resolved now: ${failure.message}`);
  }
}

/** What the pivot has kept, or undefined while it has decided nothing. */
async function keptPivot(exchange: Exchange): Promise<PivotAnswer | undefined> {
  const list = [ref(exchange)];
  if (hasLegs(exchange)) {
    const [kept] = expand(list, await byHand().ledgerKept.executeWithOptions({ summary: `ask what the ledger has kept for ${exchange.id}` }, [list]));
    return kept === undefined || kept.outcome === 'open' || kept.outcome === 'failed' ? undefined : ledgerAnswer(kept);
  }
  const [kept] = expand(list, await byHand().inventoryKept.executeWithOptions({ summary: `ask what the inventory has kept for ${exchange.id}` }, [list]));
  return kept === undefined || kept.outcome === 'open' || kept.outcome === 'failed' ? undefined : holdAnswer(kept);
}

async function endByHand(exchange: Exchange, pivot: PivotAnswer): Promise<Closing> {
  const list = [{ ...ref(exchange), booked: pivot.done }];
  const [kept] = expand(list, await byHand().inventoryEndByHand.executeWithOptions({ summary: `end the hold of ${exchange.id} by hand` }, [list]));
  if (kept === undefined || kept.outcome === 'failed') throw new Error(`${exchange.id}: the inventory did not answer for it`);
  if (!pivot.done) return closingAfterRelease(exchange, pivot, kept);
  assertMoved(exchange, kept);
  return closingOf(exchange, pivot);
}

const ref = ({ id, title }: Exchange): ExchangeRef => ({ id, title });

function refusal(code: string, detail: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message: detail, nonRetryable: true });
}
