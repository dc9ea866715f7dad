import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { MadeStep } from '../contracts/activities.js';
import { BrokenProtocol, compact, type Answers, type ClosedDeal, type Closing } from '../contracts/answers.js';
import { playersOf, type Cause, type Exchange } from '../contracts/nouns.js';
import type { OperatorAct } from '../contracts/sagas.js';
import {
  actsAt,
  workflowCancelled,
  closingAfterRelease,
  closingOf,
  compensatedBy,
  hasLegs,
  hasItems,
  holdAnswer,
  ledgerAnswer,
  refOf,
} from './exchange.rules.js';
import { next, type RunEvent, type RunState } from './run-state.rules.js';
import { RunStatus } from './run-status.js';
import { close, finish, settleForward, splitByPivot, type ForwardSteps, type NotDone } from './settle-forward.js';
import { StepRunner } from './step-runner.js';
import { failureOf, forwardStep, settleLocally, undoStep } from './steps.js';

/**
 * What turning back has come to: what is booked all the same and is yet to be finished, and the closings of the rest.
 */
interface TurnBackResult {
  booked: Exchange[];
  closings: [Exchange, Closing][];
}

/**
 * One run of exchanges. Its states are in run-state.rules.ts.
 *
 * The undo needs no stack: it is `turnBack`, computed from the input alone, which touches the pivot first and goes by
 * its answer. It is in place before the first step runs, and it runs in a scope that cannot be cancelled. It waits for
 * no step that is under way: whatever such a step still does, the pivot's answer stands.
 */
export class ExchangeRun {
  readonly status: RunStatus;
  private readonly steps: StepRunner;
  private readonly forward = new CancellationScope();
  private state: RunState = 'forward';
  private triedLocally = false;
  private turningBack: Promise<TurnBackResult> | undefined;
  private closeByHand: Promise<ClosedDeal[]> | undefined;
  private decideByHand: (closing: Closing) => void = () => undefined;
  private readonly closingByHand = new Promise<Closing>((resolve) => (this.decideByHand = resolve));

  constructor(readonly exchanges: readonly Exchange[]) {
    const subjects = exchanges.map((exchange) => ({
      ...refOf(exchange),
      kind: exchange.kind,
      players: playersOf(exchange),
    }));
    this.status = new RunStatus(subjects, (step) => actsAt(step, exchanges.every(hasLegs)));
    this.steps = new StepRunner(exchanges, this.status);
  }

  /** Whether every row is closed. The run may yet wait until others are told. */
  get hasEnded(): boolean {
    return this.state === 'ended';
  }

  /** Goes on to the end. @returns what each deal's row says; of an exchange that has left, that it has */
  async run(): Promise<Answers<ClosedDeal>> {
    // Whoever cancels the workflow ends an operator's hold too, also where the run waits in a scope that is not
    // cancelled.
    void CancellationScope.current().cancelRequested.catch(() => this.status.resume());
    try {
      const closed = await Promise.race([this.untilClosed(), this.closingByHand.then(() => this.closeByHand ?? [])]);
      this.enter('closed');
      // An earlier run of the deal may have noted it as stuck before it was terminated. This run notes the end.
      if (closed.some(({ wasStuck }) => wasStuck)) this.status.noteEnd();
      return this.outcome(closed);
    } finally {
      await CancellationScope.nonCancellable(async () => {
        await this.steps.leaversStarted();
        await this.status.untilDelivered();
      });
    }
  }

  /** Turns the run back for an operator, or joins whoever has. @returns the closing */
  async turnBackFor(act: OperatorAct): Promise<Closing> {
    this.status.unpark();
    const answer = this.turnBack(compensatedBy(act)).then(onlyClosing);
    this.status.show();
    this.forward.cancel();
    const closing = await Promise.race([answer, this.closingByHand]);
    if (closing.state === 'settled') this.enter('booked');
    return closing;
  }

