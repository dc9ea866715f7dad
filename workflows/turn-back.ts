import { CancellationScope } from '@temporalio/workflow';
import { BrokenProtocol, type Closing } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import {
  closingAfterRelease,
  closingOf,
  hasItems,
  holdAnswer,
  isPaid,
  ledgerAnswer,
  paymentAnswer,
  pivotOf,
  refOf,
  type PaidExchange,
} from './exchange.rules.js';
import { splitByPivot, type NotDone, type TurnedBack } from './settle-forward.js';
import { paymentStep, undoStep, type Step } from './steps.js';

/**
 * The result of turning exchanges back. Those that the pivot had booked or captured before are still to be finished.
 * The others have a closing each. An exchange that has failed and left the run is in none of the lists.
 */
export interface TurnBackResult {
  booked: Exchange[];
  captured: PaidExchange[];
  closings: [Exchange, Closing][];
}

/** What turning back asks. */
export interface UndoSteps {
  /** Asks a step about exchanges. The answers are by id; an exchange that has failed is not among them. */
  ask<E extends { id: string }, O extends { id: string }>(
    step: Step<E, O>,
    elements: readonly E[],
  ): Promise<Map<string, O>>;
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
    const unpaid = turnBackUnpaid(
      steps,
      turned.filter(({ exchange }) => !isPaid(exchange)),
    );
    if (paid.length === 0) return unpaid;
    const [{ booked, closings }, rest] = await Promise.all([unpaid, turnBackPaid(steps, paid)]);
    return { booked, captured: rest.captured, closings: [...closings, ...rest.closings] };
  });
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
    captured: [],
    closings: [...itemsOnly, ...(await release(steps, withLegs.notDone))],
  };
}

/**
 * Has payments voided, which decides for ever whether each is captured. It then gives back the items of exchanges whose
 * payment is cancelled. A payment that could not be asked about now is asked about again.
 */
async function turnBackPaid(
  steps: UndoSteps,
  turned: readonly TurnedBack<PaidExchange>[],
): Promise<Pick<TurnBackResult, 'captured' | 'closings'>> {
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
    later.length === 0 ? { captured: [], closings: [] } : turnBackPaid(steps, later),
  ]);
  return { captured: [...captured, ...rest.captured], closings: [...closings, ...rest.closings] };
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
 * Turns back exchanges of items alone. They have no transfer; the inventory keeps their pivot, and `inventoryRelease`
 * asks it.
 */
async function releasePivots(steps: UndoSteps, turned: readonly TurnedBack[]): Promise<[Exchange, Closing][]> {
  const answers = await steps.ask(
    undoStep('inventoryRelease'),
    turned.map(({ exchange, cause }) => ({ ...refOf(exchange), cause })),
  );
  return turned.flatMap(({ exchange }): [Exchange, Closing][] => {
    const answer = answers.get(exchange.id);
    return answer === undefined ? [] : [[exchange, closingOf(exchange, holdAnswer(answer))]];
  });
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
