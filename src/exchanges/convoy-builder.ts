import { randomUUID } from 'node:crypto';
import { expand, type Answers, type ClosedDeal } from '../../contracts/answers.js';
import { convoyWorkflowId, exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';

/**
 * The most exchanges, and the most bytes of them as JSON, that travel together: what one payload of Temporal carries
 * well.
 */
const maxExchanges = 256;
const maxBytes = 512 * 1024;

/** Longer than a statement may run as often as it is tried. */
export const maxBoardingMs = 75_000;

/**
 * The place of an exchange in a convoy, which is given before its deal is accepted, so that the row can name the run.
 */
export interface Seat {
  /** The workflow that is to settle the exchange. */
  readonly workflowId: string;
  /**
   * Goes along, now that the deal's row is committed.
   * @returns what the row says in the end, or undefined where the run does not tell: whoever needs it reads the row
   */
  board(): Promise<ClosedDeal | undefined>;
  /** Gives the seat back, because the deal was not accepted, or had been before. */
  leave(): void;
}

interface Passenger {
  exchange: Exchange;
  tell: (closed: ClosedDeal | undefined) => void;
}

/**
 * Exchanges on their way to one run: seats are given until it is closed, and it departs when each has been taken or
 * given back.
 */
export class ConvoyBuilder {
  /** When it began to gather, in milliseconds of `performance`. */
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
   * The run as the rows name it: that of the first exchange if the convoy has closed with one seat, else
   * `convoy/<first id>`. It is fixed at the first read, so a convoy that waited in vain keeps its convoy id. What is
   * paid in real money may wait and set out again while its first convoy still runs. Its convoys have names of their
   * own.
   */
  get workflowId(): string {
    if (this.first === undefined) throw new Error('Nobody was given a seat.');
    return (this.name ??=
      this.closed && this.ids.length === 1
        ? exchangeWorkflowId(this.first)
        : convoyWorkflowId(this.first, this.first.payment && randomUUID().slice(0, 8)));
  }

  /** @returns undefined where there is no room, or no more */
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
   * Gives no more seats, and resolves when those that were given are taken or given back. That is a matter of one
   * INSERT and what its deals count in the same transaction. It does not wait for ever: whoever boards later is told
   * nothing, and is the sweep's.
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
   * @param answers what the run has said, or undefined where it has not
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