  /**
   * Ends the run with a closing, whatever it waits for. An operator who resolves it again finds the same, and the close
   * that the run waits for stays the only one.
   */
  endByHand(closing: Closing): void {
    const [exchange] = this.exchanges;
    if (this.closeByHand !== undefined || exchange === undefined) return;
    // A step that the run still waits for changes nothing any more, whatever it does.
    this.closeByHand = CancellationScope.nonCancellable(() => close(this.dispatched, [[exchange, closing]]));
    this.decideByHand(closing);
    this.forward.cancel();
    this.enter('resolve');
    this.status.endWithoutStuckSteps();
  }

  private enter(event: RunEvent): void {
    const before = this.state;
    this.state = next(before, event);
    // What is shown does not change any more once every row is closed.
    if (this.state !== before && this.state !== 'ended') this.status.setBackwards(this.state === 'back');
  }

  private async untilClosed(): Promise<ClosedDeal[]> {
    try {
      return await this.forward.run(() => this.steps.untilAnswersAgree(() => this.goForward()));
    } catch (error) {
      if (!isCancellation(error)) throw error;
      if (this.closeByHand !== undefined) return this.closeByHand;
      // `turnBackFor` enters `booked` by itself.
      const byCancellation = this.turningBack === undefined;
      return CancellationScope.nonCancellable(() =>
        this.steps.untilAnswersAgree(async () => {
          const result = await this.turnBack(workflowCancelled);
          if (byCancellation && result.closings.length === 0) this.enter('booked');
          return this.finishBack(result);
        }),
      );
    }
  }

  /** Makes the forward way locally. Where that fails, the same way is made again with dispatched steps. */
  private async goForward(): Promise<ClosedDeal[]> {
    const made = this.state === 'forward' ? await this.tryLocally() : undefined;
    return settleForward(made === undefined ? this.dispatched : this.asMade(made), this.exchanges);
  }

  /** @returns undefined if the steps are to be dispatched */
  private async tryLocally(): Promise<MadeStep[] | undefined> {
    if (this.triedLocally) return undefined;
    this.triedLocally = true;
    try {
      return await settleLocally(this.exchanges);
    } catch (error) {
      // A worker that shuts down cancels the local activity, and the steps are dispatched. If the run itself is
      // cancelled, the first dispatched step throws the cancellation.
      if (failureOf(error) === undefined) throw error;
      return undefined;
    }
  }

  private readonly dispatched: ForwardSteps = {
    ask: (name, elements) => this.steps.ask(forwardStep(name), elements),
    undo: (notDone) =>
      CancellationScope.nonCancellable(async () => close(this.dispatched, await this.release(notDone))),
    turnBack: async (exchanges) => this.finishBack(await this.turnBackSome(exchanges, workflowCancelled)),
    broken: (exchange, error) => {
      if (this.exchanges.length === 1) throw error;
      this.steps.startLeavers([exchange]);
    },
  };

  /** The steps as the local attempt has made them. What follows from their answers is dispatched. */
  private asMade(made: readonly MadeStep[]): ForwardSteps {
    const remaining = [...made];
    return {
      ...this.dispatched,
      ask: (name, elements) => {
        if (elements.length === 0) return Promise.resolve(new Map());
        // The lists of one step share no exchange, so the first id tells them apart.
        const isSameList = ({ ids }: MadeStep['asked']): boolean =>
          ids === undefined ? elements.length === this.exchanges.length : ids[0] === elements[0]?.id;
        const place = remaining.findIndex(({ step, asked }) => step === name && isSameList(asked));
        const [one] = place < 0 ? [] : remaining.splice(place, 1);
        if (one === undefined) throw new BrokenProtocol(`The local attempt does not say what ${name} has answered.`);
        return Promise.resolve(this.steps.take(elements, one.answers as Answers<never>));
      },
    };
  }

