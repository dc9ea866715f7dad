import { CancellationScope } from '@temporalio/workflow';
import { badElementError } from '../contracts/activities.js';
import { condense, expand, type Answers, type ClosedDeal, type Failed } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import { besides, failureOf, type Step } from './exchange-steps.js';
import type { SagaWatch } from './saga-watch.js';

/** The exchanges of one run, and how one that its neighbours must not wait for leaves them. */
export class Convoy {
  private readonly byId: ReadonlyMap<string, Exchange>;
  private readonly starts: Promise<void>[] = [];
  private readonly left = new Set<string>();

  constructor(
    readonly exchanges: readonly Exchange[],
    private readonly watch: SagaWatch,
  ) {
    this.byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
  }

  /**
   * Asks a step about some of the exchanges. An exchange that fails while others in the list succeed leaves the convoy.
   * If the list is a part of the convoy and all of it fails, all of it leaves, so that the others need not wait. That is
   * a run for each, which many bad exchanges are worth: a failure that is known to be an outage makes nobody leave.
   * If the whole convoy fails, nobody leaves: the step is tried until it answers.
   * @param says in words what the step does, for the Temporal UI
   * @returns the answers by the ids of the exchanges; those that have left are not among them
   * @throws Error if the step does not answer for what it was given
   */
  async ask<E extends { id: string }, O extends { id: string }>(step: Step<E, O>, says: string, elements: readonly E[]): Promise<Map<string, O>> {
    const answers = new Map<string, O>();
    if (elements.length === 0) return answers;
    // A participant that answers fewer elements than it was given is broken, and an exchange must not be taken for done.
    const given = expand(elements, await this.answersOf(step, says, elements));
    this.leave(given.filter(isFailed).map((failed) => this.exchange(failed)));
    for (const answer of given) if (!isFailed(answer)) answers.set(answer.id, answer);
    return answers;
  }

  /** Others were told of one of the exchanges, by this run or by one that was ended from outside, so they are told of its end. */
  tellsOfItsEnd(): void {
    this.watch.tellEnd();
  }

  /** Resolves when every exchange that has left has a run of its own. */
  async leaversStarted(): Promise<void> {
    await Promise.all(this.starts);
  }

  /**
   * What became of every exchange.
   * @param closed those that this run has closed; the others have left
   */
  outcome(closed: readonly ClosedDeal[]): Answers<ClosedDeal> {
    const byId = new Map(closed.map((deal) => [deal.id, deal]));
    return condense(
      this.exchanges.map(({ id }) => {
        const deal = byId.get(id);
        if (deal === undefined && !this.left.has(id)) throw new Error(`${id} was neither closed nor has it left`);
        return deal ?? { id, outcome: 'failed', error: 'It has left this run and goes on alone.' };
      }),
    );
  }

  private async answersOf<E extends { id: string }, O extends { id: string }>(step: Step<E, O>, says: string, elements: readonly E[]): Promise<Answers<O>> {
    const what = elements.length === 1 ? `${says} ${elements[0]?.id}` : `${says} ${elements.length} exchanges`;
    const haveNeighbours = elements.length < this.exchanges.length;
    try {
      return await this.watch.make(step, what, elements, haveNeighbours ? [badElementError] : []);
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.type !== badElementError) throw error;
      return { count: elements.length, others: elements.map(({ id }) => ({ id, outcome: 'failed', error: failure.message })) };
    }
  }

  /** The neighbours do not wait for the start. It happens whoever cancels, since nobody else starts the leaver now. */
  private leave(exchanges: Exchange[]): void {
    if (exchanges.length === 0) return;
    for (const { id } of exchanges) this.left.add(id);
    const summary = exchanges.length === 1 ? `start a run for ${exchanges[0]?.id} alone` : `start a run for each of ${exchanges.length} exchanges`;
    this.watch.left(exchanges.map(({ id }) => id));
    this.starts.push(CancellationScope.nonCancellable(() => besides().startAlone.executeWithOptions({ summary }, [exchanges])));
  }

  private exchange({ id }: Failed): Exchange {
    const exchange = this.byId.get(id);
    if (exchange === undefined) throw new Error(`${id} is not in this run`);
    return exchange;
  }
}

function isFailed(answer: object): answer is Failed {
  return 'outcome' in answer && answer.outcome === 'failed';
}
