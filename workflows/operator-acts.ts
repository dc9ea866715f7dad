import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, defineUpdate, setHandler } from '@temporalio/workflow';
import { BrokenProtocol, expand, type Answers, type Closing, type NothingKept } from '../contracts/answers.js';
import type { Exchange, ExchangeRef } from '../contracts/nouns.js';
import { answerOfAct, type ActResults, type OperatorAct, type OperatorActName } from '../contracts/sagas.js';
import {
  actFault,
  assertMoved,
  closingAfterRelease,
  closingOf,
  hasInstead,
  hasItems,
  holdAnswer,
  ledgerAnswer,
  paymentAnswer,
  pivotOf,
  refOf,
  refundAnswer,
  type PivotAnswer,
} from './exchange.rules.js';
import type { RunStatus } from './run-status.js';
import { failureOf, manualActivities } from './steps.js';
import { NoLongerStuck, StepFailedAgain } from './stuck-step.js';

/** What the acts change of a run. */
interface SteerableRun {
  readonly exchanges: readonly Exchange[];
  readonly status: RunStatus;
  readonly hasEnded: boolean;
  /** Whether it is over with its row open, so that the next run is steered. */
  readonly hasBegunToWait: boolean;
  /** Turns the run back, or joins whoever has. @returns the closing */
  turnBackFor(act: OperatorAct): Promise<Closing>;
  /** Ends the run with a closing, whatever it waits for. */
  endByHand(closing: Closing): void;
}

/** Takes the acts of operators. A run that settles several exchanges takes none. */
export function handleOperatorUpdates(run: SteerableRun): void {
  /** Whose `retry` or `resolve` is under way. The next one is told so. */
  let busy: { name: OperatorActName; operator: string } | undefined;
  const exclusively = async <T>(
    name: OperatorActName,
    { operator }: OperatorAct,
    act: () => Promise<T>,
  ): Promise<T> => {
    if (busy !== undefined) throw refusal('saga-busy', `${busy.operator} is at it: ${busy.name} is under way.`);
    busy = { name, operator };
    try {
      return await act();
    } finally {
      busy = undefined;
    }
  };
  handleUpdate(run, 'retry', (act) => exclusively('retry', act, () => retry(run.status)));
  handleUpdate(run, 'compensate', (act) => run.turnBackFor(act));
  // A workflow that was cancelled may be parked at its undo. An operator ends it all the same.
  handleUpdate(run, 'resolve', (act) =>
    exclusively('resolve', act, () => CancellationScope.nonCancellable(() => resolve(run))),
  );
  handleUpdate(run, 'park', (act) => Promise.resolve().then(() => park(run, act)));
  handleUpdate(run, 'resume', () => Promise.resolve().then(() => resume(run.status)));
}

/** Lets an act in, does it, and has it and its answer noted. */
function handleUpdate<N extends OperatorActName>(
  steered: SteerableRun,
  name: N,
  run: (act: OperatorAct) => Promise<ActResults[N]>,
): void {
  const { exchanges, status } = steered;
  const validator = (act: OperatorAct): void => {
    const fault = actFault(exchanges, act);
    if (fault !== undefined) throw refusal(fault.code, fault.detail);
    if (steered.hasBegunToWait)
      throw refusal(
        'unavailable',
        'The run is over, because the deal waits for its payment or refund. Send the act again.',
      );
  };
  const handler = async (act: OperatorAct): Promise<ActResults[N]> => {
    status.asked(name, act);
    try {
      const result = await run(act);
      status.answered(name, act, answerOfAct(name, result));
      return result;
    } catch (error) {
      const refused =
        error instanceof BrokenProtocol
          ? refusal('step-failed-again', `The participants contradict each other: ${error.message}`)
          : error;
      if (refused instanceof ApplicationFailure)
        status.answered(name, act, { code: refused.type ?? 'Error', detail: refused.message });
      throw refused;
    }
  };
  setHandler(defineUpdate<ActResults[N], [OperatorAct]>(name), handler, { validator });
}

/** Has the step at which the run is stuck tried now. */
async function retry(status: RunStatus): Promise<{ step: string }> {
  const stuck = status.stuckStep;
  if (stuck === undefined) {
    throw refusal(
      'saga-not-stuck',
      status.parkedByOperator
        ? 'The saga is parked. Resume it, then it goes on.'
        : 'The saga is stuck at no step. What it does now is tried again by itself.',
    );
  }
  try {
    await stuck.retryNow();
    return { step: stuck.step };
  } catch (error) {
    if (error instanceof StepFailedAgain) throw refusal('step-failed-again', error.message);
    if (error instanceof NoLongerStuck)
      throw refusal('saga-not-stuck', 'The saga was turned back, resolved or parked meanwhile.');
    throw error;
  }
}

function park({ status, hasEnded }: SteerableRun, act: OperatorAct): { parked: true } {
  if (hasEnded) throw refusal('too-late', 'The deal is closed, and the saga only tells of it yet.');
  status.park(act);
  return { parked: true };
}

