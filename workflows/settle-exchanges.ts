import { CancellationScope, allHandlersFinished, condition, defineUpdate, isCancellation, setHandler } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import { compensateUpdate, type Cause, type Closing, type Exchange, type ExchangeRef, type HoldOutcome, type OperatorAct, type TransferOutcome } from './contracts.js';
import { steps, undoSteps } from './exchange-steps.js';
import {
  assertCompensable,
  assertMoved,
  cancelledByOperator,
  closingAfterRelease,
  closingOf,
  compensatedBy,
  hasLegs,
  hasMoves,
  holdAnswer,
  ledgerAnswer,
  type PivotAnswer,
} from './exchange.rules.js';

/** An exchange whose pivot has said that nothing was done, and why. */
interface NotDone {
  exchange: Exchange;
  pivot: Extract<PivotAnswer, { done: false }>;
}

/** Exchanges with legs, parted by what the ledger has answered. */
interface Parted {
  posted: Exchange[];
  notDone: NotDone[];
}

const ref = ({ id, title }: Exchange): ExchangeRef => ({ id, title });

/** One line for the Temporal UI that says what a step does to how many exchanges. */
function says(verb: string, exchanges: readonly { id: string }[]): ActivityOptions {
  const [first] = exchanges;
  return { summary: exchanges.length === 1 && first !== undefined ? `${verb} ${first.id}` : `${verb} ${exchanges.length} exchanges` };
}

/** What turning back has come to: what was settled all the same and is yet to be finished, and what the other rows are to say. */
interface TurnedBack {
  posted: Exchange[];
  closings: Closing[];
}

/**
 * Settles exchanges: reserve, pivot, finish, for all of them together. An exchange that is refused is undone and
 * closed with its reason while the rest go on. Any number of runs of one exchange come to one end, because every
 * participant keeps its first answer.
 *
 * The undo needs no stack: it is `turnBack`, computed from the input alone, which touches the pivot first and goes by
 * its answer. It is in place before the first step runs, and it runs in a scope that cannot be cancelled. It waits for
 * no step that is under way: whatever such a step still does, the pivot's answer stands.
 * @returns what each deal's row says, in the order of the exchanges
 */
