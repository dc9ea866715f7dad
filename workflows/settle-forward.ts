import type { StepElement } from '../contracts/activities.js';
import { BrokenProtocol, type ClosedDeal, type Closing, type Waiting } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import { close } from './close-deals.js';
import {
  assertMoved,
  assertPosted,
  assertReplaceable,
  closingOf,
  hasInstead,
  hasItems,
  holdAnswer,
  isPaid,
  isRefund,
  ledgerAnswer,
  legsOf,
  pivotOf,
  refOf,
  workflowCancelled,
  type Missing,
  type PaidExchange,
  type PivotAnswer,
  type RefundExchange,
} from './exchange.rules.js';
import type { ForwardSteps, NotDone, TurnedBack } from './forward-steps.js';

/**
 * The forward way of exchanges: reserve, pivot, finish, for all of them together. It does nothing but ask, so it is the
 * same for dispatched steps, for a local attempt, and for what a local attempt has answered. It may be made again from
 * the beginning at any time, because each step answers what is kept.
 * @returns what the rows of the exchanges say that were closed
 */
export async function settleForward(steps: ForwardSteps, exchanges: readonly Exchange[]): Promise<ClosedDeal[]> {
  const { held, missing, refused, tombstoned } = await hold(steps, exchanges);
  const { posted, notDone } = await transfer(steps, heldFor('ledger', held), missing);
  // A step that has nothing to do is not begun. A workflow pays for each promise, and most exchanges have nothing to
  // undo.
  const ofItems = heldFor('inventory', held);
  const replaceable = ofItems.filter(hasInstead);
  const plain = replaceable.length === 0 ? ofItems : ofItems.filter((exchange) => !hasInstead(exchange));
  const ends = [finish(steps, posted, plain)];
  const paid = held.filter(isPaid);
  const refunds = held.filter(isRefund);
  if (paid.length > 0) ends.push(settlePaid(steps, paid));
  if (refunds.length > 0) ends.push(settleRefunds(steps, refunds, missing));
  if (replaceable.length > 0) ends.push(moveAndBook(steps, replaceable, missing));
  if (refused.length > 0) ends.push(close(steps, refused));
  if (notDone.length > 0) ends.push(steps.undo(notDone));
  if (tombstoned.length > 0)
    ends.push(steps.turnBack(tombstoned.map((exchange) => ({ exchange, cause: workflowCancelled }))));
  return (await Promise.all(ends)).flat();
}

/** What is missing of a purchase: it moves nothing. */
const nothingMissing: Missing = new Map();

function heldFor(pivot: 'ledger' | 'inventory', held: readonly Exchange[]): Exchange[] {
  return held.filter((exchange) => pivotOf(exchange) === pivot);
}

/** The rest of the way of exchanges that are paid in real money: authorise, capture, which is the pivot, and grant. */
async function settlePaid(steps: ForwardSteps, exchanges: readonly PaidExchange[]): Promise<ClosedDeal[]> {
  const answers = await steps.ask('paymentAuthorize', exchanges.map(paymentOf));
  const authorized: PaidExchange[] = [];
  const captured: PaidExchange[] = [];
  const turned: TurnedBack[] = [];
  const waiting: [Exchange, Waiting][] = [];
  const later = exchanges.filter(({ id }) => answers.get(id)?.outcome === 'later');
  for (const exchange of exchanges) {
    const answer = answers.get(exchange.id);
    if (answer?.outcome === 'authorized') authorized.push(exchange);
    else if (answer?.outcome === 'captured') captured.push(exchange);
    else if (answer?.outcome === 'turned-back') turned.push({ exchange, cause: answer.cause });
    else if (answer?.outcome === 'waits')
      waiting.push([exchange, { id: exchange.id, for: answer.for, until: answer.until }]);
  }
  const ends = [capture(steps, authorized)];
  if (captured.length > 0) ends.push(steps.grant(captured));
  if (later.length > 0) ends.push(settlePaid(steps, later));
  if (turned.length > 0) ends.push(steps.turnBack(turned));
  if (waiting.length > 0) ends.push(steps.wait(waiting).then(() => []));
  return (await Promise.all(ends)).flat();
}