function resume(status: RunStatus): { parked: false } {
  if (!status.resume()) throw refusal('saga-not-parked', 'No operator has parked the saga.');
  return { parked: false };
}

/**
 * Ends the saga as its pivot says. It is refused while the pivot is open, since then an open hold may still become
 * either. The items' side is fenced first: after its end by hand a late hold, move or release does nothing.
 */
async function resolve(run: SteerableRun): Promise<Closing> {
  const [exchange] = run.exchanges;
  if (exchange === undefined) throw new Error('The run has no exchange.');
  try {
    const pivot = await keptPivot(exchange);
    if (pivot === undefined)
      throw refusal(
        'saga-not-resolvable',
        'The pivot is open: nothing is decided yet, and items may be held. Retry the saga, or compensate it.',
      );
    const closing =
      pivotOf(exchange) !== 'inventory' && hasItems(exchange)
        ? await endByHand(exchange, pivot)
        : closingOf(exchange, pivot);
    run.endByHand(closing);
    return closing;
  } catch (error) {
    const failure = error instanceof ApplicationFailure ? undefined : failureOf(error);
    if (failure === undefined) throw error;
    throw refusal('step-failed-again', `The saga could not be resolved now: ${failure.message}`);
  }
}

/** What the pivot has kept, or undefined while it has decided nothing. */
async function keptPivot(exchange: Exchange): Promise<PivotAnswer | undefined> {
  switch (pivotOf(exchange)) {
    case 'payment':
      return keptPayment(exchange);
    case 'refund':
      return keptRefund(exchange);
    case 'ledger':
      return keptByLedger(exchange);
    case 'inventory': {
      const summary = `ask what the inventory has kept for ${exchange.id}`;
      const kept = await keptFor(exchange, (list) =>
        manualActivities().inventoryKept.executeWithOptions({ summary }, [list]),
      );
      const pivot = kept && holdAnswer(kept);
      if (pivot?.done === true && hasInstead(exchange))
        await assertBooked(exchange, 'The items are moved, and what is owed for others may have to be booked');
      return pivot;
    }
  }
}

async function keptByLedger(exchange: Exchange): Promise<PivotAnswer | undefined> {
  const summary = `ask what the ledger has kept for ${exchange.id}`;
  const kept = await keptFor(exchange, (list) => manualActivities().ledgerKept.executeWithOptions({ summary }, [list]));
  return kept && ledgerAnswer(kept);
}

/**
 * What has become of the payment. What is captured is granted in the books before anything is ended by hand, because
 * nobody books it later.
 */
async function keptPayment(exchange: Exchange): Promise<PivotAnswer | undefined> {
  const summary = `ask what has become of the payment of ${exchange.id}`;
  const kept = await keptFor(exchange, (list) =>
    manualActivities().paymentKept.executeWithOptions({ summary }, [list]),
  );
  if (kept?.outcome === 'captured')
    await assertBooked(exchange, 'The payment is captured, and the ledger has yet to book what was paid for');
  return kept && paymentAnswer(kept);
}

/** What has become of the refund. What it undoes is booked before anything is ended by hand, as for a payment. */
async function keptRefund(exchange: Exchange): Promise<PivotAnswer | undefined> {
  const summary = `ask what has become of the refund of ${exchange.id}`;
  const kept = await keptFor(exchange, (list) => manualActivities().refundKept.executeWithOptions({ summary }, [list]));
  if (kept?.outcome === 'refunded')
    await assertBooked(exchange, 'The money is given back, and the ledger has yet to book what is taken for it');
  return kept && refundAnswer(kept);
}

/** @throws ApplicationFailure where the ledger has not booked the exchange */
async function assertBooked(exchange: Exchange, why: string): Promise<void> {
  if ((await keptByLedger(exchange))?.done !== true)
    throw refusal('saga-not-resolvable', `${why}. That cannot be skipped. Retry it.`);
}

/** What a participant has kept for an exchange, or undefined where that is nothing. */
async function keptFor<O extends { id: string; outcome: string }>(
  exchange: Exchange,
  ask: (list: ExchangeRef[]) => Promise<Answers<O | NothingKept>>,
): Promise<O | undefined> {
  const list = [refOf(exchange)];
  const [kept] = expand(list, await ask(list));
  return kept === undefined || kept.outcome === 'open' || kept.outcome === 'failed' ? undefined : (kept as O);
}

async function endByHand(exchange: Exchange, pivot: PivotAnswer): Promise<Closing> {
  const list = [{ ...refOf(exchange), booked: pivot.done }];
  const [kept] = expand(
    list,
    await manualActivities().inventoryEndByHand.executeWithOptions(
      { summary: `end the hold of ${exchange.id} by hand` },
      [list],
    ),
  );
  if (kept === undefined || kept.outcome === 'failed')
    throw new Error(`${exchange.id}: the inventory did not answer for it`);
  if (!pivot.done) return closingAfterRelease(exchange, pivot, kept);
  assertMoved(exchange, kept);
  return closingOf(exchange, pivot);
}

function refusal(code: string, detail: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message: detail, nonRetryable: true });
}
