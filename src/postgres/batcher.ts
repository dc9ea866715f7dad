import { VeltrixError } from '../errors.js';
import { isolate, type Isolated } from './isolate.js';

/** How much a batcher takes on. */
export interface BatcherLimits {
  /** How many calls are under way at once. */
  lanes: number;
  /** How many elements one call has at most. */
  most: number;
  /** How many elements wait at most. Whoever comes then is sent away. */
  waiting: number;
}

/** What requests go through one by one, two lanes of 256, as measured; what waits beyond that many would wait too long. */
export const requestLimits: BatcherLimits = { lanes: 2, most: 256, waiting: 2_048 };

interface Waiting<T, R> {
  element: T;
  resolve: (answer: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Makes list calls out of single elements. It clocks itself: while the lanes are busy what comes is gathered, and the
 * next call takes it along. An element that comes when a lane is free waits for nobody. An element that makes its call
 * fail fails alone; an outage is told to all that were not done before it.
 */
export class Batcher<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private busy = 0;

  /** @param call a list command of one transaction, idempotent by its elements, that answers one outcome per element in order */
  constructor(
    private readonly call: (elements: readonly T[]) => Promise<R[]>,
    private readonly limits: BatcherLimits = requestLimits,
  ) {}

  /**
   * Adds an element to the next call.
   * @returns its answer, once the call has committed
   * @throws VeltrixError `overloaded` if too many wait already, with nothing done
   * @throws what the call throws for this element
   */
  async add(element: T): Promise<R> {
    if (this.waiting.length >= this.limits.waiting) {
      throw new VeltrixError('overloaded', `${this.limits.waiting} requests of this kind wait already. Nothing was done; send it again a little later.`);
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ element, resolve, reject });
      if (this.busy < this.limits.lanes) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.busy += 1;
    while (this.waiting.length > 0) {
      const some = this.waiting.splice(0, this.limits.most);
      settle(some, await isolate(some.map(({ element }) => element), this.call));
    }
    this.busy -= 1;
  }
}

function settle<T, R>(some: readonly Waiting<T, R>[], answers: readonly Isolated<R>[]): void {
  for (const [index, { resolve, reject }] of some.entries()) {
    const answer = answers[index];
    if (answer === undefined) reject(new Error('The call has not answered for this element.'));
    else if ('answer' in answer) resolve(answer.answer);
    else reject(answer.error);
  }
}
