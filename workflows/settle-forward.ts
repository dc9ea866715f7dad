import type { StepAnswer, StepElement, StepName } from '../contracts/activities.js';
import { closeActivity } from '../contracts/activities.js';
import { BrokenProtocol, type ClosedDeal, type Closing, type Waiting } from '../contracts/answers.js';
import type { Cause, Exchange } from '../contracts/nouns.js';
import {
  assertMoved,
  assertPosted,
  closingOf,
  hasItems,
  holdAnswer,
  isPaid,
  ledgerAnswer,
  pivotOf,
  refOf,
  workflowCancelled,
  type PaidExchange,
  type PivotAnswer,
} from './exchange.rules.js';

/** An exchange whose pivot has said that nothing was done, and why. */
export interface NotDone {
  exchange: Exchange;
  pivot: Extract<PivotAnswer, { done: false }>;
}

/** An exchange that is to be turned back, and why. Where the pivot has kept another cause, that one stays. */
export interface TurnedBack<E extends Exchange = Exchange> {
  exchange: E;
  cause: Cause;
}

/** What the forward way asks. A run has the steps dispatched; a local attempt calls the services themselves. */
export interface ForwardSteps {
  /** Asks a step about exchanges. The answers are by id; an exchange that has failed is not among them. */
  ask<N extends StepName>(step: N, elements: readonly StepElement<N>[]): Promise<Map<string, StepAnswer<N>>>;
  /** Gives back the items of exchanges whose pivot has said "not done", and closes them. */
  undo(notDone: NotDone[]): Promise<ClosedDeal[]>;
  /** Turns back exchanges that another run has turned back, as their hold says, or whose payment is turned back. */
  turnBack(turned: TurnedBack[]): Promise<ClosedDeal[]>;
  /** Says on the rows of exchanges whom they wait for. They stay open, and the run is over for them. */
  wait(waiting: [Exchange, Waiting][]): Promise<void>;
  /** An answer about the exchange is what the protocol excludes. */
  broken(exchange: Exchange, error: BrokenProtocol): void;
}

/**
 * The forward way of exchanges: reserve, pivot, finish, for all of them together. It does nothing but ask, so it is the
 * same for dispatched steps, for a local attempt, and for what a local attempt has answered. It may be made again from
 * the beginning at any time, because each step answers what is kept.
 * @returns what the rows of the exchanges say that were closed
 */
export async function settleForward(steps: ForwardSteps, exchanges: readonly Exchange[]): Promise<ClosedDeal[]> {
  const { held, refused, tombstoned } = await hold(steps, exchanges);
  const { posted, notDone } = await transfer(steps, heldFor('ledger', held));
  // A step that has nothing to do is not begun. A workflow pays for each promise, and most exchanges have nothing to
  // undo.
  const ends = [finish(steps, posted, heldFor('inventory', held))];
  const paid = held.filter(isPaid);
  if (paid.length > 0) ends.push(settlePaid(steps, paid));
  if (refused.length > 0) ends.push(close(steps, refused));
  if (notDone.length > 0) ends.push(steps.undo(notDone));
  if (tombstoned.length > 0)
    ends.push(steps.turnBack(tombstoned.map((exchange) => ({ exchange, cause: workflowCancelled }))));
  return (await Promise.all(ends)).flat();
}

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
  const ends = [capture(steps, authorized), grant(steps, captured)];
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
  const ends = [grant(steps, captured)];
  if (later.length > 0) ends.push(capture(steps, later));
  if (turned.length > 0) ends.push(steps.turnBack(turned));
  return (await Promise.all(ends)).flat();
}

function paymentOf(exchange: PaidExchange): StepElement<'paymentAuthorize'> {
  return { ...refOf(exchange), payment: exchange.payment };
}

/** Books what is captured, which is refused for nothing. Then it moves and mints the items, and closes. */
export async function grant(steps: ForwardSteps, captured: readonly PaidExchange[]): Promise<ClosedDeal[]> {
  const answers = await steps.ask(
    'ledgerTransfer',
    captured.map((exchange) => ({ ...refOf(exchange), legs: exchange.legs, paid: true })),
  );
  const posted = captured.filter((exchange) => {
    const answer = answers.get(exchange.id);
    return answer !== undefined && agrees(steps, exchange, () => assertPosted(exchange, answer));
  });
  return finish(steps, posted, []);
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
): Promise<{ held: Exchange[]; refused: [Exchange, Closing][]; tombstoned: Exchange[] }> {
  const asked = exchanges.filter(hasItems).map(({ id, title, moves, mints }) => ({
    id,
    title,
    moves,
    ...(mints !== undefined && { mints }),
  }));
  const answers = await steps.ask('inventoryHold', asked);
  const held: Exchange[] = [];
  const refused: [Exchange, Closing][] = [];
  const tombstoned: Exchange[] = [];
  for (const exchange of exchanges) {
    const answer = answers.get(exchange.id);
    if (!hasItems(exchange) || answer?.outcome === 'ok') held.push(exchange);
    else if (answer?.outcome === 'refused')
      refused.push([exchange, closingOf(exchange, { done: false, state: 'refused', cause: answer.cause })]);
    else if (answer?.outcome === 'tombstone') tombstoned.push(exchange);
  }
  return { held, refused, tombstoned };
}

/** The pivot of the exchanges with legs that are not paid in real money. */
async function transfer(
  steps: ForwardSteps,
  exchanges: Exchange[],
): Promise<{ posted: Exchange[]; notDone: NotDone[] }> {
  const answers = await steps.ask(
    'ledgerTransfer',
    exchanges.map((exchange) => ({ ...refOf(exchange), legs: exchange.legs })),
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

/** Closes deals of any kinds, those of each kind by the step of that kind. */
export async function close(
  steps: Pick<ForwardSteps, 'ask'>,
  closings: readonly [Exchange, Closing][],
): Promise<ClosedDeal[]> {
  const closed = await Promise.all(
    byKind(closings).map(async ([kind, some]) => {
      const answers = await steps.ask(closeActivity(kind), some);
      return some.flatMap((closing) => {
        const answer = answers.get(closing.id);
        return answer === undefined
          ? []
          : [{ ...closing, closedAt: answer.closedAt, ...(answer.wasStuck && { wasStuck: true as const }) }];
      });
    }),
  );
  return closed.flat();
}

/** What is said of exchanges, for each kind of deal. */
export function byKind<T>(said: readonly [Exchange, T][]): [kind: string, some: T[]][] {
  const kinds = new Map<string, T[]>();
  for (const [{ kind }, one] of said) {
    const some = kinds.get(kind);
    if (some === undefined) kinds.set(kind, [one]);
    else some.push(one);
  }
  return [...kinds];
}
