import type { StepAnswer, StepElement, StepName } from '../contracts/activities.js';
import { closeActivity } from '../contracts/activities.js';
import { BrokenProtocol, type ClosedDeal, type Closing } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import {
  assertMoved,
  closingOf,
  hasLegs,
  hasItems,
  holdAnswer,
  ledgerAnswer,
  refOf,
  type PivotAnswer,
} from './exchange.rules.js';

/** An exchange whose pivot has said that nothing was done, and why. */
export interface NotDone {
  exchange: Exchange;
  pivot: Extract<PivotAnswer, { done: false }>;
}

/** What the forward way asks. A run has the steps dispatched; a local attempt calls the services themselves. */
export interface ForwardSteps {
  /** Asks a step about exchanges. The answers are by id; an exchange that has failed is not among them. */
  ask<N extends StepName>(step: N, elements: readonly StepElement<N>[]): Promise<Map<string, StepAnswer<N>>>;
  /** Gives back the items of exchanges whose pivot has said "not done", and closes them. */
  undo(notDone: NotDone[]): Promise<ClosedDeal[]>;
  /** Turns back exchanges whose hold says that another run has turned them back. */
  turnBack(exchanges: Exchange[]): Promise<ClosedDeal[]>;
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
  const { posted, notDone } = await transfer(steps, held.filter(hasLegs));
  // A step that has nothing to do is not begun. A workflow pays for each promise, and most exchanges have nothing to
  // undo.
  const ends = [
    finish(
      steps,
      posted,
      held.filter((exchange) => !hasLegs(exchange)),
    ),
  ];
  if (refused.length > 0) ends.push(close(steps, refused));
  if (notDone.length > 0) ends.push(steps.undo(notDone));
  if (tombstoned.length > 0) ends.push(steps.turnBack(tombstoned));
  return (await Promise.all(ends)).flat();
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

/** The pivot of the exchanges with legs. */
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

/** What the ledger has booked and what it has not. An exchange that it has not answered for is neither. */
export function splitByPivot(
  exchanges: readonly Exchange[],
  pivots: ReadonlyMap<string, PivotAnswer>,
): { posted: Exchange[]; notDone: NotDone[] } {
  const posted: Exchange[] = [];
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
    try {
      if (hasLegs(exchange)) assertMoved(exchange, answer);
      closings.push([exchange, closingOf(exchange, holdAnswer(answer))]);
    } catch (error) {
      if (!(error instanceof BrokenProtocol)) throw error;
      steps.broken(exchange, error);
    }
  }
  return close(steps, closings);
}

/** Closes deals of any kinds, those of each kind by the step of that kind. */
export async function close(
  steps: Pick<ForwardSteps, 'ask'>,
  closings: readonly [Exchange, Closing][],
): Promise<ClosedDeal[]> {
  const byKind = new Map<string, [Exchange, Closing][]>();
  for (const one of closings) {
    const some = byKind.get(one[0].kind);
    if (some === undefined) byKind.set(one[0].kind, [one]);
    else some.push(one);
  }
  const closed = await Promise.all(
    [...byKind].map(async ([kind, some]) => {
      const answers = await steps.ask(
        closeActivity(kind),
        some.map(([, closing]) => closing),
      );
      return some.flatMap(([{ id }, closing]) => {
        const answer = answers.get(id);
        return answer === undefined
          ? []
          : [{ ...closing, closedAt: answer.closedAt, ...(answer.wasStuck && { wasStuck: true as const }) }];
      });
    }),
  );
  return closed.flat();
}
