import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Answers, ClosedDeal, Closing, MoveOutcome, ReleaseOutcome, TransferOutcome } from '../contracts/answers.js';
import type { Cause, Exchange, ExchangeRef } from '../contracts/nouns.js';
import { Convoy } from './convoy.js';
import { step, undoStep } from './exchange-steps.js';
import {
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
import { takeActs } from './operator-acts.js';
import { SagaWatch } from './saga-watch.js';

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

/** What turning back has come to: what was settled all the same and is yet to be finished, and what the other rows are to say. */
interface TurnedBack {
  posted: Exchange[];
  closings: Closing[];
}

const ref = ({ id, title }: Exchange): ExchangeRef => ({ id, title });

/**
 * Settles exchanges: reserve, pivot, finish, for all of them together. An exchange that is refused is undone and
 * closed with its reason while the rest go on; one whose step can neither succeed nor be refused leaves, and goes on by
 * itself. Any number of runs of one exchange come to one end, because every participant keeps its first answer.
 *
 * The undo needs no stack: it is `turnBack`, computed from the input alone, which touches the pivot first and goes by
 * its answer. It is in place before the first step runs, and it runs in a scope that cannot be cancelled. It waits for
 * no step that is under way: whatever such a step still does, the pivot's answer stands.
 * @returns what each deal's row says; of one that has left, that it has
 */
export async function exchangeSaga(exchanges: Exchange[]): Promise<Answers<ClosedDeal>> {
  const watch = new SagaWatch(exchanges);
  const convoy = new Convoy(exchanges, watch);
  const forward = new CancellationScope();
  let turned: Promise<TurnedBack> | undefined;
  const back = (cause: Cause): Promise<TurnedBack> => {
    if (turned === undefined) {
      watch.turn(true);
      turned = turnBack(convoy, exchanges, cause);
    }
    return turned;
  };
  let resolve: (closing: Closing) => void = () => undefined;
  const resolved = new Promise<Closing>((done) => (resolve = done));
  let byHand: Promise<ClosedDeal[]> | undefined;
  takeActs({
    exchanges,
    watch,
    turnBack: async (act) => {
      const answer = back(compensatedBy(act)).then(theOne);
      forward.cancel();
      const closing = await Promise.race([answer, resolved]);
      if (closing.state === 'settled') watch.turn(false);
      return closing;
    },
    resolve: (closing) => {
      // Who resolves it again finds the same, and the close that the run waits for stays the only one.
      if (byHand !== undefined) return;
      // A step that the run still waits for changes nothing any more, whatever it does.
      byHand = CancellationScope.nonCancellable(() => close(convoy, [closing]));
      resolve(closing);
      forward.cancel();
      watch.goOnWithout();
    },
  });
  const goOn = async (): Promise<ClosedDeal[]> => {
    try {
      return await forward.run(() => goForward(convoy));
    } catch (error) {
      if (!isCancellation(error)) throw error;
      if (byHand !== undefined) return byHand;
      // An operator's update shows by itself that it came too late.
      const cancelled = turned === undefined;
      const result = await back(cancelledByOperator);
      if (cancelled && result.closings.length === 0) watch.turn(false);
      return finishBack(convoy, result);
    }
  };
  try {
    return convoy.outcome(await Promise.race([goOn(), resolved.then(() => byHand ?? [])]));
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await convoy.leaversStarted();
      await watch.ended();
    });
  }
}

/** What the row of the only exchange will say. */
function theOne({ posted, closings }: TurnedBack): Closing {
  const [closing] = [...posted.map((exchange) => closingOf(ref(exchange), { done: true })), ...closings];
  if (closing === undefined) throw new Error('The saga has no exchange.');
  return closing;
}

async function goForward(convoy: Convoy): Promise<ClosedDeal[]> {
  const { held, refused, tombstoned } = await hold(convoy);
  const { posted, notDone } = await transfer(convoy, held.filter(hasLegs));
  // What there is nothing of is not begun: a workflow pays for each promise, and most have nothing to undo.
  const ends = [finish(convoy, posted, held.filter((exchange) => !hasLegs(exchange)))];
  if (refused.length > 0) ends.push(close(convoy, refused));
  if (notDone.length > 0) ends.push(undo(convoy, notDone));
  // A tombstone says that another run has turned back. The pivot has kept why, and answers that whatever it is given.
  if (tombstoned.length > 0) ends.push(turnBack(convoy, tombstoned, cancelledByOperator).then((turned) => finishBack(convoy, turned)));
  return (await Promise.all(ends)).flat();
}

/** Sets the items aside. An exchange without items has nothing to set aside, so it counts as held. */
async function hold(convoy: Convoy): Promise<{ held: Exchange[]; refused: Closing[]; tombstoned: Exchange[] }> {
  const asked = convoy.exchanges.filter(hasMoves);
  const answers = await convoy.ask(step('inventoryHold'), 'hold the items of', asked.map((exchange) => ({ ...ref(exchange), moves: exchange.moves })));
  const held: Exchange[] = [];
  const refused: Closing[] = [];
  const tombstoned: Exchange[] = [];
  for (const exchange of convoy.exchanges) {
    const answer = answers.get(exchange.id);
    if (!hasMoves(exchange) || answer?.outcome === 'ok') held.push(exchange);
    else if (answer?.outcome === 'refused') refused.push({ id: exchange.id, state: 'refused', cause: answer.cause });
    else if (answer?.outcome === 'tombstone') tombstoned.push(exchange);
  }
  return { held, refused, tombstoned };
}