export async function settleExchanges(exchanges: Exchange[]): Promise<Closing[]> {
  const forward = new CancellationScope();
  let turned: Promise<TurnedBack> | undefined;
  const back = (cause: Cause): Promise<TurnedBack> => (turned ??= turnBack(exchanges, cause));
  setHandler(
    defineUpdate<Closing, [OperatorAct]>(compensateUpdate),
    async (act) => {
      const answer = back(compensatedBy(act));
      forward.cancel();
      const { posted, closings } = await answer;
      const [closing] = [...posted.map((exchange) => closingOf(ref(exchange), { done: true })), ...closings];
      if (closing === undefined) throw new Error('The saga has no exchange.');
      return closing;
    },
    { validator: (act) => assertCompensable(exchanges, act) },
  );
  try {
    return inOrder(exchanges, await forward.run(() => goForward(exchanges)));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return inOrder(exchanges, await finishBack(await back(cancelledByOperator)));
  } finally {
    // An operator who was let in is told the end before the workflow is over.
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

async function goForward(exchanges: Exchange[]): Promise<Closing[]> {
  const { held, refused, tombstoned } = await hold(exchanges);
  const { posted, notDone } = await transfer(held.filter(hasLegs));
  const [settled, ...others] = await Promise.all([
    finish(posted, held.filter((exchange) => !hasLegs(exchange))),
    close(refused),
    undo(notDone),
    // A tombstone says that another run has turned back. The pivot has kept why, and answers that whatever it is given.
    turnBack(tombstoned, cancelledByOperator).then(finishBack),
  ]);
  return [...settled, ...others.flat()];
}

/** Sets the items aside. An exchange without items has nothing to set aside, so it counts as held. */
async function hold(exchanges: Exchange[]): Promise<{ held: Exchange[]; refused: Closing[]; tombstoned: Exchange[] }> {
  const asked = exchanges.filter(hasMoves);
  const answers = new Map<string, HoldOutcome>();
  if (asked.length > 0) {
    const outcomes = await steps().inventoryHold.executeWithOptions(says('hold the items of', asked), [asked.map((exchange) => ({ ...ref(exchange), moves: exchange.moves }))]);
    for (const outcome of outcomes) answers.set(outcome.id, outcome);
  }
  const held: Exchange[] = [];
  const refused: Closing[] = [];
  const tombstoned: Exchange[] = [];
  for (const exchange of exchanges) {
    const answer = answers.get(exchange.id);
    if (answer === undefined || answer.outcome === 'ok') held.push(exchange);
    else if (answer.outcome === 'refused') refused.push({ ...ref(exchange), state: 'refused', cause: answer.cause });
    else tombstoned.push(exchange);
  }
  return { held, refused, tombstoned };
}

/** The pivot of the exchanges with legs. */
async function transfer(exchanges: Exchange[]): Promise<Parted> {
  if (exchanges.length === 0) return { posted: [], notDone: [] };
  const answers = await steps().ledgerTransfer.executeWithOptions(says('book the legs of', exchanges), [exchanges.map((exchange) => ({ ...ref(exchange), legs: exchange.legs }))]);
  return byPivot(exchanges, answers);
}

/** Moves the items of what is booked, and of the exchanges of items alone, whose pivot this is; then closes them all. */
async function finish(posted: Exchange[], itemsOnly: Exchange[]): Promise<Closing[]> {
  const moving = [...posted.filter(hasMoves), ...itemsOnly];
  const closings: Closing[] = posted.filter((exchange) => !hasMoves(exchange)).map((exchange) => closingOf(ref(exchange), { done: true }));
  if (moving.length > 0) {
    const answers = await steps().inventoryMove.executeWithOptions(says('move the items of', moving), [moving.map(ref)]);
    for (const [index, exchange] of moving.entries()) {
      const answer = answerAt(answers, index, exchange);
      if (hasLegs(exchange)) assertMoved(exchange, answer);
      closings.push(closingOf(ref(exchange), hasLegs(exchange) ? { done: true } : holdAnswer(answer)));
    }
  }
  return close(closings);
}

/** Undoes exchanges whose pivot has said "not done", and closes them. It runs to its end whoever cancels. */
async function undo(notDone: NotDone[]): Promise<Closing[]> {
  return CancellationScope.nonCancellable(async () => close(await release(notDone)));
}

/** Gives the items back after the pivot has said "not done". @returns what the rows are to say */
async function release(notDone: NotDone[]): Promise<Closing[]> {
  const closings: Closing[] = notDone.filter(({ exchange }) => !hasMoves(exchange)).map(({ exchange, pivot }) => closingOf(ref(exchange), pivot));
  const holding = notDone.filter(({ exchange }) => hasMoves(exchange));
  if (holding.length > 0) {
    const released = holding.map(({ exchange, pivot }) => ({ ...ref(exchange), cause: pivot.cause }));
    const answers = await undoSteps().inventoryRelease.executeWithOptions(says('give back the items of', released), [released]);
    for (const [index, { exchange, pivot }] of holding.entries()) closings.push(closingAfterRelease(ref(exchange), pivot, answerAt(answers, index, exchange)));
  }
  return closings;
}

/**
 * Turns exchanges back from wherever they are. It asks the pivot first, and gives back only what the pivot has said is
 * not done. It runs to its end whoever cancels.
 */
async function turnBack(exchanges: Exchange[], cause: Cause): Promise<TurnedBack> {
  return CancellationScope.nonCancellable(async () => {
    const [withLegs, itemsOnly] = await Promise.all([cancelTransfers(exchanges.filter(hasLegs), cause), releasePivots(exchanges.filter((exchange) => !hasLegs(exchange)), cause)]);
    return { posted: withLegs.posted, closings: [...itemsOnly, ...(await release(withLegs.notDone))] };
  });
}

/** Finishes what the pivot had done before it could be turned back, and closes everything. It runs to its end whoever cancels. */
async function finishBack({ posted, closings }: TurnedBack): Promise<Closing[]> {
  return CancellationScope.nonCancellable(async () => (await Promise.all([finish(posted, []), close(closings)])).flat());
}

async function cancelTransfers(exchanges: Exchange[], cause: Cause): Promise<Parted> {
  if (exchanges.length === 0) return { posted: [], notDone: [] };
  const answers = await undoSteps().ledgerCancel.executeWithOptions(says('cancel the legs of', exchanges), [exchanges.map((exchange) => ({ ...ref(exchange), cause }))]);
  return byPivot(exchanges, answers);
}

/** For items alone the release is itself the question to the pivot. */
async function releasePivots(exchanges: Exchange[], cause: Cause): Promise<Closing[]> {
  if (exchanges.length === 0) return [];
  const answers = await undoSteps().inventoryRelease.executeWithOptions(says('give back the items of', exchanges), [exchanges.map((exchange) => ({ ...ref(exchange), cause }))]);
  return exchanges.map((exchange, index) => closingOf(ref(exchange), holdAnswer(answerAt(answers, index, exchange))));
}

async function close(closings: Closing[]): Promise<Closing[]> {
  if (closings.length > 0) await steps().closeTrades.executeWithOptions(says('close', closings), [closings]);
  return closings;
}

function byPivot(exchanges: readonly Exchange[], answers: readonly TransferOutcome[]): Parted {
  const parted: Parted = { posted: [], notDone: [] };
  for (const [index, exchange] of exchanges.entries()) {
    const pivot = ledgerAnswer(answerAt(answers, index, exchange));
    if (pivot.done) parted.posted.push(exchange);
    else parted.notDone.push({ exchange, pivot });
  }
  return parted;
}

/** A participant that answers fewer elements than it was given is broken, and an exchange must not be taken for done. */
function answerAt<T extends { id: string }>(answers: readonly T[], index: number, exchange: ExchangeRef): T {
  const answer = answers[index];
  if (answer === undefined || answer.id !== exchange.id) throw new Error(`${exchange.id}: the step did not answer for it`);
  return answer;
}

function inOrder(exchanges: readonly Exchange[], closings: readonly Closing[]): Closing[] {
  const byId = new Map(closings.map((closing) => [closing.id, closing]));
  return exchanges.flatMap(({ id }) => byId.get(id) ?? []);
}
