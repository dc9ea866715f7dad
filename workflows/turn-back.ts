import { CancellationScope } from '@temporalio/workflow';
import { BrokenProtocol, type Closing } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import {
  closingAfterRelease,
  closingOf,
  hasInstead,
  hasItems,
  holdAnswer,
  isPaid,
  isRefund,
  ledgerAnswer,
  paymentAnswer,
  pivotOf,
  refOf,
  refundAnswer,
  type PaidExchange,
  type RefundExchange,
} from './exchange.rules.js';
import type { NotDone, TurnedBack } from './forward-steps.js';
import { splitByPivot } from './settle-forward.js';
import { paymentStep, undoStep, type Step } from './steps.js';

/** How long a run waits before it asks again about refunds that are on their way, at first and at most. */
const firstPauseMs = 1_000;
const longestPauseMs = 3_600_000;

/**
 * The result of turning exchanges back. Those whose pivot was done before are still to be finished: they are booked, or
 * are captured, refunded or moved and not booked. The others have a closing each. An exchange that has failed and left
 * the run is in none of the lists.
 */
export interface TurnBackResult {
  booked: Exchange[];
  toBook: Exchange[];
  closings: [Exchange, Closing][];
}

/** What turning back asks. */
export interface UndoSteps {
  /** Asks a step about exchanges. The answers are by id; an exchange that has failed is not among them. */
  ask<E extends { id: string }, O extends { id: string }>(
    step: Step<E, O>,
    elements: readonly E[],
  ): Promise<Map<string, O>>;
  /** Shows for which exchanges the run waits, because their refunds are on their way. There may be none. */
  showAwaited(exchanges: readonly Exchange[]): void;
  /** Lets time pass before exchanges are asked about again. @returns whether they have not left meanwhile */
  pause(exchanges: readonly Exchange[], ms: number): Promise<boolean>;
  /** An answer about the exchange is what the protocol excludes. */
  broken(exchange: Exchange, error: BrokenProtocol): void;
}

/**
 * Turns exchanges back from wherever they are. It asks the pivot of each first, and gives back only what the pivot has
 * said is not done. It runs to its end whoever cancels.
 */
export function turnBackExchanges(steps: UndoSteps, turned: readonly TurnedBack[]): Promise<TurnBackResult> {
  return CancellationScope.nonCancellable(async () => {
    const paid = turned.flatMap(({ exchange, cause }) => (isPaid(exchange) ? [{ exchange, cause }] : []));
    const refunds = turned.flatMap(({ exchange, cause }) => (isRefund(exchange) ? [{ exchange, cause }] : []));
    const ends = [
      turnBackUnpaid(
        steps,
        turned.filter(({ exchange }) => !isPaid(exchange) && !isRefund(exchange)),
      ),
    ];
    if (paid.length > 0) ends.push(turnBackPaid(steps, paid));
    if (refunds.length > 0) ends.push(turnBackRefunds(steps, refunds));
    return joined(await Promise.all(ends));
  });
}

function joined(results: readonly TurnBackResult[]): TurnBackResult {
  return {
    booked: results.flatMap(({ booked }) => booked),
    toBook: results.flatMap(({ toBook }) => toBook),
    closings: results.flatMap(({ closings }) => closings),
  };
}

/** Turns back exchanges whose pivot is the transfer, or the move where they have items alone. */
async function turnBackUnpaid(steps: UndoSteps, turned: readonly TurnedBack[]): Promise<TurnBackResult> {
  const [withLegs, itemsOnly] = await Promise.all([
    cancelTransfers(
      steps,
      turned.filter(({ exchange }) => pivotOf(exchange) === 'ledger'),
    ),
    releasePivots(
      steps,
      turned.filter(({ exchange }) => pivotOf(exchange) === 'inventory'),
    ),
  ]);
  return {
    booked: withLegs.posted,
    toBook: itemsOnly.moved,
    closings: [...itemsOnly.closings, ...(await release(steps, withLegs.notDone))],
  };
}

/**
 * Has payments voided, which decides for ever whether each is captured. It then gives back the items of exchanges whose
 * payment is cancelled. A payment that could not be asked about now is asked about again.
 */
async function turnBackPaid(steps: UndoSteps, turned: readonly TurnedBack<PaidExchange>[]): Promise<TurnBackResult> {
  const answers = await steps.ask(
    paymentStep('paymentVoid'),
    turned.map(({ exchange, cause }) => ({ ...refOf(exchange), payment: exchange.payment, cause })),
  );
  const later = turned.filter(({ exchange }) => answers.get(exchange.id)?.outcome === 'later');
  const { posted: captured, notDone } = splitByPivot(
    turned.map(({ exchange }) => exchange),
    new Map([...answers].flatMap(([id, answer]) => (answer.outcome === 'later' ? [] : [[id, paymentAnswer(answer)]]))),
  );
  const [closings, rest] = await Promise.all([
    release(steps, notDone),
    later.length === 0 ? joined([]) : turnBackPaid(steps, later),
  ]);
  return joined([{ booked: [], toBook: captured, closings }, rest]);
}

