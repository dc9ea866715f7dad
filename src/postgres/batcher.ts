import { VeltrixError } from '../errors.js';
import { attempt, halves, type Attempt } from './split-on-failure.js';

/** How much a batcher takes on. */
export interface BatcherLimits {
  /** How many calls are under way at once. */
  lanes: number;
  /** How many elements one call has at most. */
  maxElements: number;
  /** How many elements wait at most, with those of lists that have failed. Further elements are refused. */
  waiting: number;
}

/**
 * The limits of requests to the API: two lanes of 256 elements, as measured. An element beyond 2 048 others would wait
 * too long.
 */
export const requestLimits: BatcherLimits = { lanes: 2, maxElements: 256, waiting: 2_048 };

/**
 * For each so many elements in halves, one more half is called in a row. Else bad lists would make ever more halves.
 */
const suspectsForATurn = 64;

interface Waiting<T, R> {
  element: T;
  resolve: (answer: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Makes list calls out of single elements. Elements that come while all lanes are busy are gathered, and the next call
 * takes them together. An element that comes while a lane is free is called at once.
 *
 * An element that makes its call fail fails alone. The list that it was in is halved, and each half is a call of its
 * own, until the bad elements stand alone. The lanes take such halves and what has come meanwhile in turns, so a few
 * bad elements delay a new one by one call. Halves are called in the order in which they were made, so none of them
 * waits for ever. An outage is told to the elements of its call and to all halves.
 */
export class Batcher<T, R> {
  private waiting: Waiting<T, R>[] = [];
  /** Parts of lists that have failed, the oldest first. Those of one list get smaller from call to call. */
  private suspects: Waiting<T, R>[][] = [];
  private busy = 0;
  /** How many elements the suspects have in all. */
  private suspected = 0;
  /** How many calls of halves come before the next call of new elements. */
  private suspectTurns = 1;

  /**
   * @param call a list command of one transaction, idempotent by its elements, that answers one outcome per element in
   *   order
   */
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
    if (this.waiting.length + this.suspected >= this.limits.waiting) {
      throw new VeltrixError(
        'overloaded',
        `${this.limits.waiting} requests of this kind wait already. Nothing was done; send it again a little later.`,
      );
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ element, resolve, reject });
      if (this.busy < this.limits.lanes) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.busy += 1;
    for (let some = this.next(); some !== undefined; some = this.next()) {
      this.settle(
        some,
        await attempt(
          some.map(({ element }) => element),
          this.call,
        ),
      );
    }
    this.busy -= 1;
  }

  /** The elements of the next call, or undefined where nothing waits. */
  private next(): Waiting<T, R>[] | undefined {
    const takesSuspects = this.suspects.length > 0 && (this.suspectTurns > 0 || this.waiting.length === 0);
    if (takesSuspects) {
      this.suspectTurns -= 1;
      const part = this.suspects.shift();
      this.suspected -= part?.length ?? 0;
      return part;
    }
    this.suspectTurns = 1 + Math.floor(this.suspected / suspectsForATurn);
    return this.waiting.length > 0 ? this.waiting.splice(0, this.limits.maxElements) : undefined;
  }

  private settle(some: Waiting<T, R>[], came: Attempt<R>): void {
    if ('answers' in came) {
      for (const [index, { resolve }] of some.entries()) resolve(came.answers[index] as R);
    } else if (came.outage) {
      for (const { reject } of [some, ...this.suspects].flat()) reject(came.error);
      this.suspects = [];
      this.suspected = 0;
    } else if (some.length === 1) {
      for (const { reject } of some) reject(came.error);
    } else {
      this.suspects.push(...halves(some));
      this.suspected += some.length;
      if (this.busy < this.limits.lanes) void this.run();
    }
  }
}
