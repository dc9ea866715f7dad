import type { StepAnswer, StepElement, StepName } from '../contracts/activities.js';
import type { BrokenProtocol, ClosedDeal, Waiting } from '../contracts/answers.js';
import type { Cause, Exchange } from '../contracts/nouns.js';
import type { Missing, PivotAnswer } from './exchange.rules.js';

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
  /** Turns back exchanges that another run has turned back, as their hold says, or whose payment or refund is. */
  turnBack(turned: TurnedBack[]): Promise<ClosedDeal[]>;
  /** Books, moves and closes exchanges whose money is given back, as `grant` does. */
  grant(refunded: readonly Exchange[], missing?: Missing): Promise<ClosedDeal[]>;
  /** Says on the rows of exchanges whom they wait for. They stay open, and the run is over for them. */
  wait(waiting: [Exchange, Waiting][]): Promise<void>;
  /** An answer about the exchange is what the protocol excludes. */
  broken(exchange: Exchange, error: BrokenProtocol): void;
}