/** Captures what is authorised, and grants it. */
async function capture(steps: ForwardSteps, authorized: readonly PaidExchange[]): Promise<ClosedDeal[]> {
  const answers = await steps.ask('paymentCapture', authorized.map(paymentOf));
  const captured: PaidExchange[] = [];
  const turned: TurnedBack[] = [];
  const later = authorized.filter(({ id }) => answers.get(id)?.outcome === 'later');
  for (const exchange of authorized) {
    const answer = answers.get(exchange.id);
    if (answer?.outcome === 'captured') captured.push(exchange);
    else if (answer?.outcome === 'turned-back') turned.push({ exchange, cause: answer.cause });
  }
  const ends = captured.length > 0 ? [steps.grant(captured)] : [];
  if (later.length > 0) ends.push(capture(steps, later));
  if (turned.length > 0) ends.push(steps.turnBack(turned));
  return (await Promise.all(ends)).flat();
}

function paymentOf(exchange: PaidExchange): StepElement<'paymentAuthorize'> {
  return { ...refOf(exchange), payment: exchange.payment };
}

/** The rest of the way of exchanges that give real money back: the refund, which is the pivot, and what it undoes. */
async function settleRefunds(
  steps: ForwardSteps,
  exchanges: readonly RefundExchange[],
  missing: Missing,
): Promise<ClosedDeal[]> {
  const answers = await steps.ask(
    'paymentRefund',
    exchanges.map((exchange) => ({ ...refOf(exchange), refund: exchange.refund })),
  );
  const refunded: RefundExchange[] = [];
  const turned: TurnedBack[] = [];
  const waiting: [Exchange, Waiting][] = [];
  const later = exchanges.filter(({ id }) => answers.get(id)?.outcome === 'later');
  for (const exchange of exchanges) {
    const answer = answers.get(exchange.id);
    if (answer?.outcome === 'refunded') refunded.push(exchange);
    else if (answer?.outcome === 'turned-back') turned.push({ exchange, cause: answer.cause });
    else if (answer?.outcome === 'waits')
      waiting.push([exchange, { id: exchange.id, for: answer.for, until: answer.until }]);
  }
  const ends = refunded.length > 0 ? [steps.grant(refunded, missing)] : [];
  if (later.length > 0) ends.push(settleRefunds(steps, later, missing));
  if (turned.length > 0) ends.push(steps.turnBack(turned));
  if (waiting.length > 0) ends.push(steps.wait(waiting).then(() => []));
  return (await Promise.all(ends)).flat();
}

/** Books what is captured or refunded. Then it moves and mints the items, and closes. */
export async function grant(
  steps: ForwardSteps,
  done: readonly Exchange[],
  missing = nothingMissing,
): Promise<ClosedDeal[]> {
  return finish(steps, await book(steps, done, missing), []);
}

/** Moves items, which is the pivot, and books what is owed for those that are missing. Then it closes. */
async function moveAndBook(steps: ForwardSteps, held: readonly Exchange[], missing: Missing): Promise<ClosedDeal[]> {
  const answers = await steps.ask('inventoryMove', held.map(refOf));
  const pivots = new Map([...answers].map(([id, answer]) => [id, holdAnswer(answer)]));
  const { posted: moved, notDone } = splitByPivot(held, pivots);
  const booked = await book(steps, moved, missing);
  return close(steps, [
    ...booked.map((exchange): [Exchange, Closing] => [exchange, closingOf(exchange, { done: true })]),
    ...notDone.map(({ exchange, pivot }): [Exchange, Closing] => [exchange, closingOf(exchange, pivot)]),
  ]);
}

/**
 * Finishes exchanges whose pivot was done before they could be turned back, and which are not booked yet. What the hold
 * has kept says what is owed besides.
 */
export async function finishDone(steps: ForwardSteps, done: readonly Exchange[]): Promise<ClosedDeal[]> {
  const { held, missing, refused, tombstoned } = await hold(steps, done.filter(hasInstead));
  for (const exchange of [...refused.map(([one]) => one), ...tombstoned])
    steps.broken(exchange, new BrokenProtocol(`${exchange.id}: nothing was held although its pivot is done`));
  const known = [...done.filter((exchange) => !hasInstead(exchange)), ...held];
  const [moved, others] = [heldFor('inventory', known), known.filter((one) => pivotOf(one) !== 'inventory')];
  const ends = [grant(steps, others, missing)];
  if (moved.length > 0) ends.push(moveAndBook(steps, moved, missing));
  return (await Promise.all(ends)).flat();
}