/** The pivot of the exchanges with legs. */
async function transfer(convoy: Convoy, exchanges: Exchange[]): Promise<Parted> {
  const answers = await convoy.ask(step('ledgerTransfer'), 'book the legs of', exchanges.map((exchange) => ({ ...ref(exchange), legs: exchange.legs })));
  return byPivot(exchanges, answers);
}

/** Moves the items of what is booked, and of the exchanges of items alone, whose pivot this is; then closes them all. */
async function finish(convoy: Convoy, posted: Exchange[], itemsOnly: Exchange[]): Promise<ClosedDeal[]> {
  const moving = [...posted.filter(hasMoves), ...itemsOnly];
  const closings: Closing[] = posted.filter((exchange) => !hasMoves(exchange)).map((exchange) => closingOf(ref(exchange), { done: true }));
  const answers = await convoy.ask(step('inventoryMove'), 'move the items of', moving.map(ref));
  for (const [exchange, answer] of answered(moving, answers)) {
    if (hasLegs(exchange)) assertMoved(exchange, answer);
    closings.push(closingOf(ref(exchange), hasLegs(exchange) ? { done: true } : holdAnswer(answer)));
  }
  return close(convoy, closings);
}

/** Undoes exchanges whose pivot has said "not done", and closes them. It runs to its end whoever cancels. */
async function undo(convoy: Convoy, notDone: NotDone[]): Promise<ClosedDeal[]> {
  return CancellationScope.nonCancellable(async () => close(convoy, await release(convoy, notDone)));
}

/** Gives the items back after the pivot has said "not done". @returns what the rows are to say */
async function release(convoy: Convoy, notDone: NotDone[]): Promise<Closing[]> {
  const closings: Closing[] = notDone.filter(({ exchange }) => !hasMoves(exchange)).map(({ exchange, pivot }) => closingOf(ref(exchange), pivot));
  const holding = notDone.filter(({ exchange }) => hasMoves(exchange));
  const answers = await askRelease(convoy, holding.map(({ exchange, pivot }) => ({ ...ref(exchange), cause: pivot.cause })));
  for (const { exchange, pivot } of holding) {
    const answer = answers.get(exchange.id);
    if (answer !== undefined) closings.push(closingAfterRelease(ref(exchange), pivot, answer));
  }
  return closings;
}

/**
 * Turns exchanges back from wherever they are. It asks the pivot first, and gives back only what the pivot has said is
 * not done. It runs to its end whoever cancels.
 */
async function turnBack(convoy: Convoy, exchanges: readonly Exchange[], cause: Cause): Promise<TurnedBack> {
  return CancellationScope.nonCancellable(async () => {
    const [withLegs, itemsOnly] = await Promise.all([
      cancelTransfers(convoy, exchanges.filter(hasLegs), cause),
      releasePivots(convoy, exchanges.filter((exchange) => !hasLegs(exchange)), cause),
    ]);
    return { posted: withLegs.posted, closings: [...itemsOnly, ...(await release(convoy, withLegs.notDone))] };
  });
}

/** Finishes what the pivot had done before it could be turned back, and closes everything. It runs to its end whoever cancels. */
async function finishBack(convoy: Convoy, { posted, closings }: TurnedBack): Promise<ClosedDeal[]> {
  return CancellationScope.nonCancellable(async () => (await Promise.all([finish(convoy, posted, []), close(convoy, closings)])).flat());
}

async function cancelTransfers(convoy: Convoy, exchanges: Exchange[], cause: Cause): Promise<Parted> {
  const answers = await convoy.ask(undoStep('ledgerCancel'), 'cancel the legs of', exchanges.map((exchange) => ({ ...ref(exchange), cause })));
  return byPivot(exchanges, answers);
}

/** For items alone the release is itself the question to the pivot. */
async function releasePivots(convoy: Convoy, exchanges: Exchange[], cause: Cause): Promise<Closing[]> {
  const answers = await askRelease(convoy, exchanges.map((exchange) => ({ ...ref(exchange), cause })));
  return answered(exchanges, answers).map(([exchange, answer]) => closingOf(ref(exchange), holdAnswer(answer)));
}

function askRelease(convoy: Convoy, exchanges: (ExchangeRef & { cause: Cause })[]): Promise<Map<string, ReleaseOutcome>> {
  return convoy.ask(undoStep('inventoryRelease'), 'give back the items of', exchanges);
}

async function close(convoy: Convoy, closings: Closing[]): Promise<ClosedDeal[]> {
  const answers = await convoy.ask(step('closeTrades'), 'close', closings);
  return closings.flatMap((closing) => {
    const answer = answers.get(closing.id);
    if (answer?.wasStuck === true) convoy.tellsOfItsEnd();
    return answer === undefined ? [] : { ...closing, closedAt: answer.closedAt };
  });
}

function byPivot(exchanges: readonly Exchange[], answers: ReadonlyMap<string, TransferOutcome>): Parted {
  const parted: Parted = { posted: [], notDone: [] };
  for (const [exchange, answer] of answered(exchanges, answers)) {
    const pivot = ledgerAnswer(answer);
    if (pivot.done) parted.posted.push(exchange);
    else parted.notDone.push({ exchange, pivot });
  }
  return parted;
}

/** The exchanges that a step has answered for, with its answers. The others have left. */
function answered<O extends MoveOutcome | TransferOutcome>(exchanges: readonly Exchange[], answers: ReadonlyMap<string, O>): [Exchange, O][] {
  return exchanges.flatMap((exchange): [Exchange, O][] => {
    const answer = answers.get(exchange.id);
    return answer === undefined ? [] : [[exchange, answer]];
  });
}
