import { VeltrixError } from '../errors.js';
import { rowHeld } from './held-rows.js';
import { attempt, halves, parted, type Attempt } from './split-on-failure.js';
import { isLockTimeout } from './sql-errors.js';

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

/** How many elements wait for held rows at most. Further ones are answered at once. */
const maxAside = 512;

/** How long an element waits for a held row at most. */
const asideMs = 10_000;

/** The pause before those that wait for held rows are tried again, at first and at most. */
const [firstPauseMs, longestPauseMs] = [50, 1_000];

/** How many elements of all batchers of the process wait for held rows. */
let asideNow = 0;

/** How many requests of this process are set aside now, because they need rows that somebody else holds. */
export function requestsSetAside(): number {
  return asideNow;
}

interface Waiting<T, R> {
  element: T;
  resolve: (answer: R) => void;
  reject: (error: unknown) => void;
  /** Until when it waits for a lock that nobody can name; undefined where none was met. */
  until?: number;
}

/** An element that waits for a held row, and until when. */
interface Aside<T, R> {
  one: Waiting<T, R>;
  until: number;
}

/** True where an element has waited for a lock for as long as it may. */
function isLate({ until }: { until?: number }): boolean {
  return until !== undefined && performance.now() >= until;
}

function asideOf<T, R>({ element, resolve, reject, until }: Waiting<T, R>): Aside<T, R> {
  asideNow += 1;
  const ending =
    <V>(end: (value: V) => void) =>
    (value: V): void => {
      asideNow -= 1;
      end(value);
    };
  const one = { element, resolve: ending(resolve), reject: ending(reject) };
  return { one, until: until ?? performance.now() + asideMs };
}

