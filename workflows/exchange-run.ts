import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { MadeStep } from '../contracts/activities.js';
import {
  compact,
  type Answers,
  type ClosedDeal,
  type Closing,
  type RunOutcome,
  type Waiting,
} from '../contracts/answers.js';
import { playersOf, type Cause, type Exchange } from '../contracts/nouns.js';
import type { OperatorAct } from '../contracts/sagas.js';
import { byKind, close } from './close-deals.js';
import {
  actsAt,
  closingOf,
  compensatedBy,
  hasItems,
  isPaid,
  isRefund,
  pivotOf,
  refOf,
  workflowCancelled,
  type Missing,
} from './exchange.rules.js';
import type { ForwardSteps } from './forward-steps.js';
import { asMade } from './made-steps.js';
import { next, type RunEvent, type RunState } from './run-state.rules.js';
import { RunStatus } from './run-status.js';
import { finish, finishDone, grant, settleForward } from './settle-forward.js';
import { StepRunner } from './step-runner.js';
import { failureOf, forwardStep, grantLocally, settleLocally, waitStep } from './steps.js';
import { refundAwaited, release, turnBackExchanges, type TurnBackResult, type UndoSteps } from './turn-back.js';

/** How long the exchanges of a convoy wait between two looks at one another's refunds. */
const longestPauseOfConvoyMs = 4_000;

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
  private mayGrantLocally = true;
  private turningBack: Promise<TurnBackResult> | undefined;
  private closeByHand: Promise<ClosedDeal[]> | undefined;
  private decideByHand: (closing: Closing) => void = () => undefined;
  private readonly waiting = new Map<string, Waiting>();
  private readonly closingByHand = new Promise<Closing>((resolve) => (this.decideByHand = resolve));

  constructor(readonly exchanges: readonly Exchange[]) {
    const subjects = exchanges.map((exchange) => ({
      ...refOf(exchange),
      kind: exchange.kind,
      players: playersOf(exchange),
    }));
    const [first] = exchanges;
    this.status = new RunStatus(subjects, (step) => (first === undefined ? [] : actsAt(step, pivotOf(first))));
    this.steps = new StepRunner(exchanges, this.status);
  }

  /** Whether every row is closed. The run may yet wait until others are told. */
  get hasEnded(): boolean {
    return this.state === 'ended';
  }

  /** Whether the run is over with rows open that wait for somebody. It steers them no more. */
  get hasBegunToWait(): boolean {
    return this.waiting.size > 0;
  }

  /**
   * Goes on to the end.
   * @returns what each deal's row says; of an exchange that waits or has left, that
   */
  async run(): Promise<Answers<RunOutcome>> {
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
        // An operator may have resolved just when the run began to wait.
        if (this.hasBegunToWait && this.closeByHand !== undefined) await this.closeByHand;
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
      const closed = await this.forward.run(() => this.steps.untilAnswersAgree(() => this.goForward()));
      // A run that was turned back just when it began to wait has its row open yet.
      if (!this.hasBegunToWait || this.state === 'forward') return closed;
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
    return this.goBack();
  }

  /** The forward way was given up. */
  private async goBack(): Promise<ClosedDeal[]> {
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

  /**
   * Makes the forward way locally. Where that fails, the same way is made again with dispatched steps. The steps of
   * payments and refunds may hang with their provider, so they are dispatched always. What comes before them and what
   * comes after them is an attempt each.
   */
  private async goForward(): Promise<ClosedDeal[]> {
    const made = this.state === 'forward' && !this.triedLocally ? await this.beginLocally() : undefined;
    return settleForward(made === undefined ? this.dispatched : this.asMade(made), this.exchanges);
  }

  private beginLocally(): Promise<MadeStep[] | undefined> {
    this.triedLocally = true;
    // Exchanges without items have nothing before their payments and refunds.
    const hasNothing = this.exchanges.every((one) => (isPaid(one) || isRefund(one)) && !hasItems(one));
    return hasNothing ? Promise.resolve([]) : this.tryLocally(() => settleLocally(this.exchanges));
  }

  /**
   * Makes what comes after the capture or the refund locally, for the first exchanges of the run that come to it.
   * Another attempt might be under way beside that one, and the order in which both end is not the same for the next
   * worker. What is owed for missing instances is booked by dispatched steps.
   */
  private async grant(done: readonly Exchange[], missing?: Missing): Promise<ClosedDeal[]> {
    const isWhole = done.every(({ id }) => !missing?.has(id));
    const mayTry = isWhole && this.mayGrantLocally && !this.status.parkedByOperator;
    this.mayGrantLocally = false;
    const made = mayTry ? await this.tryLocally(() => grantLocally(done, this.exchanges.length)) : undefined;
    return grant(made === undefined ? this.dispatched : this.asMade(made), done, missing);
  }

  /** @returns undefined if the steps are to be dispatched */
  private async tryLocally(attempt: () => Promise<MadeStep[]>): Promise<MadeStep[] | undefined> {
    try {
      return await attempt();
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
      CancellationScope.nonCancellable(async () => close(this.dispatched, await release(this.undoing, notDone))),
    grant: (refunded, missing) => grant(this.dispatched, refunded, missing),
    turnBack: async (turned) => this.finishBack(await turnBackExchanges(this.undoing, turned)),
    wait: async (waiting) => {
      await Promise.all(
        byKind(waiting).map(async ([kind, some]) => {
          await this.steps.ask(waitStep(kind), some);
          for (const one of some) this.waiting.set(one.id, one);
        }),
      );
    },
    broken: (exchange, error) => {
      if (this.exchanges.length === 1) throw error;
      this.steps.startLeavers([exchange]);
    },
  };

  private readonly undoing: UndoSteps = {
    ask: (step, elements) => this.steps.ask(step, elements),
    showAwaited: (exchanges) => this.status.setAwaited(exchanges.map(refundAwaited)[0]),
    pause: async (exchanges, ms) => {
      // Of several exchanges none waits long for another one's refund.
      if (this.exchanges.length > 1 && ms > longestPauseOfConvoyMs) {
        this.steps.startLeavers(exchanges);
        return false;
      }
      const ended = this.status.begin(
        `wait for ${exchanges.length === 1 ? exchanges[0]?.id : 'refunds'} at the provider`,
      );
      try {
        await sleep(ms);
        return true;
      } finally {
        ended();
      }
    },
    broken: (exchange, error) => this.dispatched.broken(exchange, error),
  };

  private asMade(made: readonly MadeStep[]): ForwardSteps {
    const steps = { ...this.dispatched, grant: this.grant.bind(this) };
    return asMade(made, steps, this.exchanges.length, (elements, answers) => this.steps.take(elements, answers));
  }

  /** Turns the whole run back, once. */
  private turnBack(cause: Cause): Promise<TurnBackResult> {
    if (this.turningBack === undefined) {
      this.enter('turn back');
      this.turningBack = turnBackExchanges(
        this.undoing,
        this.exchanges.map((exchange) => ({ exchange, cause })),
      );
      // After a BrokenProtocol the next call turns back anew, since somebody may have mended the rows. The participants
      // have kept the first cause.
      this.turningBack.catch(() => (this.turningBack = undefined));
    }
    return this.turningBack;
  }

  /** Finishes what the pivot had booked before it could be turned back, and closes everything. */
  private async finishBack({ booked, toBook, closings }: TurnBackResult): Promise<ClosedDeal[]> {
    const ends: Promise<ClosedDeal[]>[] = [];
    if (booked.length > 0) ends.push(finish(this.dispatched, booked, []));
    if (toBook.length > 0) ends.push(finishDone(this.dispatched, toBook));
    if (closings.length > 0) ends.push(close(this.dispatched, closings));
    return (await Promise.all(ends)).flat();
  }

  private outcome(closed: readonly ClosedDeal[]): Answers<RunOutcome> {
    const byId = new Map(closed.map(({ wasStuck: _, ...deal }) => [deal.id, deal as ClosedDeal]));
    return compact<RunOutcome>(
      this.exchanges.map(({ id }) => {
        const deal = byId.get(id);
        const waiting = this.waiting.get(id);
        if (deal === undefined && waiting !== undefined) return { ...waiting, outcome: 'waits' };
        if (deal === undefined && !this.steps.hasLeft(id)) throw new Error(`${id} was neither closed nor has it left`);
        return deal ?? { id, outcome: 'failed', error: 'It has left this run and goes on alone.' };
      }),
    );
  }
}

/** The closing of the only exchange. */
function onlyClosing({ booked, toBook, closings }: TurnBackResult): Closing {
  const [closing] = [
    ...[...booked, ...toBook].map((exchange) => closingOf(exchange, { done: true })),
    ...closings.map(([, one]) => one),
  ];
  if (closing === undefined) throw new Error('The run has no exchange.');
  return closing;
}