/**
 * Has refunds cancelled, which decides for ever whether each gives money back. It then gives back the items of
 * exchanges whose refund is cancelled. A refund that was sent cannot be called back, and its end may be days away. It
 * is asked about again more and more seldom.
 */
async function turnBackRefunds(
  steps: UndoSteps,
  turned: readonly TurnedBack<RefundExchange>[],
  pauseMs = firstPauseMs,
): Promise<TurnBackResult> {
  const answers = await steps.ask(
    paymentStep('paymentRefundCancel'),
    turned.map(({ exchange, cause }) => ({ ...refOf(exchange), refund: exchange.refund, cause })),
  );
  const later = turned.filter(({ exchange }) => answers.get(exchange.id)?.outcome === 'later');
  steps.showAwaited(later.map(({ exchange }) => exchange));
  const { posted: refunded, notDone } = splitByPivot(
    turned.map(({ exchange }) => exchange),
    new Map([...answers].flatMap(([id, answer]) => (answer.outcome === 'later' ? [] : [[id, refundAnswer(answer)]]))),
  );
  const again = async (): Promise<TurnBackResult> => {
    const stay =
      later.length > 0 &&
      (await steps.pause(
        later.map(({ exchange }) => exchange),
        pauseMs,
      ));
    return stay ? turnBackRefunds(steps, later, Math.min(pauseMs * 2, longestPauseMs)) : joined([]);
  };
  const [closings, rest] = await Promise.all([release(steps, notDone), again()]);
  return joined([{ booked: [], toBook: refunded, closings }, rest]);
}

/** Has transfers cancelled that are not booked yet. The ledger decides for ever whether each is booked. */
async function cancelTransfers(
  steps: UndoSteps,
  turned: readonly TurnedBack[],
): Promise<{ posted: Exchange[]; notDone: NotDone[] }> {
  const answers = await steps.ask(
    undoStep('ledgerCancel'),
    turned.map(({ exchange, cause }) => ({ ...refOf(exchange), cause })),
  );
  return splitByPivot(
    turned.map(({ exchange }) => exchange),
    new Map([...answers].map(([id, answer]) => [id, ledgerAnswer(answer)])),
  );
}

/**
 * Turns back exchanges of items alone. The inventory keeps their pivot, and `inventoryRelease` asks it. Those that were
 * moved before may owe something for what was missing.
 */
async function releasePivots(
  steps: UndoSteps,
  turned: readonly TurnedBack[],
): Promise<{ moved: Exchange[]; closings: [Exchange, Closing][] }> {
  const answers = await steps.ask(
    undoStep('inventoryRelease'),
    turned.map(({ exchange, cause }) => ({ ...refOf(exchange), cause })),
  );
  const moved: Exchange[] = [];
  const closings: [Exchange, Closing][] = [];
  for (const { exchange } of turned) {
    const answer = answers.get(exchange.id);
    if (answer === undefined) continue;
    const pivot = holdAnswer(answer);
    if (pivot.done && hasInstead(exchange)) moved.push(exchange);
    else closings.push([exchange, closingOf(exchange, pivot)]);
  }
  return { moved, closings };
}

/** What a run waits for while a refund is on its way. */
export function refundAwaited({ id }: Exchange): { step: string; description: string; why: string } {
  return {
    step: 'paymentRefundCancel',
    description: `wait for the refund of ${id} at the provider`,
    why: 'The refund was sent, and is on its way. It is asked about again more and more seldom.',
  };
}

/** Gives back the items of exchanges whose pivot has said "not done". @returns their closings */
export async function release(steps: UndoSteps, notDone: readonly NotDone[]): Promise<[Exchange, Closing][]> {
  const closings: [Exchange, Closing][] = notDone
    .filter(({ exchange }) => !hasItems(exchange))
    .map(({ exchange, pivot }) => [exchange, closingOf(exchange, pivot)]);
  const holding = notDone.filter(({ exchange }) => hasItems(exchange));
  const answers = await steps.ask(
    undoStep('inventoryRelease'),
    holding.map(({ exchange, pivot }) => ({ ...refOf(exchange), cause: pivot.cause })),
  );
  for (const { exchange, pivot } of holding) {
    const answer = answers.get(exchange.id);
    if (answer === undefined) continue;
    try {
      closings.push([exchange, closingAfterRelease(exchange, pivot, answer)]);
    } catch (error) {
      if (!(error instanceof BrokenProtocol)) throw error;
      steps.broken(exchange, error);
    }
  }
  return closings;
}