/**
 * Makes list calls out of single elements. Elements that come while all lanes are busy are gathered, and the next call
 * takes them together. An element that comes while a lane is free is called at once.
 *
 * An element that makes its call fail fails alone. The list that it was in is halved, and each half is a call of its
 * own, until the bad elements stand alone. The lanes take such halves and what has come meanwhile in turns, so a few
 * bad elements delay a new one by one call. Halves are called in the order in which they were made, so none of them
 * waits for ever. An outage is told to the elements of its call and to all halves.
 *
 * An element that needs a row that somebody else holds is set aside, and the others of its call are called again at
 * once. What is set aside is tried again by one call at a time beside the lanes, until the row is free.
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
  /** What waits for held rows. */
  private aside: Aside<T, R>[] = [];
  private tending = false;

  /**
   * @param call a list command of one transaction, idempotent by its elements, that answers one outcome per element in
   *   order. `waits` is false where it must not wait for a row that is known to be held
   * @param countsFor for how many elements of a usual size an element counts in a call
   */
  constructor(
    private readonly call: (elements: readonly T[], waits: boolean) => Promise<R[]>,
    private readonly limits: BatcherLimits = requestLimits,
    private readonly countsFor: (element: T) => number = () => 1,
  ) {}

  /**
   * Adds an element to the next call.
   * @returns its answer, once the call has committed
   * @throws VeltrixError `overloaded` if too many wait already, and `row-held` where a row that the element needs is
   *   not free in time; with nothing done
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
      for (let left = some; left.length > 0;) {
        const came = await this.attempt(left, false);
        const held = 'held' in came ? came.held : undefined;
        if (held === undefined) {
          this.settle(left, came);
          break;
        }
        const { others, these } = parted(left, held);
        this.setAside(these.map(asideOf));
        left = others;
      }
    }
    this.busy -= 1;
  }

  private attempt(some: readonly Waiting<T, R>[], waits: boolean): Promise<Attempt<R>> {
    return attempt(
      some.map(({ element }) => element),
      (elements) => this.call(elements, waits),
    );
  }

  /** The elements of the next call, or undefined where nothing waits. */
  private next(): Waiting<T, R>[] | undefined {
    this.sendLateAway();
    const takesSuspects = this.suspects.length > 0 && (this.suspectTurns > 0 || this.waiting.length === 0);
    if (takesSuspects) {
      this.suspectTurns -= 1;
      const part = this.suspects.shift();
      this.suspected -= part?.length ?? 0;
      return part;
    }
    this.suspectTurns = 1 + Math.floor(this.suspected / suspectsForATurn);
    return this.waiting.length > 0 ? this.taken(this.waiting, (one) => one) : undefined;
  }

  /**
   * Answers those who have waited for as long as they may for a lock that nobody can name, such as that of a table. To
   * find them by halving takes longer than that where they are many.
   */
  private sendLateAway(): void {
    if (!this.suspects.some((part) => part.some(isLate))) return;
    for (const { reject } of this.suspects.flat().filter(isLate)) reject(rowHeld());
    this.suspects = this.suspects.map((part) => part.filter((one) => !isLate(one))).filter((part) => part.length > 0);
    this.suspected = this.suspects.flat().length;
  }

  /** Takes from the front of a list what one call has at most, and an element at least. */
  private taken<One>(list: One[], waitingOf: (one: One) => Waiting<T, R>): One[] {
    let [many, counted] = [0, 0];
    for (const one of list) {
      counted += this.countsFor(waitingOf(one).element);
      if (many > 0 && counted > this.limits.maxElements) break;
      many += 1;
    }
    return list.splice(0, many);
  }

  private settle(some: Waiting<T, R>[], came: Attempt<R>): void {
    if ('answers' in came) {
      for (const [index, { resolve }] of some.entries()) resolve(came.answers[index] as R);
    } else if (came.outage) {
      for (const { reject } of [some, ...this.suspects].flat()) reject(came.error);
      this.suspects = [];
      this.suspected = 0;
    } else if (some.length === 1) {
      const [one] = some as [Waiting<T, R>];
      if (isLockTimeout(came.error)) this.setAside([asideOf(one)]);
      else one.reject(came.error);
    } else {
      if (isLockTimeout(came.error)) for (const one of some) one.until ??= performance.now() + asideMs;
      this.suspects.push(...halves(some));
      this.suspected += some.length;
      if (this.busy < this.limits.lanes) void this.run();
    }
  }

  private setAside(some: readonly Aside<T, R>[]): void {
    for (const waiting of some) {
      if (this.aside.length < maxAside && performance.now() < waiting.until) this.aside.push(waiting);
      else waiting.one.reject(rowHeld());
    }
    if (!this.tending) void this.tend();
  }

  /** Tries what is set aside until nothing is. */
  private async tend(): Promise<void> {
    this.tending = true;
    for (let pauseMs = firstPauseMs; this.aside.length > 0; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const due = this.taken(this.aside, ({ one }) => one);
      const before = this.aside.length;
      await this.tryAgain(due);
      if (this.aside.length < before + due.length) pauseMs = firstPauseMs / 2;
    }
    this.tending = false;
  }

  /** Tries elements that were set aside. Those whose rows are still held are set aside again. */
  private async tryAgain(asked: readonly Aside<T, R>[]): Promise<void> {
    const some = asked.filter((waiting) => !isLate(waiting));
    for (const { one } of asked.filter(isLate)) one.reject(rowHeld());
    if (some.length === 0) return;
    const came = await this.attempt(
      some.map(({ one }) => one),
      true,
    );
    if ('answers' in came) for (const [place, { one }] of some.entries()) one.resolve(came.answers[place] as R);
    else if (came.held !== undefined) {
      const { others, these } = parted(some, came.held);
      // Beside others nobody waits for a row that is known to be held, and by now it may be free.
      for (const part of others.length > 0 ? [others, these] : []) await this.tryAgain(part);
      if (others.length === 0) this.setAside(these);
    } else if (!came.outage && some.length > 1) for (const half of halves([...some])) await this.tryAgain(half);
    else if (isLockTimeout(came.error)) this.setAside(some);
    else for (const { one } of some) one.reject(came.error);
  }
}
