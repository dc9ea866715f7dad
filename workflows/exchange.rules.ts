/**
 * What the answers of the participants mean for an exchange: the decisions of the protocol, apart from the calls.
 * They are pure, so that a test can walk through every combination.
 */
import {
  BrokenProtocol,
  type Closing,
  type HoldEndOutcome,
  type RefundEndOutcome,
  type TransferOutcome,
  type VoidOutcome,
} from '../contracts/answers.js';
import type { Cause, Exchange, ExchangeRef, Leg, Payment, Refund } from '../contracts/nouns.js';
import type { OperatorAct } from '../contracts/sagas.js';

/**
 * The cause of an exchange that is turned back because its workflow was cancelled. It is not kept where another run has
 * turned the exchange back: that run has brought its own.
 */
export const workflowCancelled: Cause = {
  code: 'compensated-by-operator',
  detail: 'The workflow was cancelled before the exchange had settled.',
};

/** The cause of an exchange that an operator turned back by the update. */
export function compensatedBy({ operator, reason }: OperatorAct): Cause {
  return { code: 'compensated-by-operator', detail: `${operator}: ${reason}` };
}

const plainText = /^[^\p{Cc}\p{Cs}]{1,200}$/u;

/**
 * Why an operator's act is not let in, as a code of docs/errors.md and a sentence, or undefined. One exchange of
 * several must not take the others along, and an act says who acts and why.
 */
export function actFault(
  exchanges: readonly Exchange[],
  act: Partial<Record<keyof OperatorAct, unknown>> | undefined,
): Cause | undefined {
  if (exchanges.length !== 1)
    return {
      code: 'saga-not-alone',
      detail: `This run settles ${exchanges.length} exchanges; one that stands alone can be steered.`,
    };
  for (const name of ['operator', 'reason'] as const) {
    const text = act?.[name];
    if (typeof text !== 'string' || !plainText.test(text))
      return {
        code: 'validation-failed',
        detail: `The ${name} must be 1 to 200 characters without control characters.`,
      };
  }
  return undefined;
}

/** What the pivot has come to: done, or not done for good with the kept cause and the state that it means. */
export type PivotAnswer = { done: true } | { done: false; state: 'refused' | 'compensated'; cause: Cause };

/** What an answer of a payment means, whose capture is the pivot of every exchange that is paid in real money. */
export function paymentAnswer(answer: VoidOutcome): PivotAnswer {
  if (answer.outcome === 'captured') return { done: true };
  return { done: false, state: 'compensated', cause: answer.cause };
}

/** What an answer of a refund means, whose success is the pivot of every exchange that gives real money back. */
export function refundAnswer(answer: RefundEndOutcome): PivotAnswer {
  if (answer.outcome === 'refunded') return { done: true };
  return { done: false, state: 'compensated', cause: answer.cause };
}

/** What an answer of the ledger means where it is the pivot. */
export function ledgerAnswer(answer: TransferOutcome): PivotAnswer {
  if (answer.outcome === 'posted') return { done: true };
  return { done: false, state: answer.outcome === 'refused' ? 'refused' : 'compensated', cause: answer.cause };
}

/** What the end of a hold means where it is the pivot, which it is for an exchange of items alone. */
export function holdAnswer(answer: HoldEndOutcome): PivotAnswer {
  switch (answer.outcome) {
    case 'moved':
    case 'ended-by-hand':
      return { done: true };
    case 'refused':
      return { done: false, state: 'refused', cause: answer.cause };
    case 'released':
    case 'tombstone':
      return { done: false, state: 'compensated', cause: answer.cause };
  }
}

/** The closing of an exchange whose pivot has answered. */
export function closingOf({ id }: ExchangeRef, pivot: PivotAnswer): Closing {
  return pivot.done ? { id, state: 'settled' } : { id, state: pivot.state, cause: pivot.cause };
}

/**
 * The closing after a release that followed a pivot of legs or of a payment. A hold that had been refused is the reason
 * of the refusal, since then no run can have asked the pivot.
 * @throws BrokenProtocol if the items were moved although the pivot was not done, which the protocol excludes
 */
export function closingAfterRelease(exchange: ExchangeRef, pivot: PivotAnswer, release: HoldEndOutcome): Closing {
  if (release.outcome === 'refused') return closingOf(exchange, holdAnswer(release));
  if (release.outcome === 'moved')
    throw new BrokenProtocol(`${exchange.id}: items were moved although nothing was booked`);
  return closingOf(exchange, pivot);
}

/**
 * Asserts that what was booked is followed by its move.
 * @throws BrokenProtocol if the items were given back although the ledger has booked, which the protocol excludes
 */
export function assertMoved(exchange: ExchangeRef, move: HoldEndOutcome): void {
  if (!holdAnswer(move).done)
    throw new BrokenProtocol(`${exchange.id}: items were ${move.outcome} although the ledger has booked`);
}