  /** Turns the whole run back, once. */
  private turnBack(cause: Cause): Promise<TurnBackResult> {
    if (this.turningBack === undefined) {
      this.enter('turn back');
      this.turningBack = this.turnBackSome(this.exchanges, cause);
      // After a BrokenProtocol the next call turns back anew, since somebody may have mended the rows. The participants
      // have kept the first cause.
      this.turningBack.catch(() => (this.turningBack = undefined));
    }
    return this.turningBack;
  }

  /**
   * Turns exchanges back from wherever they are. It asks the pivot first, and gives back only what the pivot has said
   * is not done. It runs to its end whoever cancels.
   */
  private turnBackSome(exchanges: readonly Exchange[], cause: Cause): Promise<TurnBackResult> {
    return CancellationScope.nonCancellable(async () => {
      const [withLegs, itemsOnly] = await Promise.all([
        this.cancelTransfers(exchanges.filter(hasLegs), cause),
        this.releasePivots(
          exchanges.filter((exchange) => !hasLegs(exchange)),
          cause,
        ),
      ]);
      return { booked: withLegs.posted, closings: [...itemsOnly, ...(await this.release(withLegs.notDone))] };
    });
  }

  private async cancelTransfers(
    exchanges: Exchange[],
    cause: Cause,
  ): Promise<{ posted: Exchange[]; notDone: NotDone[] }> {
    const answers = await this.steps.ask(
      undoStep('ledgerCancel'),
      exchanges.map((exchange) => ({ ...refOf(exchange), cause })),
    );
    return splitByPivot(exchanges, new Map([...answers].map(([id, answer]) => [id, ledgerAnswer(answer)])));
  }

  /** An exchange of items alone has no transfer: `inventoryRelease` asks the inventory, which keeps its pivot. */
  private async releasePivots(exchanges: Exchange[], cause: Cause): Promise<[Exchange, Closing][]> {
    const answers = await this.steps.ask(
      undoStep('inventoryRelease'),
      exchanges.map((exchange) => ({ ...refOf(exchange), cause })),
    );
    return exchanges.flatMap((exchange): [Exchange, Closing][] => {
      const answer = answers.get(exchange.id);
      return answer === undefined ? [] : [[exchange, closingOf(exchange, holdAnswer(answer))]];
    });
  }

  /** Gives the items back after the pivot has said "not done". @returns the closings */
  private async release(notDone: NotDone[]): Promise<[Exchange, Closing][]> {
    const closings: [Exchange, Closing][] = notDone
      .filter(({ exchange }) => !hasItems(exchange))
      .map(({ exchange, pivot }) => [exchange, closingOf(exchange, pivot)]);
    const holding = notDone.filter(({ exchange }) => hasItems(exchange));
    const answers = await this.steps.ask(
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
        this.dispatched.broken(exchange, error);
      }
    }
    return closings;
  }

  /** Finishes what the pivot had booked before it could be turned back, and closes everything. */
  private async finishBack({ booked, closings }: TurnBackResult): Promise<ClosedDeal[]> {
    return (await Promise.all([finish(this.dispatched, booked, []), close(this.dispatched, closings)])).flat();
  }

  private outcome(closed: readonly ClosedDeal[]): Answers<ClosedDeal> {
    const byId = new Map(closed.map(({ wasStuck: _, ...deal }) => [deal.id, deal as ClosedDeal]));
    return compact(
      this.exchanges.map(({ id }) => {
        const deal = byId.get(id);
        if (deal === undefined && !this.steps.hasLeft(id)) throw new Error(`${id} was neither closed nor has it left`);
        return deal ?? { id, outcome: 'failed', error: 'It has left this run and goes on alone.' };
      }),
    );
  }
}

/** The closing of the only exchange. */
function onlyClosing({ booked, closings }: TurnBackResult): Closing {
  const [closing] = [
    ...booked.map((exchange) => closingOf(exchange, { done: true })),
    ...closings.map(([, one]) => one),
  ];
  if (closing === undefined) throw new Error('The run has no exchange.');
  return closing;
}