/** Books what another pivot has decided, which is refused for nothing. @returns what has no more to be booked */
async function book(steps: ForwardSteps, done: readonly Exchange[], missing: Missing): Promise<Exchange[]> {
  const elements = done.map((exchange) => transferOf(exchange, missing)).filter(({ legs }) => legs.length > 0);
  const asked = new Set(elements.map(({ id }) => id));
  const answers = await steps.ask(
    'ledgerTransfer',
    elements.map((element) => ({ ...element, paid: true })),
  );
  return done.filter((exchange) => {
    if (!asked.has(exchange.id)) return true;
    const answer = answers.get(exchange.id);
    return answer !== undefined && agrees(steps, exchange, () => assertPosted(exchange, answer));
  });
}

function transferOf(exchange: Exchange, missing: Missing): StepElement<'ledgerTransfer'> {
  const { debit } = exchange;
  return { ...refOf(exchange), legs: legsOf(exchange, missing), ...(debit !== undefined && { debit }) };
}

/** Whether an answer agrees with the protocol. One that does not is told. */
function agrees(steps: Pick<ForwardSteps, 'broken'>, exchange: Exchange, check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (!(error instanceof BrokenProtocol)) throw error;
    steps.broken(exchange, error);
    return false;
  }
}

/**
 * Sets the items aside, and reserves those that are to be minted. An exchange without items has nothing to set aside,
 * so it counts as held.
 */
async function hold(
  steps: ForwardSteps,
  exchanges: readonly Exchange[],
): Promise<{ held: Exchange[]; missing: Missing; refused: [Exchange, Closing][]; tombstoned: Exchange[] }> {
  const asked = exchanges.filter(hasItems).map(({ id, title, moves, mints }) => ({
    id,
    title,
    moves,
    ...(mints !== undefined && { mints }),
  }));
  const answers = await steps.ask('inventoryHold', asked);
  const held: Exchange[] = [];
  const missing = new Map<string, readonly string[]>();
  const refused: [Exchange, Closing][] = [];
  const tombstoned: Exchange[] = [];
  for (const exchange of exchanges) {
    const answer = answers.get(exchange.id);
    if (answer?.outcome === 'ok' && answer.missing !== undefined) {
      const gone = answer.missing;
      if (!agrees(steps, exchange, () => assertReplaceable(exchange, gone))) continue;
      missing.set(exchange.id, gone);
    }
    if (!hasItems(exchange) || answer?.outcome === 'ok') held.push(exchange);
    else if (answer?.outcome === 'refused')
      refused.push([exchange, closingOf(exchange, { done: false, state: 'refused', cause: answer.cause })]);
    else if (answer?.outcome === 'tombstone') tombstoned.push(exchange);
  }
  return { held, missing, refused, tombstoned };
}

/** The pivot of the exchanges with legs that ask no provider for anything. */
async function transfer(
  steps: ForwardSteps,
  exchanges: Exchange[],
  missing: Missing,
): Promise<{ posted: Exchange[]; notDone: NotDone[] }> {
  const answers = await steps.ask(
    'ledgerTransfer',
    exchanges.map((exchange) => transferOf(exchange, missing)),
  );
  return splitByPivot(exchanges, new Map([...answers].map(([id, answer]) => [id, ledgerAnswer(answer)])));
}

/** What the pivots have done and what they have not. An exchange whose pivot has not answered is neither. */
export function splitByPivot<E extends Exchange>(
  exchanges: readonly E[],
  pivots: ReadonlyMap<string, PivotAnswer>,
): { posted: E[]; notDone: NotDone[] } {
  const posted: E[] = [];
  const notDone: NotDone[] = [];
  for (const exchange of exchanges) {
    const pivot = pivots.get(exchange.id);
    if (pivot?.done === true) posted.push(exchange);
    else if (pivot?.done === false) notDone.push({ exchange, pivot });
  }
  return { posted, notDone };
}

/**
 * Moves and mints the items of exchanges that are booked, and of exchanges of items alone, whose pivot this is. Then it
 * closes them all.
 */
export async function finish(steps: ForwardSteps, posted: Exchange[], itemsOnly: Exchange[]): Promise<ClosedDeal[]> {
  const moving = [...posted.filter(hasItems), ...itemsOnly];
  const answers = await steps.ask('inventoryMove', moving.map(refOf));
  const closings: [Exchange, Closing][] = posted
    .filter((exchange) => !hasItems(exchange))
    .map((exchange) => [exchange, closingOf(exchange, { done: true })]);
  for (const exchange of moving) {
    const answer = answers.get(exchange.id);
    if (answer === undefined) continue;
    if (pivotOf(exchange) === 'inventory' || agrees(steps, exchange, () => assertMoved(exchange, answer)))
      closings.push([exchange, closingOf(exchange, holdAnswer(answer))]);
  }
  return close(steps, closings);
}
