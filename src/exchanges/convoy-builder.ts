import { randomUUID } from 'node:crypto';
import { laneOf } from './departure.rules.js';
import { expand, type Answers, type ClosedDeal } from '../../contracts/answers.js';
import { convoyWorkflowId, exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';

/**
 * The most exchanges of one convoy, and the most bytes of them as JSON. One payload of Temporal carries so much well.
 */
const maxExchanges = 256;
const maxBytes = 512 * 1024;

/** How long a convoy waits for its seats to be taken: longer than an INSERT may take with all of its tries. */
export const maxBoardingMs = 75_000;

/**
 * The place of an exchange in a convoy, which is given before its deal is accepted, so that the row can name the run.
 */
export interface Seat {
  /** The workflow that is to settle the exchange. */
  readonly workflowId: string;
  /**
   * Takes the seat, once the deal's row is committed.
   * @returns what the row says in the end, or undefined where the run does not tell. The caller then reads the row.
   */
  board(): Promise<ClosedDeal | undefined>;
  /** Gives the seat back, because the deal was not accepted now: it was refused, or an earlier request made it. */
  leave(): void;
}

interface Passenger {
  exchange: Exchange;
  tell: (closed: ClosedDeal | undefined) => void;
}

/**
 * A convoy that gathers. It gives seats until it is closed, and departs when each seat is taken or given back.
 */
export class ConvoyBuilder {
  /** When the convoy began to gather, in milliseconds of `performance`. */
  readonly since = performance.now();
  /** The exchanges that were given a seat. */
  readonly ids: string[] = [];
  private readonly passengers: Passenger[] = [];
  private first: Exchange | undefined;
  private bytes = 0;
  private undecided = 0;
  private closed = false;
  private departed = false;
  private name: string | undefined;
  private decided: () => void = () => undefined;

  /** How many seats are taken or undecided. */
  get size(): number {
    return this.passengers.length + this.undecided;
  }

  /** The exchanges that have boarded. */
  get exchanges(): Exchange[] {
    return this.passengers.map(({ exchange }) => exchange);
  }

  /**
   * The id of the run, as the deals' rows name it: that of the first exchange if the convoy has closed with one seat,
   * else `convoy/<first id>`. The id is fixed when it is first read, so a convoy that has waited in vain keeps its
   * convoy id. What asks a provider may wait and start again while its first convoy still runs, so the ids of
   * such convoys have a random part.
   */
  get workflowId(): string {
    if (this.first === undefined) throw new Error('Nobody was given a seat.');
    return (this.name ??=
      this.closed && this.ids.length === 1
        ? exchangeWorkflowId(this.first)
        : convoyWorkflowId(this.first, laneOf(this.first) && randomUUID().slice(0, 8)));
  }

  /** Gives an exchange a seat. @returns undefined where there is no room, or where the convoy is closed */
  seat(exchange: Exchange): Seat | undefined {
    const bytes = Buffer.byteLength(JSON.stringify(exchange));
    if (this.closed || this.ids.length >= maxExchanges || (this.ids.length > 0 && this.bytes + bytes > maxBytes))
      return undefined;
    this.first ??= exchange;
    this.ids.push(exchange.id);
    this.bytes += bytes;
    this.undecided += 1;
    return this.makeSeat(exchange);
  }

  /**
   * Gives no more seats, and resolves when each seat that was given is taken or given back. That takes one transaction:
   * the INSERT of the deals, and the counts of what they sell. It resolves after `maxBoardingMs` at the latest. An
   * exchange that boards later is not in the run, and is left to the sweep.
   */
  async close(): Promise<void> {
    this.closed = true;
    if (this.undecided === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, maxBoardingMs).unref();
      this.decided = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.departed = true;
  }

  /**
   * Tells every passenger what its deal's row says.
   * @param answers the result of the run, or undefined where there is none in time
   */
  tell(answers: Answers<ClosedDeal> | undefined): void {
    const closings = answers === undefined ? [] : expand(this.exchanges, answers);
    for (const [index, { tell }] of this.passengers.entries()) {
      const closing = closings[index];
      tell(closing !== undefined && 'closedAt' in closing ? closing : undefined);
    }
  }

  private makeSeat(exchange: Exchange): Seat {
    const workflowId = (): string => this.workflowId;
    const decide = (): void => {
      this.undecided -= 1;
      if (this.undecided === 0) this.decided();
    };
    return {
      get workflowId() {
        return workflowId();
      },
      board: () =>
        new Promise((tell) => {
          if (this.departed) return tell(undefined);
          this.passengers.push({ exchange, tell });
          decide();
        }),
      leave: decide,
    };
  }
}