/**
 * Asserts that what was captured, refunded or moved is followed by its transfer, which is refused for nothing.
 * @throws BrokenProtocol if the ledger has refused it, which the protocol excludes
 */
export function assertPosted(exchange: ExchangeRef, transfer: TransferOutcome): void {
  if (transfer.outcome !== 'posted')
    throw new BrokenProtocol(`${exchange.id}: the transfer was ${transfer.outcome} although its pivot is done`);
}

/** What later steps need of an exchange. */
export function refOf({ id, title }: Exchange): ExchangeRef {
  return { id, title };
}

/** The participant whose answer decides. */
export type Pivot = 'payment' | 'refund' | 'ledger' | 'inventory';

/**
 * The capture of the payment is the pivot where there is one, and the success of the refund where there is one. Else
 * the transfer is where there are legs, and else the move.
 *
 * The move stays the pivot where something may be booked instead of a move and there are no legs besides. The hold says
 * later whether that is anything, and the ledger keeps no answer where it is nothing: then no transfer could contradict
 * a cancel. The inventory keeps one for every exchange with items, also where all of them are missing. What is owed is
 * booked after the move, as what is refused for nothing, so such an exchange says by `debit` how it is taken.
 */
export function pivotOf({ payment, refund, legs }: Pick<Exchange, 'payment' | 'refund' | 'legs'>): Pivot {
  if (payment !== undefined) return 'payment';
  if (refund !== undefined) return 'refund';
  return legs.length > 0 ? 'ledger' : 'inventory';
}

/** An exchange that is paid in real money. */
export type PaidExchange = Exchange & { payment: Payment };

export function isPaid(exchange: Exchange): exchange is PaidExchange {
  return pivotOf(exchange) === 'payment';
}

/** An exchange that gives real money back. */
export type RefundExchange = Exchange & { refund: Refund };

export function isRefund(exchange: Exchange): exchange is RefundExchange {
  return pivotOf(exchange) === 'refund';
}

/** Whether something may be booked instead of a move. */
export function hasInstead({ moves }: Exchange): boolean {
  return moves.some(({ instead }) => instead !== undefined);
}

/** The missing instances by the ids of their exchanges, as the holds have told them. */
export type Missing = ReadonlyMap<string, readonly string[]>;

/**
 * What the ledger is asked to book: the legs, and what is owed for the instances that are missing. What one owes
 * another in one asset is one leg, however many are missing, because a transfer has room for so many legs. Where
 * nothing is owed for an instance, nothing is booked.
 */
export function legsOf({ id, legs, moves }: Exchange, missing: Missing): Leg[] {
  const gone = new Set(missing.get(id));
  if (gone.size === 0) return legs;
  const owed = new Map<string, Leg>();
  for (const { instance, instead } of moves) {
    if (instead === undefined || !gone.has(instance)) continue;
    const { from, to, asset, amount } = instead;
    const key = [from, to, asset].join(' ');
    owed.set(key, { from, to, asset, amount: String(BigInt(owed.get(key)?.amount ?? 0) + BigInt(amount)) });
  }
  return [...legs, ...[...owed.values()].filter(({ amount }) => amount !== '0')];
}

/**
 * Asserts that what is missing can be booked instead.
 * @throws BrokenProtocol if the inventory lacks an instance whose move it was to refuse, which the protocol excludes
 */
export function assertReplaceable({ id, moves }: Exchange, missing: readonly string[]): void {
  const strange = missing.find(
    (one) => !moves.some(({ instance, instead }) => instance === one && instead !== undefined),
  );
  if (strange !== undefined) throw new BrokenProtocol(`${id}: ${strange} is missing, and nothing is owed instead`);
}

/** Whether the inventory takes part. */
export function hasItems({ moves, mints = [] }: Exchange): boolean {
  return moves.length > 0 || mints.length > 0;
}

/**
 * The acts that lead on from a step. What the pivot has not decided cannot be resolved, and what it has cannot be
 * turned back.
 */
export function actsAt(step: string, pivot: Pivot): string[] {
  switch (step) {
    case 'inventoryHold':
    case 'paymentAuthorize':
    case 'paymentCapture':
    case 'paymentRefund':
      return ['retry', 'compensate'];
    case 'ledgerTransfer':
      return pivot === 'ledger' ? ['retry', 'compensate'] : ['retry'];
    case 'inventoryMove':
      return pivot === 'inventory' ? ['retry', 'compensate'] : ['retry', 'resolve'];
    case 'inventoryRelease':
      return pivot === 'inventory' ? ['retry'] : ['retry', 'resolve'];
    default:
      return ['retry'];
  }
}

/** Where a run is stuck whose participants have answered what the protocol excludes. */
export const protocolStep = 'protocol';
