import { setTimeout as sleep } from 'node:timers/promises';
import { onDatabase } from './faults.js';
import type { Drawn } from './requests.js';

/** How many deals may be open until clients begin no more. It is more than travel together. */
const most = 400;

/** What begins a deal. Refunds are few. */
const begins: readonly Drawn['operation'][] = ['trade', 'contest', 'purchase'];

const everyMs = 500;

/**
 * How many deals are open. A system that is struck settles less than clients can ask for. All that they have asked for
 * would be waited for in the end, and nobody would come to refund it before.
 */
export class Backlog {
  private open = 0;
  private readonly ending = new AbortController();

  constructor(private readonly databaseUrl: string) {}

  /** Looks again and again until `end`. */
  async watch(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      // While PostgreSQL is away it is as many as before.
      this.open = await countOpen(this.databaseUrl).catch(() => this.open);
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves once a client may do something. */
  async room({ operation }: Drawn): Promise<void> {
    while (begins.includes(operation) && this.open > most && !this.ending.signal.aborted) await sleep(everyMs);
  }

  end(): void {
    this.ending.abort();
  }
}

function countOpen(databaseUrl: string): Promise<number> {
  return onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ open: number }>(
      `select (select count(*) from trades.open)::int + (select count(*) from purchases.open)::int
         + (select count(*) from refunds.open)::int as open`,
    );
    return rows[0]?.open ?? 0;
  });
}
